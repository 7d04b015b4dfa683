import { inject } from "vitest";

import { access, type Details } from "./access.ts";

declare module "vitest" {
  interface ProvidedContext {
    controlPlane: Details;
  }
}

/** The control plane that all tests of a run share; each test works in namespaces of its own. */
export const plane = access(inject("controlPlane"));

/**
 * Whether workloads become running pods, and garbage is collected. Always so where the programs were built; envtest's
 * assets alone do not bring the controllers: `test.runIf(hasControllers)`.
 */
export const hasControllers =
  plane.binaries["kube-controller-manager"] !== undefined && plane.binaries.kwok !== undefined;
