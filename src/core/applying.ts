import type { Tier } from "../model/tier-policy.ts";
import type { Namespace, Pod } from "../model/world.ts";
import type { Direction } from "./answer.ts";
import { compact } from "./compact.ts";
import type { Applying, TierLevel } from "./evaluator.ts";
import { type Group, nameOnly, type Room } from "./room.ts";
import { selects } from "./selector.ts";
import type { State } from "./state.ts";
import { candidates } from "./subject-index.ts";
import type { CompiledTier } from "./tier.ts";
import { isInScope } from "./tier-walk.ts";

/** Which NetworkPolicies isolate the pod; remembered with its class. */
export function applyingTo(state: State, direction: Direction, pod: Pod): readonly Applying[] {
  const room = state.rooms.get(pod.namespace);
  if (room === undefined) return [];
  const group = groupOf(room, pod);
  const known = group?.applying ?? applyingBothWays(room, pod);
  if (group !== undefined) group.applying = known;
  return known[direction];
}

function applyingBothWays(room: Room, pod: Pod): Readonly<Record<Direction, readonly Applying[]>> {
  const found: Applying[] = [];
  for (const policy of candidates(room.policies, pod.labels)) {
    const selected = selects(policy.subject, pod.labels);
    if (selected !== "no") found.push({ policy, selects: selected });
  }
  const all = compact(found);
  return { egress: inDirection("egress", all), ingress: inDirection("ingress", all) };
}

function inDirection(direction: Direction, applying: readonly Applying[]): readonly Applying[] {
  const isIn = ({ policy }: Applying): boolean => policy[direction] !== undefined;
  return applying.every(isIn) ? applying : applying.filter(isIn);
}

/** The class of a pod as it is known; a pod that somebody only imagines is judged by itself. */
function groupOf(room: Room, pod: Pod): Group | undefined {
  const entry = room.pods.get(pod.name);
  return entry?.pod.labels === pod.labels && entry.pod.hostNetwork === pod.hostNetwork
    ? entry.group
    : undefined;
}

/** Which cluster-scoped policies concern the pod, priority by priority; remembered with its class. */
export function levelsFor(state: State, tier: Tier, pod: Pod): readonly TierLevel[] {
  const levels = state.tiers.get(tier) ?? NO_LEVELS;
  if (levels.length === 0) return NO_LEVELS;
  const room = state.rooms.get(pod.namespace);
  const group = room === undefined ? undefined : groupOf(room, pod);
  const known = group?.levels ?? {
    Admin: levelsIn(state, "Admin", pod),
    Baseline: levelsIn(state, "Baseline", pod),
  };
  if (group !== undefined) group.levels = known;
  return known[tier];
}

const NO_LEVELS: readonly never[] = [];

function levelsIn(state: State, tier: Tier, pod: Pod): readonly TierLevel[] {
  return (state.tiers.get(tier) ?? NO_LEVELS)
    .map((level) => level.flatMap((policy) => applyingTier(state, policy, pod)))
    .filter((level) => level.length > 0);
}

function applyingTier(state: State, policy: CompiledTier, pod: Pod): TierLevel {
  const namespaceOf = (name: string): Namespace => state.rooms.get(name)?.namespace ?? nameOnly(name);
  const selected = isInScope(policy.subject, { kind: "pod", pod }, { namespaceOf });
  return selected === "no" ? [] : [{ policy, selects: selected }];
}
