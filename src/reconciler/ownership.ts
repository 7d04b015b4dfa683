import {
  ADOPT_ANNOTATION,
  HALVES,
  MANAGED_BY_LABEL,
  MANAGER,
  OWNER_NAME_LABEL,
  OWNER_NAMESPACE_LABEL,
  OWNER_UID_LABEL,
  PERMITS_FINALIZER,
  permitsNameElsewhere,
  policyName,
} from "../generator/names.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import type { Labels } from "../model/labels.ts";
import type { NetworkPolicy, PolicyKind } from "../model/network-policy.ts";
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
    ...HALVES.map((half) => ({ namespace, name: policyName(name, half) })),
    ...(isHeld(owner) ? placesElsewhere(owner, world) : []),
  ].flatMap((metadata) => KINDS.map((kind) => ({ kind, metadata })));
  const standing = [...places, ...desired]
    .map((place) => standingAt(place, world))
    .filter((policy) => policy !== undefined);
  const labelled = policiesNaming(owner.metadata, world).filter((policy) => isOurs(policy, owner));
  return [...new Set([...standing, ...labelled])];
}

/** An object whose network has changed has policies of the other kind, until those of the new one are there. */
const KINDS: readonly PolicyKind[] = ["NetworkPolicy", "MultiNetworkPolicy"];

/** The policy of this kind and name that is in the cluster. */
export function standingAt(
  { kind, metadata }: { readonly kind: PolicyKind; readonly metadata: ObjectKey },
  { policies, multiPolicies }: World,
): NetworkPolicy | undefined {
  return (kind === "NetworkPolicy" ? policies : multiPolicies).get(keyText(metadata));
}

/** Whoever takes our labels away from a policy elsewhere leaves its name. */
function placesElsewhere({ metadata }: Owner, { namespaces }: World): readonly ObjectKey[] {
  const name = permitsNameElsewhere(metadata);
  return [...namespaces.keys()].map((namespace) => ({ namespace, name }));
}

/** Whether the object has, or is about to have, policies in other namespaces. */
export function isHeld({ metadata }: Owner): boolean {
  return metadata.finalizers?.includes(PERMITS_FINALIZER) === true;
}

/**
 * Ours by uid, in the owner or, where somebody took that away, in the labels; or made for an object of the same name
 * that is gone, whose policies we take over.
 */
export function isOurs(policy: NetworkPolicy, owner: Owner): boolean {
  const { ownerReferences = [], labels = {} } = policy.metadata;
  const { uid, namespace, name } = owner.metadata;
  if (ownerReferences.some((each) => each.uid === uid)) return true;
  if (isElsewhere(policy, owner) && policy.metadata.name === permitsNameElsewhere(owner.metadata)) {
    return isMarked(labels, owner);
  }
  if (labels[MANAGED_BY_LABEL] !== MANAGER) return false;
  if (labels[OWNER_UID_LABEL] === uid) return true;
  const isPlaced = !isElsewhere(policy, owner) || labels[OWNER_NAMESPACE_LABEL] === namespace;
  return labels[OWNER_NAME_LABEL] === name && isPlaced;
}

/** No owner says it elsewhere, but nobody comes by chance upon a name with our hash in it: there one sign is enough. */
function isMarked(labels: Labels, { metadata: { uid } }: Owner): boolean {
  return labels[MANAGED_BY_LABEL] === MANAGER || (uid !== undefined && labels[OWNER_UID_LABEL] === uid);
}

/** What is going away already, by itself or with its namespace, needs nobody to remove it. */
export function isStanding({ metadata }: NetworkPolicy, { namespaces }: World): boolean {
  return metadata.deletionTimestamp === undefined && namespaces.get(metadata.namespace)?.terminating !== true;
}

export function mayAdopt({ metadata }: NetworkPolicy): boolean {
  return metadata.annotations?.[ADOPT_ANNOTATION] === "true";
}
