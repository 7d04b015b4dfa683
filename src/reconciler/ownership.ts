import {
  ADOPT_ANNOTATION,
  HALVES,
  MANAGED_BY_LABEL,
  MANAGER,
  OWNER_NAME_LABEL,
  OWNER_NAMESPACE_LABEL,
  OWNER_UID_LABEL,
  policyName,
} from "../generator/names.ts";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { policiesNaming } from "./owned.ts";

/** An object by what its policies know of it: one that cannot be read has policies all the same. */
export type Owner = Pick<ServiceAccess, "metadata">;

/** Those of our policies that are there now, in all namespaces; what only has the name of one is not ours. */
export function ownPolicies(owner: Owner, world: World): readonly NetworkPolicy[] {
  return observedPolicies(owner, [], world).filter((policy) => isOurs(policy, owner));
}

/** Those of them that stand in other namespaces, where no garbage collector takes them away with the object. */
export function ownPoliciesElsewhere(owner: Owner, world: World): readonly NetworkPolicy[] {
  return ownPolicies(owner, world).filter(
    (policy) => isElsewhere(policy, owner) && isStanding(policy, world),
  );
}

export function isElsewhere({ metadata }: NetworkPolicy, owner: Owner): boolean {
  return metadata.namespace !== owner.metadata.namespace;
}

/** What stands in the cluster where policies of the object are or should be, and what says that it is one. */
export function observedPolicies(
  owner: Owner,
  desired: readonly NetworkPolicy[],
  world: World,
): readonly NetworkPolicy[] {
  const { namespace, name } = owner.metadata;
  const places = [
    ...HALVES.map((half) => keyText({ namespace, name: policyName(name, half) })),
    ...desired.map(({ metadata }) => keyText(metadata)),
  ];
  const standing = places.map((key) => world.policies.get(key)).filter((policy) => policy !== undefined);
  const labelled = policiesNaming(owner.metadata, world).filter((policy) => isOurs(policy, owner));
  return [...new Set([...standing, ...labelled])];
}

/**
 * Ours by uid, in the owner or, where somebody took that away, in the labels; or made for an object of the same name
 * that is gone, whose policies we take over.
 */
export function isOurs({ metadata }: NetworkPolicy, owner: Owner): boolean {
  if (metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid)) return true;
  const labels = metadata.labels ?? {};
  if (labels[MANAGED_BY_LABEL] !== MANAGER) return false;
  if (labels[OWNER_UID_LABEL] === owner.metadata.uid) return true;
  const { namespace, name } = owner.metadata;
  const isBeside = metadata.namespace === namespace;
  return labels[OWNER_NAME_LABEL] === name && (isBeside || labels[OWNER_NAMESPACE_LABEL] === namespace);
}

/** What is going away already, by itself or with its namespace, needs nobody to remove it. */
export function isStanding({ metadata }: NetworkPolicy, { namespaces }: World): boolean {
  return metadata.deletionTimestamp === undefined && namespaces.get(metadata.namespace)?.terminating !== true;
}

export function mayAdopt({ metadata }: NetworkPolicy): boolean {
  return metadata.annotations?.[ADOPT_ANNOTATION] === "true";
}
