import type { Evaluator } from "../core/evaluator.ts";
import { portTexts } from "../core/ports.ts";
import { supposing, type Supposition } from "../core/supposing.ts";
import {
  type ChangedFlow,
  type Preview,
  type PreviewedPolicy,
  type ServiceAccess,
  STATUS_LIMITS,
} from "../model/service-access.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { World } from "../model/world.ts";
import { pieces } from "./bounds.ts";
import { changedReach } from "./changed-reach.ts";
import { type ChangedPlace, type ChangedRow, isGain } from "./changed-row.ts";
import { newlyIsolatedBy } from "./isolates.ts";
import { lastSteps } from "./last-steps.ts";
import { rangeText } from "./places.ts";
import type { Plan } from "./plan.ts";
import type { Action } from "./steps.ts";
import { podCount } from "./workloads.ts";

/** What enforcing would change; undefined where nobody asked, or where it cannot be decided what would be written. */
export function previewOf(
  access: ServiceAccess,
  plan: Plan,
  world: World,
  evaluator: Evaluator,
): Preview | undefined {
  if (access.spec.mode !== "DryRun" || plan.generated.undecided !== undefined) return undefined;
  const supposition = suppositionOf(plan.withheld.filter(({ policy }) => isJudged(policy, access)));
  return supposing(evaluator, supposition, (after) => {
    const comparison = { before: evaluator, after, supposition };
    const rows = changedReach(comparison, world);
    const gains = rows.filter(isGain).flatMap(changedFlows);
    const loses = rows.filter((row) => !isGain(row)).flatMap(changedFlows);
    return {
      policies: previewedPolicies(plan.withheld).slice(0, STATUS_LIMITS.policies),
      gains: gains.slice(0, STATUS_LIMITS.gains),
      loses: loses.slice(0, STATUS_LIMITS.loses),
      unlisted: beyond(gains, STATUS_LIMITS.gains) + beyond(loses, STATUS_LIMITS.loses),
      isolates: newlyIsolatedBy(supposition.put, world, comparison),
    };
  });
}

/** Policies of the two kinds have names of their own, and an evaluator knows those of its network only. */
export function isJudged({ kind }: NetworkPolicy, { spec }: ServiceAccess): boolean {
  if (spec.network === undefined) return kind === "NetworkPolicy";
  return kind === "MultiNetworkPolicy";
}

/** The cluster once all of it is done. */
export function suppositionOf(actions: readonly Action[]): Supposition {
  const last = lastSteps(actions);
  return {
    put: last.flatMap(({ kind, policy }) => (kind === "apply" ? [policy] : [])),
    without: last.flatMap(({ kind, policy }) => (kind === "remove" ? [policy.metadata] : [])),
  };
}

function previewedPolicies(actions: readonly Action[]): readonly PreviewedPolicy[] {
  return lastSteps(actions).map((action) => {
    const {
      kind,
      metadata: { namespace, name },
    } = action.policy;
    const what = kind === "NetworkPolicy" ? {} : { kind };
    return { action: deedOf(action), ...what, namespace, name };
  });
}

function deedOf(action: Action): PreviewedPolicy["action"] {
  if (action.kind === "remove") return "Remove";
  return action.observed === undefined ? "Create" : "Change";
}

function changedFlows({ from, to, ports, before, after }: ChangedRow): readonly ChangedFlow[] {
  return changedPlaces(from).flatMap((source) =>
    changedPlaces(to).flatMap((destination) =>
      pieces(portTexts(ports), STATUS_LIMITS.ports).map((some) => ({
        from: source,
        to: destination,
        ports: some,
        before,
        after,
      })),
    ),
  );
}

function changedPlaces(place: ChangedPlace): readonly ChangedFlow["from"][] {
  switch (place.kind) {
    case "others":
      return [{ others: true }];
    case "addresses":
      return pieces(place.ranges.map(rangeText), STATUS_LIMITS.addresses).map((addresses) => ({ addresses }));
    case "workload":
      return [{ namespace: place.namespace, workload: place.workload, pods: podCount(place.pods) }];
  }
}

function beyond(list: readonly unknown[], limit: number): number {
  return Math.max(0, list.length - limit);
}
