import type { Tier } from "../model/tier-policy.ts";
import type { Namespace, Pod } from "../model/world.ts";
import type { Direction } from "./answer.ts";
import type { Applying, TierLevel } from "./evaluator.ts";
import type { Policy } from "./policy.ts";
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
  const known = group?.applying[direction];
  if (known !== undefined) return known;
  const found = candidates(room.subjects, pod.labels)
    .filter((policy) => policy[direction] !== undefined)
    .flatMap((policy) => applying(policy, pod));
  if (group !== undefined) group.applying[direction] = found;
  return found;
}

/** The class of a pod as it is known; a pod that somebody only imagines is judged by itself. */
function groupOf(room: Room, pod: Pod): Group | undefined {
  const entry = room.pods.get(pod.name);
  return entry?.pod.labels === pod.labels && entry.pod.hostNetwork === pod.hostNetwork
    ? entry.group
    : undefined;
}

function applying(policy: Policy, pod: Pod): readonly Applying[] {
  const selected = selects(policy.subject, pod.labels);
  return selected === "no" ? [] : [{ policy, selects: selected }];
}

/** Which cluster-scoped policies concern the pod, priority by priority; remembered with its class. */
export function levelsFor(state: State, tier: Tier, pod: Pod): readonly TierLevel[] {
  const levels = state.tiers.get(tier) ?? [];
  if (levels.length === 0) return [];
  const room = state.rooms.get(pod.namespace);
  const group = room === undefined ? undefined : groupOf(room, pod);
  const known = group?.levels[tier];
  if (known !== undefined) return known;
  const found = levels
    .map((level) => level.flatMap((policy) => applyingTier(state, policy, pod)))
    .filter((level) => level.length > 0);
  if (group !== undefined) group.levels[tier] = found;
  return found;
}

function applyingTier(state: State, policy: CompiledTier, pod: Pod): TierLevel {
  const namespaceOf = (name: string): Namespace => state.rooms.get(name)?.namespace ?? nameOnly(name);
  const selected = isInScope(policy.subject, { kind: "pod", pod }, { namespaceOf });
  return selected === "no" ? [] : [{ policy, selects: selected }];
}
