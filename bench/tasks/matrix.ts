import { cellsOf } from "../../src/cli/matrix-cells.ts";
import type { DecodedCluster } from "../shapes/decoded.ts";
import { loadedEngine, type Reading } from "./task.ts";

/** Every ordered pair of pods with its ports, from decoded objects, as the command line would print it. */
export function matrix(cluster: DecodedCluster): readonly Reading[] {
  const start = performance.now();
  const cells = cellsOf(loadedEngine(cluster), cluster.pods, undefined);
  let pairs = 0;
  for (const from of cells.entries) {
    for (const to of cells.entries) {
      if ((cells.cell(from, to)?.allowed.length ?? 0) > 0) pairs++;
    }
  }
  return [
    { name: "full matrix", value: (performance.now() - start) / 1000, unit: "s" },
    { name: "pairs of pods that may talk", value: pairs, unit: "" },
  ];
}
