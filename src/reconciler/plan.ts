import { type NetworkPolicy, policyKey } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import { unreadableKey, type World } from "../model/world.ts";
import { type Generated, policiesFor } from "../generator/policies.ts";
import { type References, resolve } from "../generator/references.ts";
import { inNamespace } from "./located.ts";
import { isOurs, isStanding, mayAdopt, observedPolicies, standingAt } from "./ownership.ts";
import { type Action, stepsBetween } from "./steps.ts";

export type { Action } from "./steps.ts";

export interface Plan {
  readonly references: References;
  readonly generated: Generated;
  /** None while the object is suspended or a dry run, or while something it names is missing. */
  readonly actions: readonly Action[];
  /** The steps that would be taken, were the object not suspended or a dry run. */
  readonly withheld: readonly Action[];
  /** Whether the policies differ from what is asked, suspended or not. */
  readonly isBehind: boolean;
  /** Policies that stand where ours should and are not ours; they are left alone. */
  readonly conflicts: readonly NetworkPolicy[];
  /** Policies that are missing and are not asked for any more: the API makes nothing in a namespace that is going away. */
  readonly hopeless: readonly NetworkPolicy[];
}

/** From what the object asks and what is in the cluster to the steps between; none where they agree. */
export function planFor(access: ServiceAccess, world: World): Plan {
  const references = resolve(access, world);
  const generated = policiesFor(access, references);
  const observed = observedPolicies(access, generated.policies, world);
  const wanted = keysOf(generated.policies);
  const conflicts = observed.filter(
    (policy) => wanted.has(policyKey(policy)) && !isOurs(policy, access) && !mayAdopt(policy),
  );
  const hopeless = generated.policies.filter(
    (policy) =>
      world.namespaces.get(policy.metadata.namespace)?.terminating === true &&
      standingAt(policy, world) === undefined,
  );
  const leftAlone = [...conflicts, ...hopeless];
  const steps =
    generated.undecided === undefined ? stepsFor(access, generated.policies, observed, leftAlone, world) : [];
  const [actions, withheld] = isHandsOff(access) ? [[], steps] : [steps, []];
  return { references, generated, actions, withheld, isBehind: steps.length > 0, conflicts, hopeless };
}

/** Whether nothing may be written for the object but its status, whatever differs. */
export function isHandsOff({ spec }: ServiceAccess): boolean {
  return spec.suspend === true || spec.mode === "DryRun";
}

function stepsFor(
  access: ServiceAccess,
  generated: readonly NetworkPolicy[],
  observed: readonly NetworkPolicy[],
  leftAlone: readonly NetworkPolicy[],
  world: World,
): readonly Action[] {
  const [untouched, wanted] = [keysOf(leftAlone), keysOf(generated)];
  const desired = generated.filter((policy) => !untouched.has(policyKey(policy)));
  const obsolete = observed
    .filter((policy) => !wanted.has(policyKey(policy)) && isOurs(policy, access))
    .filter((policy) => isStanding(policy, world))
    // Nobody can say whether a namespace that cannot be read still accepts it.
    .filter(({ metadata: { namespace } }) => !world.unreadable.has(namespaceKey(namespace)));
  return stepsBetween({ desired, observed, obsolete }, inNamespace(world.pods, access.metadata.namespace));
}

function namespaceKey(name: string): string {
  return unreadableKey({ kind: "Namespace", namespace: "", name });
}

function keysOf(policies: readonly NetworkPolicy[]): ReadonlySet<string> {
  return new Set(policies.map(policyKey));
}
