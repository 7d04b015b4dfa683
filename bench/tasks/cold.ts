import { reachability } from "../../src/core/queries.ts";
import type { DecodedCluster } from "../shapes/decoded.ts";
import { loadedEngine, type Reading } from "./task.ts";

/** From decoded objects to an engine that knows them, and on to the complete answer for all classes of pods. */
export function cold(cluster: DecodedCluster): readonly Reading[] {
  const before = heap();
  const start = performance.now();
  const cpu = process.threadCpuUsage();
  const engine = loadedEngine(cluster);
  const built = performance.now();
  const { edges } = reachability(engine);
  const answered = performance.now();
  const { user, system } = process.threadCpuUsage(cpu);
  const edgeCount = edges.length;
  const classCount = [...engine.classes()].length;
  return [
    { name: "cold build", value: (built - start) / 1000, unit: "s" },
    { name: "cold to the complete answer", value: (answered - start) / 1000, unit: "s" },
    // On a busy machine the clock tells about the neighbours, this tells about us.
    { name: "cold to the complete answer, processor", value: (user + system) / 1e6, unit: "s" },
    { name: "heap with the answer", value: (heap() - before) / 1e6, unit: "MB" },
    { name: "classes", value: classCount, unit: "" },
    { name: "edges between classes", value: edgeCount + keep(cluster, engine, edges), unit: "" },
  ];
}

/** What is still needed afterwards must not be collected before. */
function keep(...values: readonly unknown[]): number {
  return values.includes(undefined) ? 1 : 0;
}

function heap(): number {
  if (globalThis.gc === undefined) throw new Error("measure the heap with --expose-gc");
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
