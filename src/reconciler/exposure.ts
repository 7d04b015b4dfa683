import type { Evaluator } from "../core/evaluator.ts";
import {
  ALL_PORTS,
  equalSets,
  isEmptySet,
  NO_PORTS,
  type PortSet,
  portTexts,
  subtract,
  union,
} from "../core/ports.ts";
import { supposing } from "../core/supposing.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import { type Exposure, STATUS_LIMITS } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import { cut } from "./bounds.ts";
import { type ChangedEnd, changedEnds } from "./changed-ends.ts";
import { isForEverybody } from "./open-ends.ts";
import { list } from "./words.ts";
import { podCount, workloadOf } from "./workloads.ts";

/**
 * What would be open again without these policies. An end that others isolate as well lets nothing more in or out without
 * ours, so only those that nobody else isolates matter, and no flow has to be looked at. Undefined: nothing would be.
 */
export function exposureOf(
  policies: readonly NetworkPolicy[],
  world: World,
  evaluator: Evaluator,
): Exposure | undefined {
  const supposition = { put: [], without: policies.map(({ metadata }) => metadata) };
  const opened = supposing(evaluator, supposition, (after) =>
    changedEnds({ before: evaluator, after, supposition }, isForEverybody)
      .map((end) => ({ ...end, ports: openedPorts(end) }))
      .filter(({ ports }) => !isEmptySet(ports)),
  );
  const exposed = opened.filter(({ direction }) => direction === "ingress");
  const released = opened.filter(({ direction }) => direction === "egress");
  if (opened.length === 0) return undefined;
  const workloads = [...new Set(podsOf(exposed).map((pod) => workloadOf(pod, world)))].toSorted();
  const ports = exposed.map((end) => end.ports).reduce(union, NO_PORTS);
  const counts = { pods: podCount(podsOf(exposed)), released: podCount(podsOf(released)) };
  return {
    ...counts,
    workloads: workloads.slice(0, STATUS_LIMITS.workloads),
    ports: portTexts(ports).slice(0, STATUS_LIMITS.ports),
    message: cut(sentence(counts, workloads, ports, opened.every(isSure)), "deletionWouldExpose.message"),
  };
}

/** What passes without our policies, or may, and did not with them. */
function openedPorts({ before, after }: ChangedEnd): PortSet {
  const closed = subtract(ALL_PORTS, union(before.allowed, before.unknown));
  const open = subtract(closed, subtract(ALL_PORTS, union(after.allowed, after.unknown)));
  return union(open, subtract(after.allowed, before.allowed));
}

/** Cluster-scoped policies may close what no NetworkPolicy does any more. */
function isSure({ after }: ChangedEnd): boolean {
  return isEmptySet(after.unknown);
}

function podsOf(ends: readonly ChangedEnd[]): readonly Pod[] {
  return ends.flatMap(({ group }) => [...group.members.values()]);
}

/** "1 pod of StatefulSet/db would be open to everyone on every port; 2 pods could go out to anywhere". */
function sentence(
  { pods, released }: Pick<Exposure, "pods" | "released">,
  workloads: readonly string[],
  ports: PortSet,
  isCertain: boolean,
): string {
  const [would, could] = isCertain ? ["would", "could"] : ["might", "might"];
  const where = equalSets(ports, ALL_PORTS) ? "every port" : list(portTexts(ports));
  const exposed =
    pods === 0 ? [] : [`${count(pods)} of ${list(workloads)} ${would} be open to everyone on ${where}`];
  const freed = released === 0 ? [] : [`${count(released)} ${could} go out to anywhere`];
  return `without the policies of this object ${[...exposed, ...freed].join(", and ")}`;
}

function count(pods: number): string {
  return `${pods} ${pods === 1 ? "pod" : "pods"}`;
}
