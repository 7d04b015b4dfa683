import { defineConfig } from "vitest/config";

import { VerdictLast } from "./e2e/verdict-last.ts";
import { isObtainable, plan } from "./hack/control-plane/plan.ts";

/** Stands for all that is not run where no control plane can be had; `e2e/setup.ts` says why. */
const substitute = "e2e/without-control-plane.test.ts";

const onControlPlane = (files: string, ...except: readonly string[]) =>
  isObtainable(plan(process.env))
    ? { include: [files], exclude: [substitute, ...except] }
    : { include: [substitute] };

/** One control plane for all files of a project, which therefore run one after another. */
const sharedControlPlane = {
  globalSetup: "e2e/setup.ts",
  pool: "forks",
  fileParallelism: false,
  testTimeout: 60_000,
  // Before a definition is gone the API server clears its objects away, and looks again only now and then.
  hookTimeout: 180_000,
} as const;

export default defineConfig({
  test: {
    sequence: { sequencer: VerdictLast },
    projects: [
      // Nothing here waits for time to pass; the limit is for machines that are busy with something else. No file leaves
      // anything behind in the modules it imports, so they are loaded once for all.
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "hack/**/*.test.ts"],
          pool: "threads",
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...sharedControlPlane,
          name: "api",
          ...onControlPlane("e2e/**/*.test.ts", "e2e/long/**"),
        },
      },
      {
        test: {
          ...sharedControlPlane,
          name: "long",
          ...onControlPlane("e2e/long/**/*.test.ts"),
          testTimeout: 1_200_000,
        },
      },
    ],
  },
});
