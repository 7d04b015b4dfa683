import { isEqual } from "../model/equal.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import {
  ADOPT_ANNOTATION,
  API_VERSION,
  DESCRIPTION_ANNOTATION,
  HALVES,
  MANAGED_BY_LABEL,
  MANAGER,
  OWNER_NAME_LABEL,
  OWNER_UID_LABEL,
  policyName,
} from "../generator/names.ts";
import { type Generated, policiesFor } from "../generator/policies.ts";
import { type References, resolve } from "../generator/references.ts";

/** One step towards what the object asks; a plan can be printed, counted and compared. */
export type Action =
  | { readonly kind: "apply"; readonly policy: NetworkPolicy; readonly observed: NetworkPolicy | undefined }
  | { readonly kind: "remove"; readonly policy: NetworkPolicy };

export interface Plan {
  readonly references: References;
  readonly generated: Generated;
  /** None while the object is suspended, or while something it names is missing. */
  readonly actions: readonly Action[];
  /** Whether the policies differ from what is asked, suspended or not. */
  readonly isBehind: boolean;
  /** Policies that stand where ours should and are not ours; they are left alone. */
  readonly conflicts: readonly NetworkPolicy[];
}

/** From what the object asks and what is in the cluster to the steps between; none where they agree. */
export function planFor(access: ServiceAccess, world: World): Plan {
  const references = resolve(access, world);
  const generated = policiesFor(access, references);
  const observed = observedPolicies(access, world);
  const wanted = new Set(generated.policies.map((policy) => policy.metadata.name));
  const conflicts = observed.filter(
    (policy) => wanted.has(policy.metadata.name) && !isOurs(policy, access) && !mayAdopt(policy),
  );
  const steps =
    generated.undecided === undefined ? stepsFor(access, generated.policies, observed, conflicts) : [];
  const actions = access.spec.suspend === true ? [] : steps;
  return { references, generated, actions, isBehind: steps.length > 0, conflicts };
}

/** Whether the stored policy says what the desired one does, in every field that we write. */
export function saysTheSame(desired: NetworkPolicy, stored: NetworkPolicy): boolean {
  return (
    isEqual(desired.spec, canonicalSpec(stored)) &&
    isEqual(ownPart(desired, desired), ownPart(stored, desired))
  );
}

/** Applying comes before removing, and the rights before the permits: nothing that stays allowed is cut in between. */
function stepsFor(
  access: ServiceAccess,
  desired: readonly NetworkPolicy[],
  observed: readonly NetworkPolicy[],
  conflicts: readonly NetworkPolicy[],
): readonly Action[] {
  const byName = new Map(observed.map((policy) => [policy.metadata.name, policy]));
  const refused = new Set(conflicts.map((policy) => policy.metadata.name));
  const wanted = new Set(desired.map((policy) => policy.metadata.name));
  const applies = desired
    .filter((policy) => !refused.has(policy.metadata.name))
    .map((policy): Action => ({ kind: "apply", policy, observed: byName.get(policy.metadata.name) }))
    .filter((action) => action.kind === "apply" && !isDone(action.policy, action.observed));
  const removals = observed
    .filter((policy) => !wanted.has(policy.metadata.name) && isOurs(policy, access))
    .map((policy): Action => ({ kind: "remove", policy }));
  return [...applies, ...removals];
}

function isDone(desired: NetworkPolicy, observed: NetworkPolicy | undefined): boolean {
  return observed !== undefined && saysTheSame(desired, observed);
}

/** Those of our policies that are there now; what only has the name of one is not ours. */
export function ownPolicies(access: ServiceAccess, world: World): readonly NetworkPolicy[] {
  return observedPolicies(access, world).filter((policy) => isOurs(policy, access));
}

/** What stands in the cluster under the two names of the object. */
function observedPolicies({ metadata }: ServiceAccess, world: World): readonly NetworkPolicy[] {
  return HALVES.map((half) =>
    world.policies.get(`${metadata.namespace}/${policyName(metadata.name, half)}`),
  ).filter((policy) => policy !== undefined);
}

/**
 * Ours by uid, in the owner or, where somebody took that away, in the labels; or made for an object of the same name
 * that is gone, whose policies we take over.
 */
function isOurs({ metadata }: NetworkPolicy, access: ServiceAccess): boolean {
  if (metadata.ownerReferences?.some(({ uid }) => uid === access.metadata.uid)) return true;
  const labels = metadata.labels ?? {};
  if (labels[MANAGED_BY_LABEL] !== MANAGER) return false;
  return labels[OWNER_UID_LABEL] === access.metadata.uid || labels[OWNER_NAME_LABEL] === access.metadata.name;
}

function mayAdopt({ metadata }: NetworkPolicy): boolean {
  return metadata.annotations?.[ADOPT_ANNOTATION] === "true";
}

/** Empty lists are dropped by the API server or not, depending on who wrote them; they say the same as absence here. */
function canonicalSpec({ spec }: NetworkPolicy): NetworkPolicy["spec"] {
  const { ingress, egress, ...others } = spec;
  return {
    ...others,
    ...(ingress === undefined || ingress === null || ingress.length === 0 ? {} : { ingress }),
    ...(egress === undefined || egress === null || egress.length === 0 ? {} : { egress }),
  };
}

/** The metadata that we write; what others add beside it is theirs. */
function ownPart({ metadata }: NetworkPolicy, desired: NetworkPolicy): unknown {
  const keys = Object.keys(desired.metadata.labels ?? {});
  return {
    labels: keys.map((key) => metadata.labels?.[key]),
    description: metadata.annotations?.[DESCRIPTION_ANNOTATION],
    owners: (metadata.ownerReferences ?? []).filter((owner) => owner.apiVersion === API_VERSION),
  };
}
