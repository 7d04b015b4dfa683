/** `node --expose-gc bench/measure.ts TASK SHAPE PODS`: one task in a process of its own; prints its figures as JSON. */
import type { Figure } from "./figures.ts";
import { decoded } from "./shapes/decoded.ts";
import { isShape, shape, type ShapeName } from "./shapes/shapes.ts";
import { isTask, TASKS, type TaskName } from "./tasks/tasks.ts";

const [task = "", name = "", pods = ""] = process.argv.slice(2);
if (!isTask(task) || !isShape(name))
  throw new Error(`measure.ts TASK SHAPE PODS, not ${task} ${name} ${pods}`);
for (const figure of figures(task, name, Number(pods))) process.stdout.write(`${JSON.stringify(figure)}\n`);

function figures(taskName: TaskName, shapeName: ShapeName, size: number): readonly Figure[] {
  const cluster = decoded(shape(shapeName, size));
  const input = {
    shape: shapeName,
    pods: cluster.pods.length,
    policies: cluster.policies.length,
    namespaces: cluster.namespaces.length,
  };
  return TASKS[taskName](cluster).map((reading) => ({ ...reading, input }));
}
