import type { Direction } from "../core/answer.ts";
import type { Evaluator } from "../core/evaluator.ts";
import type { PodClass } from "../core/room.ts";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import { type IsolatedWorkload, STATUS_LIMITS } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import { cut } from "./bounds.ts";
import { ruleTexts } from "./rule-text.ts";
import { podCount, workloadOf } from "./workloads.ts";

/**
 * The pods that only these policies isolate: without them everything could come in, or go out. Worked out by classes, of
 * the namespaces of the policies only.
 */
export function isolatedBy(
  policies: readonly NetworkPolicy[],
  world: World,
  evaluator: Evaluator,
  isMeant: (direction: Direction, group: PodClass) => boolean = () => true,
): readonly IsolatedWorkload[] {
  const byName = new Map(policies.map((policy) => [keyText(policy.metadata), policy]));
  const namespaces = [...new Set(policies.map(({ metadata }) => metadata.namespace))].toSorted();
  const isolated = namespaces.flatMap((namespace) =>
    [...evaluator.classesIn(namespace)].flatMap((group) =>
      DIRECTIONS.filter((direction) => isMeant(direction, group)).flatMap((direction) => {
        const isolating = isolatingAlone(evaluator, direction, group, byName);
        return isolating === undefined ? [] : [{ group, direction, loses: losses(isolating, direction) }];
      }),
    ),
  );
  return joined(isolated, world).slice(0, STATUS_LIMITS.isolates);
}

/** Those of them that nothing isolates as it is. */
export function newlyIsolatedBy(
  policies: readonly NetworkPolicy[],
  world: World,
  { before, after }: { readonly before: Evaluator; readonly after: Evaluator },
): readonly IsolatedWorkload[] {
  const isNew = (direction: Direction, { pod }: PodClass): boolean =>
    !before.applyingTo(direction, pod).some(({ selects }) => selects === "yes");
  return isolatedBy(policies, world, after, isNew);
}

const DIRECTIONS: readonly Direction[] = ["egress", "ingress"];

/** Undefined where nothing surely isolates the pods, or somebody else does, too. */
function isolatingAlone(
  evaluator: Evaluator,
  direction: Direction,
  { pod }: PodClass,
  ours: ReadonlyMap<string, NetworkPolicy>,
): readonly NetworkPolicy[] | undefined {
  const applying = evaluator.applyingTo(direction, pod);
  if (!isBound(pod, evaluator) || !applying.some(({ selects }) => selects === "yes")) return undefined;
  const isolating = applying.map(({ policy }) => ours.get(policy.name));
  return isolating.every((policy) => policy !== undefined) ? isolating : undefined;
}

/** Of a pod on the node's network nothing is said that not every network plugin does. */
function isBound(pod: Pod, { profile }: Evaluator): boolean {
  return !pod.hostNetwork || profile.hostNetworkSubject === "bound";
}

/** By the rules, not by who happens to match them now: so it stays the same while pods come and go. */
function losses(policies: readonly NetworkPolicy[], direction: Direction): string {
  const kept = [...new Set(policies.flatMap((policy) => ruleTexts(policy, direction)))].toSorted();
  return cut(kept.length === 0 ? "everything" : `everything but ${kept.join("; ")}`, "isolates.loses");
}

interface Isolated {
  readonly group: PodClass;
  readonly direction: Direction;
  readonly loses: string;
}

const TYPES = { egress: "Egress", ingress: "Ingress" } as const;

/** One entry for the pods of one workload of which the same is said; by direction, then by name. */
function joined(isolated: readonly Isolated[], world: World): readonly IsolatedWorkload[] {
  const pods = isolated.flatMap(({ group, ...said }) =>
    [...group.members.values()].map((pod) => ({ pod, workload: workloadOf(pod, world), ...said })),
  );
  const entries = Map.groupBy(pods, ({ pod, workload, direction, loses }) =>
    JSON.stringify([direction, pod.namespace, workload, loses]),
  );
  return [...entries]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, members]) => {
      const [first] = members;
      if (first === undefined) return [];
      const { workload, direction, loses } = first;
      const { namespace } = first.pod;
      const count = podCount(members.map(({ pod }) => pod));
      return [{ workload, namespace, pods: count, direction: TYPES[direction], loses }];
    });
}
