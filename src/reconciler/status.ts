import type { Evaluator } from "../core/evaluator.ts";
import { portTexts } from "../core/ports.ts";
import { isEqual } from "../model/equal.ts";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import {
  type Condition,
  type PolicyStatus,
  type ReachabilityRow,
  type ServiceAccess,
  type ServiceAccessStatus,
  STATUS_LIMITS,
  type TargetStatus,
} from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import type { Refusal } from "./act.ts";
import { cut, pieces, withMessage } from "./bounds.ts";
import { type Concern, concernOf } from "./concern.ts";
import { conditionTime } from "./condition-time.ts";
import { type Claim, claimsOf } from "./conditions.ts";
import { findingsOf } from "./findings/findings.ts";
import { divergenceStatus } from "./divergence-status.ts";
import { doubted } from "./doubted.ts";
import { enforcedClaim } from "./enforced.ts";
import { nameStatus } from "./name-claims.ts";
import { isElsewhere, ownPolicies } from "./ownership.ts";
import type { Plan } from "./plan.ts";
import { portableClaim } from "./portable.ts";
import { type Reach, reachOf } from "./reach.ts";
import type { Row } from "./rows.ts";
import { selectorText } from "./selector-text.ts";
import { statusPlaces } from "./status-places.ts";
import { summaryOf } from "./summary.ts";
import { whatIfOf } from "./what-if.ts";
import { podCount, workloadOf } from "./workloads.ts";

/** Everything of a status but the times at which its conditions changed. */
export interface Report {
  readonly claims: readonly Claim[];
  readonly body: Omit<ServiceAccessStatus, "conditions" | "observedGeneration">;
  /** What all of it was worked out from. */
  readonly concern: Concern;
}

/** What the object's service is judged by. */
export interface Sight {
  readonly whole: World;
  /** The cluster as the network sees it that the object is about. */
  readonly world: World;
  readonly evaluator: Evaluator;
  /** False where nobody can say what the policies of the object do there. */
  readonly isKnown: boolean;
}

/** What there is to say about an object, from the state of the cluster and what became of its plan. */
export function reportOf(
  access: ServiceAccess,
  plan: Plan,
  refusals: readonly Refusal[],
  { whole, world, evaluator, isKnown }: Sight,
): Report {
  const seen = reachOf(access, plan, world, evaluator);
  const reach = isKnown ? seen : { ...seen, rows: [] };
  const scene = { access, plan, reach, world, whole, evaluator };
  const findings = isKnown ? findingsOf(scene) : [];
  const rows = reach.rows.flatMap((row) => statusRows(row, new Set(reach.clients)));
  return {
    concern: concernOf(access, reach, world, evaluator),
    claims: [
      ...claimsOf(access, plan, refusals, reach).map((claim) => doubted(claim, world)),
      ...enforcedClaim(access, reach, world, evaluator),
      ...portableClaim(scene),
    ].map((claim) => withMessage(claim, "conditions.message")),
    body: {
      summary: cut(summaryOf(access, plan, reach), "summary"),
      target: targetStatus(reach, world),
      ...dnsStatus(access, plan),
      ...nameStatus(access, plan),
      policies: policyStatus(access, whole),
      reachability: rows.slice(0, STATUS_LIMITS.reachability),
      unlisted: Math.max(0, rows.length - STATUS_LIMITS.reachability),
      ...(isKnown ? divergenceStatus(reach, world, evaluator) : {}),
      ...whatIfOf(access, plan, world, evaluator),
      findingsCount: findings.length,
      findings: findings
        .slice(0, STATUS_LIMITS.findings)
        .map((finding) => withMessage(finding, "findings.message")),
    },
  };
}

/** While nothing can be decided it is not known either whether DNS is asked for: what is known stays. */
function dnsStatus(
  { status }: ServiceAccess,
  { references: { dns }, generated }: Plan,
): Pick<ServiceAccessStatus, "dns"> {
  if (dns.kind === "found" || dns.kind === "kept") return { dns: dns.dns };
  return generated.undecided === undefined || status?.dns === undefined ? {} : { dns: status.dns };
}

/** The status to write; the same object as before where nothing changed, so that nothing ticks. */
export function stamped(
  access: ServiceAccess,
  report: Omit<Report, "concern">,
  now: Date,
): ServiceAccessStatus {
  const generation = access.metadata.generation;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const known = new Map((access.status?.conditions ?? []).map((condition) => [condition.type, condition]));
  const conditions = report.claims.map((claim): Condition => {
    const before = known.get(claim.type);
    const since = before?.status === claim.status ? before.lastTransitionTime : conditionTime(now);
    return { ...claim, ...observed, lastTransitionTime: since };
  });
  return { ...observed, conditions, ...report.body };
}

export function isStatusEqual(a: ServiceAccessStatus | undefined, b: ServiceAccessStatus): boolean {
  return isEqual(a, b);
}

function targetStatus({ targets, clients, selector }: Reach, world: World): TargetStatus {
  const workloads = [...new Set(targets.map((pod) => workloadOf(pod, world)))].toSorted();
  return {
    pods: podCount(targets),
    clients: podCount(clients),
    workloads: workloads.slice(0, STATUS_LIMITS.workloads),
    ...(selector === undefined ? {} : { selector: cut(selectorText(selector), "target.selector") }),
  };
}

/** Those beside the object first, the rights before the permits. */
function policyStatus(access: ServiceAccess, world: World): readonly PolicyStatus[] {
  const own = ownPolicies(access, world);
  const elsewhere = own.filter((policy) => isElsewhere(policy, access)).toSorted(byKey);
  return [...own.filter((policy) => !isElsewhere(policy, access)), ...elsewhere]
    .slice(0, STATUS_LIMITS.policies)
    .map(({ kind, metadata: { namespace, name } }) => {
      const half = name.endsWith("-rights") ? "rights" : "permits";
      return { kind, namespace, name, half };
    });
}

function byKey(a: NetworkPolicy, b: NetworkPolicy): number {
  return keyText(a.metadata) < keyText(b.metadata) ? -1 : 1;
}

/** One row, or several where a list of it is longer than a status takes: what is left out would be a lie. */
function statusRows(row: Row, holders: ReadonlySet<Pod>): readonly ReachabilityRow[] {
  const { verdict, egress, ingress } = row;
  const rest = {
    verdict,
    egress: { verdict: egress.verdict, by: egress.by.slice(0, STATUS_LIMITS.by) },
    ingress: { verdict: ingress.verdict, by: ingress.by.slice(0, STATUS_LIMITS.by) },
    ...(verdict === "Allowed" ? {} : { reason: cut(row.reason, "reachability.reason") }),
  };
  const held = row.from.kind === "workload" ? { permit: isHeldBy(row.from.pods, holders) } : {};
  return statusPlaces(row.from).flatMap((from) =>
    statusPlaces(row.to).flatMap((to) =>
      pieces(portTexts(row.ports), STATUS_LIMITS.ports).map((ports) => ({
        from: { ...from, ...held },
        to,
        ports,
        ...rest,
      })),
    ),
  );
}

/** Whether these pods come with the client label, and not by another rule of the object. */
function isHeldBy(pods: ReadonlySet<Pod>, holders: ReadonlySet<Pod>): boolean {
  return pods.isSubsetOf(holders);
}
