import type { Evaluator } from "../../core/evaluator.ts";
import type { ServiceAccess, Finding } from "../../model/service-access.ts";
import type { World } from "../../model/world.ts";
import type { Plan } from "../plan.ts";
import type { Reach } from "../reach.ts";
import { blockFindings } from "./blocks.ts";
import { clientFindings } from "./clients.ts";
import { dnsFindings } from "./dns.ts";
import { halfFindings } from "./halves.ts";
import { loadBalancerFindings } from "./load-balancers.ts";
import { machineLabelFindings } from "./machine-labels.ts";
import { machineFindings } from "./machines.ts";
import { migrationFindings } from "./migration.ts";
import { nameFindings } from "./names.ts";
import { networkFindings } from "./networks.ts";
import { peerFindings } from "./peers.ts";
import { portabilityFindings } from "./portability.ts";
import { targetFindings } from "./target.ts";
import { tierFindings } from "./tiers.ts";
import { writtenFindings } from "./written.ts";

/** Everything that a check may look at. */
export interface Scene {
  readonly access: ServiceAccess;
  readonly plan: Plan;
  readonly reach: Reach;
  /** As the network sees it that the object is about. */
  readonly world: World;
  readonly whole: World;
  readonly evaluator: Evaluator;
}

/** A check is a pure function from the scene to what it finds. */
export type Check = (scene: Scene) => readonly Finding[];

const CHECKS: readonly Check[] = [
  targetFindings,
  clientFindings,
  peerFindings,
  nameFindings,
  dnsFindings,
  tierFindings,
  writtenFindings,
  blockFindings,
  halfFindings,
  loadBalancerFindings,
  machineFindings,
  machineLabelFindings,
  migrationFindings,
  portabilityFindings,
  networkFindings,
];

/** Facts about the object that its author wants to know; sorted, the gravest first. */
export function findingsOf(scene: Scene): readonly Finding[] {
  return CHECKS.flatMap((check) => check(scene)).toSorted(byGravity);
}

const SEVERITIES = ["Error", "Warning", "Info"] as const;

function byGravity(a: Finding, b: Finding): number {
  const bySeverity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  return (
    bySeverity || compare(a.type, b.type) || compare(a.object, b.object) || compare(a.message, b.message)
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
