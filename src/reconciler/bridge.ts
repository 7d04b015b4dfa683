import { compile } from "../core/compile.ts";
import { selects } from "../core/selector.ts";
import { isEqual } from "../model/equal.ts";
import type { EgressRule, NetworkPolicy } from "../model/network-policy.ts";
import type { Pod } from "../model/world.ts";
import { saysTheSame } from "./says-the-same.ts";

/** What becomes of a policy. */
export interface Move {
  readonly from: NetworkPolicy | undefined;
  readonly to: NetworkPolicy | undefined;
}

/**
 * What is written before the two halves come to what they should be, where a pod is selected by both. What such a pod may
 * call is what either half allows, so a flow may pass from one to the other, and would be cut between the two writes.
 * Undefined where nothing can be cut.
 */
export function bridgeBetween(
  rights: Move | undefined,
  permits: Move | undefined,
  pods: Iterable<Pod>,
): readonly NetworkPolicy[] | undefined {
  if (rights === undefined || permits === undefined || !changes(rights) || !changes(permits))
    return undefined;
  if (!isolates(rights.from) && !isolates(rights.to)) return undefined;
  if (!isAnySelected(pods, rights, permits)) return undefined;
  return [lendingPermits(rights, permits), widerRights(rights, permits)].filter((each) => each !== undefined);
}

/**
 * Rights that come to select other pods can allow nothing to those they leave, nor to those they will select. The permits
 * do it meanwhile, as far as they select them, and for that moment allow it to all whom they select.
 */
function lendingPermits(rights: Move, { from, to }: Move): NetworkPolicy | undefined {
  if (!selectsOthers(rights)) return undefined;
  if (from === undefined || !isolates(from)) {
    return to === undefined ? undefined : withEgress(to, [...egressOf(to), ...egressOf(rights.to)]);
  }
  const lent = { ...(to ?? from), spec: from.spec };
  return withEgress(lent, [...egressOf(from), ...egressOf(rights.from)]);
}

/**
 * The rights with the egress of before and after, and with what only the permits allow to pods that nothing isolates
 * before, or after.
 */
function widerRights(rights: Move, permits: Move): NetworkPolicy | undefined {
  const { to } = rights;
  const from = selectsOthers(rights) ? undefined : rights.from;
  if (!isolates(from) && !isolates(to)) return to;
  const wider = to ?? from;
  return wider === undefined
    ? undefined
    : withEgress(wider, [
        ...egressOf(from),
        ...egressOf(to),
        ...(isolates(from) ? [] : newEgress(permits)),
        ...(isolates(to) ? [] : newEgress({ from: permits.to, to: permits.from })),
      ]);
}

/** What permits allow to pods that they did not select before. */
function newEgress({ from, to }: Move): readonly EgressRule[] {
  return isolates(from) && !selectsOthers({ from, to }) ? [] : egressOf(to);
}

function withEgress(policy: NetworkPolicy, rules: readonly EgressRule[]): NetworkPolicy {
  const { egress: _egress, policyTypes, ...spec } = policy.spec;
  const others = (policyTypes ?? []).filter((type) => type !== "Egress");
  const egress = [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
  return {
    ...policy,
    spec: { ...spec, policyTypes: [...others, "Egress"], ...(egress.length === 0 ? {} : { egress }) },
  };
}

function changes({ from, to }: Move): boolean {
  return from === undefined || to === undefined || !saysTheSame(to, from);
}

function selectsOthers({ from, to }: Move): boolean {
  return from !== undefined && to !== undefined && !isEqual(from.spec.podSelector, to.spec.podSelector);
}

function isolates(policy: NetworkPolicy | undefined): boolean {
  return policy !== undefined && compile(policy).egress !== undefined;
}

function egressOf(policy: NetworkPolicy | undefined): readonly EgressRule[] {
  return policy !== undefined && isolates(policy) ? (policy.spec.egress ?? []) : [];
}

/** Whether there is a pod that both halves select, be it before or after. */
function isAnySelected(pods: Iterable<Pod>, rights: Move, permits: Move): boolean {
  const sides = [rights, permits].map(({ from, to }) =>
    [from, to].filter((policy) => policy !== undefined).map(compile),
  );
  return [...pods].some((pod) =>
    sides.every((policies) =>
      policies.some(
        ({ namespace, subject }) => namespace === pod.namespace && selects(subject, pod.labels) !== "no",
      ),
    ),
  );
}
