import type { Evaluator } from "../core/evaluator.ts";
import type { ServiceAccess, ServiceAccessStatus } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { exposureOf } from "./exposure.ts";
import { isolatedBy } from "./isolates.ts";
import { ownPolicies } from "./ownership.ts";
import type { Plan } from "./plan.ts";
import { isJudged, previewOf } from "./preview.ts";

type WhatIf = Pick<ServiceAccessStatus, "isolates" | "deletionWouldExpose" | "preview">;

/** What the object's policies close, what deleting them would open, and what enforcing the object would change. */
export function whatIfOf(access: ServiceAccess, plan: Plan, world: World, evaluator: Evaluator): WhatIf {
  const own = ownPolicies(access, world).filter((policy) => isJudged(policy, access));
  const exposure = exposureOf(own, world, evaluator);
  const preview = previewOf(access, plan, world, evaluator);
  return {
    isolates: isolatedBy(own, world, evaluator),
    ...(exposure === undefined ? {} : { deletionWouldExpose: exposure }),
    ...(preview === undefined ? {} : { preview }),
  };
}
