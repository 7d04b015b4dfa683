import { isEqual } from "../model/equal.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Tier, TierPolicy } from "../model/tier-policy.ts";
import type { Namespace, Node, Pod, Service, Unreadable } from "../model/world.ts";
import { type AddressRange, parseRange } from "./addresses.ts";
import { applyingTo, levelsFor } from "./applying.ts";
import { compileTier } from "./compile-tier.ts";
import { isEndpoint } from "./endpoint.ts";
import type { Evaluator, PolicyProblem } from "./evaluator.ts";
import { matching } from "./matching.ts";
import type { Policy } from "./policy.ts";
import { type Profile, SPECIFICATION } from "./profile.ts";
import { createRoom, groupsSelected, join, leave, nameOnly, type PodClass, type Room } from "./room.ts";
import { look, recall } from "./look.ts";
import { sightOfPolicy, sightOfTier } from "./sight.ts";
import { readerFor } from "./scoped.ts";
import { type Signature, signatureOf } from "./signature.ts";
import { addRoom, allGroups, emptyState, roomOf, shelveRoom, type State, unshelveRoom } from "./state.ts";
import { addPolicy, takePolicy } from "./subject-index.ts";
import type { CompiledTier } from "./tier.ts";
import { unreadablePolicy, unreadableTier, unreadKind } from "./unreadable.ts";

/**
 * An evaluator that follows its cluster event by event, always with the answers of one that is built anew. A pod's event
 * touches its class, a policy's event the classes that the policy selects, and nothing is ever done per pair of pods.
 */
export interface Engine extends Evaluator {
  putNamespace(namespace: Namespace): Touched;
  removeNamespace(name: string): Touched;
  putPod(pod: Pod): Touched;
  removePod(key: ObjectKey): Touched;
  putPolicy(policy: NetworkPolicy): Touched;
  removePolicy(key: ObjectKey): Touched;
  putTier(policy: TierPolicy): Touched;
  /** By `Kind/name`. */
  removeTier(name: string): Touched;
  putNode(node: Node): Touched;
  removeNode(name: string): Touched;
  putService(service: Service): Touched;
  removeService(key: ObjectKey): Touched;
  /** An object that is there and cannot be read: of a policy, everything that it may decide is Unknown. */
  putUnreadable(object: Unreadable): Touched;
  removeUnreadable(object: Unreadable): Touched;
}

/** What an event may have changed; flows between classes that it does not name are judged as before. */
export interface Touched {
  /** "all" where telling would cost more than asking again, as for cluster-scoped policies. */
  readonly classes: "all" | readonly PodClass[];
  /** Whether some class is new, has lost its last pod, or was cut anew. */
  readonly isStructural: boolean;
}

const NOTHING: Touched = { classes: [], isStructural: false };
const EVERYTHING: Touched = { classes: "all", isStructural: true };

/** What makes an engine's network another one than the pod network. */
export type Network = Pick<Evaluator, "specification" | "read">;

export function createEngine(
  profile: Profile = SPECIFICATION,
  network: Network = { specification: SPECIFICATION, read: readerFor(profile) },
): Engine {
  const state = emptyState();
  return {
    profile,
    ...network,
    isNodeAddress: (range) => isNodeAddress(state, range),
    isServiceAddress: (range) => state.services.has(range),
    namespaceOf: (name) => state.rooms.get(name)?.namespace ?? nameOnly(name),
    applyingTo: (direction, pod) => applyingTo(state, direction, pod),
    levelsFor: (tier, pod) => levelsFor(state, tier, pod),
    classKey: (pod) => signature(state, pod).key,
    classes: () => allGroups(state),
    classesIn: (namespace) => state.rooms.get(namespace)?.groups.values() ?? [],
    matching: (peers) => matching(state, peers),
    problems: () => problems(state),
    putNamespace: (namespace) => changeNamespace(state, namespace),
    removeNamespace: (name) => changeNamespace(state, nameOnly(name)),
    putPod: (pod) => putPod(state, pod),
    removePod: ({ namespace, name }) => removePod(state, roomOf(state, namespace), name),
    putPolicy: (policy) => putPolicy(state, network.read(policy)),
    removePolicy: (key) => removePolicy(state, key),
    putTier: (policy) => changeTiers(state, (tiers) => tiers.set(`${policy.kind}/${policy.name}`, policy)),
    removeTier: (name) => changeTiers(state, (tiers) => tiers.delete(name)),
    putNode: (node) => changeNodes(state, (nodes) => nodes.set(node.name, node)),
    removeNode: (name) => changeNodes(state, (nodes) => nodes.delete(name)),
    putService: (service) => changeService(state, service, service.clusterAddresses),
    removeService: (key) => changeService(state, key, []),
    putUnreadable: (object) => putUnreadable(state, object),
    removeUnreadable: (object) => removeUnreadable(state, object),
  };
}

function signature(state: State, pod: Pod): Signature {
  const ownKeys = state.rooms.get(pod.namespace)?.keys ?? state.keys;
  return signatureOf(pod, ownKeys, state);
}

/** A pod that has ended is kept, since it may be replaced by an event, but stands in no class (S68). */
function putPod(state: State, pod: Pod): Touched {
  const room = roomOf(state, pod.namespace);
  const before = room.pods.get(pod.name)?.group;
  const after = isEndpoint(pod) ? signature(state, pod) : undefined;
  const isGone = before !== undefined && before.key !== after?.key && leave(room, before, pod.name);
  const joined = after === undefined ? undefined : join(room, after, pod);
  recall(state, room, room.pods.get(pod.name)?.pod, pod);
  const isStructural = isGone || joined?.isNew === true;
  if (isStructural) forgetMatched(state);
  const group = joined?.group;
  room.pods.set(pod.name, { pod, group });
  return { classes: bothOf(before, group), isStructural };
}

