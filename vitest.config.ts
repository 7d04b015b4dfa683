import { defineConfig } from "vitest/config";

import { isObtainable, plan } from "./hack/control-plane/plan.ts";

/** Without a control plane one file stands for all that is not run; `e2e/setup.ts` says why. */
const onControlPlane = (files: string): string[] =>
  isObtainable(plan(process.env)) ? [files] : ["e2e/without-control-plane.ts"];

/** One control plane for all files of a project, which therefore run one after another. */
const sharedControlPlane = {
  globalSetup: "e2e/setup.ts",
  pool: "forks",
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 60_000,
} as const;

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "hack/**/*.test.ts"] } },
      {
        test: {
          ...sharedControlPlane,
          name: "api",
          include: onControlPlane("e2e/**/*.test.ts"),
          exclude: ["e2e/long/**"],
        },
      },
      {
        test: {
          ...sharedControlPlane,
          name: "long",
          include: onControlPlane("e2e/long/**/*.test.ts"),
          testTimeout: 1_200_000,
        },
      },
    ],
  },
});
