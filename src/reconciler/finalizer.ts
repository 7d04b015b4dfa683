import { PERMITS_FINALIZER } from "../generator/names.ts";
import { policyKey } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Refusal } from "./act.ts";
import type { Cluster, Refused } from "./cluster.ts";
import { isElsewhere, isHeld, ownPoliciesElsewhere, type Owner } from "./ownership.ts";
import { isHandsOff, type Plan } from "./plan.ts";

/** What may be done of a plan once the object is held, and what not. */
export interface Held {
  readonly actions: Plan["actions"];
  readonly refusals: readonly Refusal[];
}

/**
 * Before the first policy in another namespace the object gets a finalizer, or it could be gone before its policy is. Where
 * that is refused nothing is written elsewhere.
 */
export async function held(access: ServiceAccess, plan: Plan, cluster: Cluster): Promise<Held> {
  const { actions } = plan;
  const beyond = actions.filter(({ kind, policy }) => kind === "apply" && isElsewhere(policy, access));
  const isNeeded = beyond.length > 0 || isKept(access, plan, cluster);
  if (!isNeeded || isHeld(access)) return { actions, refusals: [] };
  const refused = await cluster.setFinalizers(access, [...finalizersOf(access), PERMITS_FINALIZER]);
  if (refused === undefined) return { actions, refusals: [] };
  return {
    actions: actions.filter((action) => !beyond.includes(action)),
    refusals: beyond.map(({ policy }) => ({
      policy: policyKey(policy),
      reason: refused.reason,
      message: `not written, because the object cannot be kept until it is removed: ${refused.message}`,
    })),
  };
}

/** Whether something stands elsewhere and is to stay: the finalizer may have been taken away by a replace of the object. */
function isKept(access: ServiceAccess, plan: Plan, { store }: Cluster): boolean {
  if (isHandsOff(access)) return false;
  return isWantedElsewhere(access, plan) && ownPoliciesElsewhere(access, store.world).length > 0;
}

function isWantedElsewhere(access: ServiceAccess, { generated }: Plan): boolean {
  return generated.policies.some((policy) => isElsewhere(policy, access));
}

/** When nothing is in another namespace any more, nor is to be, the object may go whenever it is deleted. */
export async function releaseIfDone(
  access: ServiceAccess | undefined,
  plan: Plan,
  cluster: Cluster,
): Promise<void> {
  if (access === undefined || !isHeld(access) || isHandsOff(access)) return;
  if (plan.generated.undecided !== undefined) return;
  if (isWantedElsewhere(access, plan) || ownPoliciesElsewhere(access, cluster.store.world).length > 0) return;
  await release(access, cluster);
}

/** Takes away our finalizer and nobody else's. */
export async function release(owner: Owner, cluster: Cluster): Promise<Refused | undefined> {
  return await cluster.setFinalizers(
    owner,
    finalizersOf(owner).filter((each) => each !== PERMITS_FINALIZER),
  );
}

function finalizersOf({ metadata }: Owner): readonly string[] {
  return metadata.finalizers ?? [];
}
