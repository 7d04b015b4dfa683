import { writeFileSync } from "node:fs";
import type { SerializedError } from "vitest";
import type { Reporter, TestModule } from "vitest/node";
import { type Counts, countsText, NOTHING, sum } from "./counts.ts";

/** Writes what vitest counted to the file that the gate named; vitest asks for a class here. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env["VERIFY_COUNTS"];
    if (file === undefined) return;
    const counts = sum([...modules.map(countsOf), { ...NOTHING, failed: unhandled.length }]);
    writeFileSync(file, countsText(counts));
  }
}

/** A file that could not be loaded, or a suite whose hook broke, counts as one failure beside its tests. */
function countsOf(module: TestModule): Counts {
  const states = Array.from(module.children.allTests(), (test) => test.result().state);
  const brokenSuites = Array.from(module.children.allSuites()).filter((suite) => suite.errors().length > 0);
  return {
    passed: states.filter((state) => state === "passed").length,
    failed:
      states.filter((state) => state === "failed").length +
      brokenSuites.length +
      (module.errors().length > 0 ? 1 : 0),
    skipped: states.filter((state) => state === "skipped" || state === "pending").length,
  };
}