function removePod(state: State, room: Room, name: string): Touched {
  const entry = room.pods.get(name);
  room.pods.delete(name);
  recall(state, room, entry?.pod, undefined);
  const group = entry?.group;
  if (group === undefined) return NOTHING;
  const isStructural = leave(room, group, name);
  if (isStructural) forgetMatched(state);
  return { classes: [group], isStructural };
}

function bothOf(before: PodClass | undefined, after: PodClass | undefined): readonly PodClass[] {
  if (before === undefined || before === after) return after === undefined ? [] : [after];
  return after === undefined ? [before] : [before, after];
}

/** To clear a map that is empty costs a new one, and there is a class a pod where clusters are filled. */
function forgetMatched({ matched }: State): void {
  if (matched.size > 0) matched.clear();
}

/** Peers read a namespace's labels when they are asked; only subjects of cluster-scoped policies are remembered. */
function changeNamespace(state: State, namespace: Namespace): Touched {
  const room = state.rooms.get(namespace.name);
  if (room === undefined) {
    addRoom(state, namespace);
    return NOTHING;
  }
  unshelveRoom(state, room);
  room.namespace = namespace;
  shelveRoom(state, room);
  state.matched.clear();
  for (const group of room.groups.values()) group.levels = undefined;
  return { classes: [...room.groups.values()], isStructural: false };
}

function putPolicy(state: State, policy: Policy): Touched {
  const room = roomOf(state, policy.namespace);
  const before = addPolicy(room.policies, policy);
  const regrouped = look(state, room, sightOfPolicy(policy));
  const selected = groupsSelected(room, policy.subject);
  const touched = before === undefined ? selected : [...selected, ...groupsSelected(room, before.subject)];
  for (const group of touched) group.applying = undefined;
  if (regrouped.size === 0) return { classes: touched, isStructural: false };
  return { classes: [...new Set([...regrouped, ...touched])], isStructural: true };
}

function removePolicy(state: State, key: ObjectKey): Touched {
  const room = roomOf(state, key.namespace);
  const policy = takePolicy(room.policies, keyText(key));
  if (policy === undefined) return NOTHING;
  const touched = groupsSelected(room, policy.subject);
  for (const group of touched) group.applying = undefined;
  return { classes: touched, isStructural: false };
}

/** Cluster-scoped policies are few: everything that is remembered of them is asked anew. */
function changeTiers(state: State, change: (tiers: State["tierPolicies"]) => unknown): Touched {
  change(state.tierPolicies);
  return forgetTiers(state);
}

function putUnreadable(state: State, object: Unreadable): Touched {
  switch (unreadKind(object)) {
    case "NetworkPolicy":
      return putPolicy(state, unreadablePolicy(object));
    case "TierPolicy": {
      const policy = unreadableTier(object);
      state.unreadTiers.set(policy.name, policy);
      return forgetTiers(state);
    }
    case undefined:
      return NOTHING;
  }
}

function removeUnreadable(state: State, object: Unreadable): Touched {
  switch (unreadKind(object)) {
    case "NetworkPolicy":
      return removePolicy(state, object);
    case "TierPolicy":
      state.unreadTiers.delete(unreadableTier(object).name);
      return forgetTiers(state);
    case undefined:
      return NOTHING;
  }
}

function changeNodes(state: State, change: (nodes: State["nodes"]) => unknown): Touched {
  change(state.nodes);
  return state.tierPolicies.size === 0 ? NOTHING : forgetTiers(state);
}

/** Only pods whose own addresses nobody knows may be judged otherwise. */
function changeService(state: State, key: ObjectKey, addresses: readonly string[]): Touched {
  if (!state.services.put(keyText(key), addresses)) return NOTHING;
  const groups = [...state.unplaced].flatMap(
    ({ namespace, name }) => roomOf(state, namespace).pods.get(name)?.group ?? [],
  );
  return { classes: [...new Set(groups)], isStructural: false };
}

function forgetTiers(state: State): Touched {
  for (const group of allGroups(state)) group.levels = undefined;
  const compiled = [
    ...[...state.tierPolicies.values()].map((policy) => compileTier(policy, state.nodes.values())),
    ...state.unreadTiers.values(),
  ];
  const everywhere = createRoom(nameOnly(""));
  for (const policy of compiled) look(state, everywhere, sightOfTier(policy));
  for (const tier of TIERS) state.tiers.set(tier, levelsOf(compiled, tier));
  return EVERYTHING;
}

const TIERS: readonly Tier[] = ["Admin", "Baseline"];

/** The lowest priority value first; equal priorities stand together. */
function levelsOf(policies: readonly CompiledTier[], tier: Tier): readonly (readonly CompiledTier[])[] {
  const byPriority = Map.groupBy(
    policies.filter((policy) => policy.tier === tier),
    (policy) => policy.priority,
  );
  return [...byPriority].toSorted(([a], [b]) => a - b).map(([, level]) => level);
}

function isNodeAddress(state: State, range: AddressRange): boolean {
  return [...state.nodes.values()].some((node) =>
    node.addresses.some((text) => isEqual(parseRange(text), range)),
  );
}

function problems(state: State): readonly PolicyProblem[] {
  const tiers = [...state.tiers.values()].flat(2);
  const policies = [...state.rooms.values()].flatMap((room) => [...room.policies.byName.values()]);
  return [...policies, ...tiers].flatMap((policy) =>
    policy.problems.map((problem) => ({ policy: policy.name, problem })),
  );
}
