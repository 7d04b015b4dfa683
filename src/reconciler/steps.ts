import { HALF_LABEL, type Half } from "../generator/names.ts";
import { type NetworkPolicy, policyKey } from "../model/network-policy.ts";
import type { Pod } from "../model/world.ts";
import { bridgeBetween, type Move } from "./bridge.ts";
import { saysTheSame } from "./says-the-same.ts";

/** One step towards what the object asks; a plan can be printed, counted and compared. */
export type Action =
  | { readonly kind: "apply"; readonly policy: NetworkPolicy; readonly observed: NetworkPolicy | undefined }
  | { readonly kind: "remove"; readonly policy: NetworkPolicy };

/** Between what is there and what should be. */
export interface Difference {
  readonly desired: readonly NetworkPolicy[];
  /** What stands under the names of these. */
  readonly observed: readonly NetworkPolicy[];
  /** What is ours and no longer wanted. */
  readonly obsolete: readonly NetworkPolicy[];
}

/**
 * The rights before the permits, so that a client is let in before it is isolated, and what goes, goes last. Both halves
 * together decide the egress of a pod that is target and holder at once: where there is one, the way begins with a bridge
 * that keeps open what is open before and after, and the rights come to what they should be after the permits.
 */
export function stepsBetween(difference: Difference, pods: Iterable<Pod>): readonly Action[] {
  const { desired, observed, obsolete } = difference;
  const rights = desired.filter(isRights);
  const bridge = bridgeBetween(moveOf("rights", difference), moveOf("permits", difference), pods);
  const permits = desired.filter((policy) => !isRights(policy));
  const standing = new Map(observed.map((policy) => [policyKey(policy), policy]));
  return [
    ...applied([...(bridge ?? rights), ...permits], standing),
    ...obsolete.filter((policy) => !isRights(policy)).map(removal),
    ...applied(rights, standing),
    ...obsolete.filter(isRights).map(removal),
  ];
}

/** The writes by which these come to stand, one after the other; `standing` is kept to what is there then. */
function applied(
  policies: readonly NetworkPolicy[],
  standing: Map<string, NetworkPolicy>,
): readonly Action[] {
  return policies.flatMap((policy): readonly Action[] => {
    const observed = standing.get(policyKey(policy));
    if (observed !== undefined && saysTheSame(policy, observed)) return [];
    standing.set(policyKey(policy), policy);
    return [{ kind: "apply", policy, observed }];
  });
}

function removal(policy: NetworkPolicy): Action {
  return { kind: "remove", policy };
}

/**
 * What becomes of one half in the object's own namespace, where the rights are; a policy that gets another name is there
 * under both until the end, and needs no bridge.
 */
function moveOf(half: Half, { desired, observed, obsolete }: Difference): Move | undefined {
  const home = [...desired, ...obsolete].find(isRights)?.metadata.namespace;
  const isIt = (policy: NetworkPolicy): boolean =>
    isRights(policy) === (half === "rights") && policy.metadata.namespace === home;
  const [to, old] = [desired.find(isIt), obsolete.find(isIt)];
  if (to === undefined) return old === undefined ? undefined : { from: old, to };
  if (old !== undefined) return undefined;
  const key = policyKey(to);
  return { from: observed.find((policy) => policyKey(policy) === key), to };
}

/** By the label, or by the name where somebody took the label away. */
function isRights({ metadata: { name, labels } }: NetworkPolicy): boolean {
  return (labels?.[HALF_LABEL] ?? (name.endsWith("-rights") ? "rights" : "permits")) === "rights";
}
