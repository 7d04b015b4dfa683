import { join } from "node:path";
import type { TestProject } from "vitest/node";

import { obtain } from "../hack/control-plane/build.ts";
import { isObtainable, plan, remedy } from "../hack/control-plane/plan.ts";
import { startControlPlane } from "./control-plane/start.ts";

const schema = join(import.meta.dirname, "../crds/serviceaccesses.yaml");

/** Starts the control plane before the first test of a project, and stops it after the last. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const found = plan(process.env);
  if (found.missing.length > 0) {
    const message = `${remedy(found.missing)}\n`;
    // Where somebody relies on the result, a skipped test is a failed one.
    if (isRequired(process.env)) throw new Error(message);
    process.stderr.write(`\nNOT RUN: ${unproven(isObtainable(found), project.name)}\n${message}\n`);
  }
  if (!isObtainable(found)) return undefined;

  const plane = await startControlPlane({
    binaries: await obtain(process.env),
    definitions: [schema],
    // Asks whoever writes an owner that blocks for the right to do so; some clusters have it on.
    apiServerFlags: ["--enable-admission-plugins=OwnerReferencesPermissionEnforcement"],
    isAudited: project.name === "api",
  });
  project.provide("controlPlane", plane.details);
  return () => plane.stop();
}

function isRequired(environment: Readonly<Record<string, string | undefined>>): boolean {
  return environment["CI"] === "true" || environment["REQUIRE_CONTROL_PLANE"] === "1";
}

function unproven(obtainable: boolean, name: string): string {
  return obtainable
    ? `the tests of project "${name}" that need controllers and running pods`
    : `all tests of project "${name}", which run against a real Kubernetes API server`;
}
