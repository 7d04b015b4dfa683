import { HALF_LABEL, OWNER_UID_LABEL } from "../generator/names.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { World } from "../model/world.ts";
import { attempt, failed, type Refusal } from "./act.ts";
import type { Cluster } from "./cluster.ts";
import { ownerOf, policiesNaming } from "./owned.ts";
import { isStanding } from "./ownership.ts";

/**
 * Permits in other namespaces whose object is gone, as when somebody took its finalizer away. What has an owner is the
 * garbage collector's, and an object of the same name takes its policies over: it is not our business to judge those.
 */
export function orphansIn(world: World): readonly NetworkPolicy[] {
  return orphansAmong([...world.policies.values(), ...world.multiPolicies.values()], world);
}

/** Those that an object has left which is gone. */
export function orphansOf(gone: ObjectKey, world: World): readonly NetworkPolicy[] {
  return orphansAmong(policiesNaming(gone, world), world);
}

function orphansAmong(policies: readonly NetworkPolicy[], world: World): readonly NetworkPolicy[] {
  const candidates = policies.filter((policy) => isAlone(policy, world));
  if (candidates.length === 0) return [];
  const living = new Set([...world.accesses.values()].map(({ metadata }) => metadata.uid));
  return candidates.filter(({ metadata }) => !living.has(metadata.labels?.[OWNER_UID_LABEL]));
}

/** All of our labels are there, they name an object in another namespace, and there is none of that name. */
function isAlone(policy: NetworkPolicy, world: World): boolean {
  const { namespace, labels = {}, ownerReferences = [] } = policy.metadata;
  const owner = ownerOf(policy);
  return (
    owner !== undefined &&
    owner.namespace !== namespace &&
    labels[OWNER_UID_LABEL] !== undefined &&
    labels[HALF_LABEL] === "permits" &&
    ownerReferences.length === 0 &&
    isStanding(policy, world) &&
    !world.accesses.has(keyText(owner))
  );
}

/** Removes orphans, each after the API itself has said that its object is gone: a watch may be behind another. */
export async function sweep(
  orphans: readonly NetworkPolicy[],
  cluster: Cluster,
): Promise<readonly Refusal[]> {
  const byOwner = Map.groupBy(orphans, (policy) => keyText(ownerOf(policy) ?? policy.metadata));
  const refusals: Refusal[] = [];
  for (const [owner, policies] of byOwner) {
    const [namespace = "", name = ""] = owner.split("/");
    if (!(await cluster.isGone({ namespace, name }))) continue;
    const actions = policies.map((policy) => ({ kind: "remove", policy }) as const);
    const { refusals: refused, failure } = await attempt(actions, cluster);
    refusals.push(...refused);
    // One that fails keeps no other from being removed; the next sweep looks at it again.
    if (failure !== undefined) refusals.push(failed(failure));
  }
  return refusals;
}
