import type { Figure, Unit } from "./figures.ts";
import type { ShapeName } from "./shapes/shapes.ts";
import type { TaskName } from "./tasks/tasks.ts";

/** A task on one input; the middle one of its runs counts, each in a process of its own. */
export interface Measurement {
  readonly task: TaskName;
  readonly shape: ShapeName;
  readonly pods: number;
  readonly runs: number;
}

const GROWTH: readonly number[] = [1_000, 10_000, 100_000];
const SHAPES: readonly ShapeName[] = ["A", "B", "C", "D", "E", "F", "S"];

export const PLAN: readonly Measurement[] = [
  ...SHAPES.flatMap((shape) =>
    GROWTH.map((pods): Measurement => ({ task: "cold", shape, pods, runs: shape === "A" ? 5 : 3 })),
  ),
  { task: "pod-events", shape: "A", pods: 100_000, runs: 3 },
  { task: "pod-events", shape: "F", pods: 100_000, runs: 3 },
  { task: "policy-events", shape: "G", pods: 100_000, runs: 3 },
  { task: "namespace-events", shape: "F", pods: 100_000, runs: 3 },
  { task: "checks", shape: "A", pods: 100_000, runs: 3 },
  { task: "checks", shape: "F", pods: 100_000, runs: 3 },
  { task: "checks", shape: "S", pods: 100_000, runs: 3 },
  { task: "who-can-reach", shape: "F", pods: 100_000, runs: 3 },
  { task: "who-can-reach", shape: "S", pods: 100_000, runs: 3 },
  { task: "matrix", shape: "S", pods: 2_000, runs: 5 },
  { task: "matrix", shape: "F", pods: 2_000, runs: 5 },
];

/** What a figure may be at most. Nothing fails where it is more: machines differ, and the table shows both. */
export interface Bar {
  readonly name: string;
  readonly shape?: ShapeName;
  readonly pods?: number;
  readonly atMost: number;
  readonly unit: Unit;
}

const BARS: readonly Bar[] = [
  { name: "cold to the complete answer", shape: "A", pods: 100_000, atMost: 0.5, unit: "s" },
  { name: "cold to the complete answer", shape: "F", pods: 100_000, atMost: 0.4, unit: "s" },
  { name: "heap with the answer", shape: "A", pods: 100_000, atMost: 250, unit: "MB" },
  { name: "pod event p99", atMost: 20, unit: "µs" },
  { name: "policy event p99", atMost: 2000, unit: "µs" },
  { name: "check with explanation p99", atMost: 50, unit: "µs" },
  { name: "growth exponent", atMost: 1.1, unit: "" },
];

export function barOf({ name, input }: Figure): Bar | undefined {
  return BARS.find(
    (bar) =>
      bar.name === name &&
      (bar.shape ?? input.shape) === input.shape &&
      (bar.pods ?? input.pods) === input.pods,
  );
}
