import { keyText, type ObjectKey } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Tier, TierPolicy } from "../model/tier-policy.ts";
import type { Namespace, Node, Pod } from "../model/world.ts";
import type { Direction } from "./answer.ts";
import { createAtoms } from "./atoms.ts";
import { compile } from "./compile.ts";
import { compileTier } from "./compile-tier.ts";
import { isEndpoint } from "./endpoint.ts";
import type { Applying, Evaluator, Matching, PolicyProblem, TierLevel } from "./evaluator.ts";
import { mayHold } from "./admits.ts";
import type { Peer, Policy } from "./policy.ts";
import {
  createRoom,
  type Group,
  groupsSelected,
  join,
  leave,
  nameOnly,
  type PodClass,
  type Room,
} from "./room.ts";
import { type Selector, selects, selectsNamespace } from "./selector.ts";
import { anchorOf, pairText } from "./subject-index.ts";
import { type Sight, sightOfPolicy, sightOfTier } from "./sight.ts";
import { type Signature, signatureOf } from "./signature.ts";
import type { CompiledTier } from "./tier.ts";
import { isInScope } from "./tier-walk.ts";

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
}

/** What an event may have changed; flows between classes that it does not name are judged as before. */
export interface Touched {
  /** "all" where telling would cost more than asking again, as for cluster-scoped policies. */
  readonly classes: "all" | readonly PodClass[];
}

export function createEngine(): Engine {
  const state = emptyState();
  return {
    namespaceOf: (name) => state.rooms.get(name)?.namespace ?? nameOnly(name),
    applyingTo: (direction, pod) => applyingTo(state, direction, pod),
    levelsFor: (tier, pod) => levelsFor(state, tier, pod),
    classKey: (pod) => signature(state, pod).key,
    classes: () => allGroups(state),
    matching: (peers) => matching(state, peers),
    problems: () => problems(state),
    putNamespace: (namespace) => changeNamespace(state, namespace),
    removeNamespace: (name) => changeNamespace(state, nameOnly(name)),
    putPod: (pod) => putPod(state, pod),
    removePod: ({ namespace, name }) => removePod(state, roomOf(state, namespace), name),
    putPolicy: (policy) => putPolicy(state, compile(policy)),
    removePolicy: (key) => removePolicy(state, key),
    putTier: (policy) => changeTiers(state, (tiers) => tiers.set(`${policy.kind}/${policy.name}`, policy)),
    removeTier: (name) => changeTiers(state, (tiers) => tiers.delete(name)),
    putNode: (node) => changeNodes(state, (nodes) => nodes.set(node.name, node)),
    removeNode: (name) => changeNodes(state, (nodes) => nodes.delete(name)),
  };
}

interface State {
  readonly rooms: Map<string, Room>;
  /** Rooms by a label of their namespace, `key=value`. */
  readonly roomsByPair: Map<string, Set<Room>>;
  /** Rooms whose namespace nobody described. */
  readonly unknownRooms: Set<Room>;
  readonly tierPolicies: Map<string, TierPolicy>;
  readonly nodes: Map<string, Node>;
  /** Compiled anew after every change. */
  readonly tiers: Map<Tier, readonly (readonly CompiledTier[])[]>;
  readonly keys: Set<string>;
  readonly portNames: Set<string>;
  readonly atoms: ReturnType<typeof createAtoms>;
  /** Which classes some peers match, until a class or a namespace's labels come or go. */
  readonly matched: Map<unknown, Matching>;
}

function emptyState(): State {
  return {
    rooms: new Map(),
    roomsByPair: new Map(),
    unknownRooms: new Set(),
    tierPolicies: new Map(),
    nodes: new Map(),
    tiers: new Map(),
    keys: new Set(),
    portNames: new Set(),
    atoms: createAtoms(),
    matched: new Map(),
  };
}

function roomOf(state: State, name: string): Room {
  const known = state.rooms.get(name);
  if (known !== undefined) return known;
  const room = createRoom(name);
  state.rooms.set(name, room);
  shelveRoom(state, room);
  return room;
}

function shelveRoom(state: State, room: Room): void {
  if (room.namespace.labelsKnown) state.unknownRooms.delete(room);
  else state.unknownRooms.add(room);
  for (const [key, value] of Object.entries(room.namespace.labels)) {
    const pair = pairText(key, value);
    const rooms = state.roomsByPair.get(pair);
    if (rooms === undefined) state.roomsByPair.set(pair, new Set([room]));
    else rooms.add(room);
  }
}

function unshelveRoom(state: State, room: Room): void {
  for (const [key, value] of Object.entries(room.namespace.labels)) {
    state.roomsByPair.get(pairText(key, value))?.delete(room);
  }
}

function signature(state: State, pod: Pod): Signature {
  const ownKeys = state.rooms.get(pod.namespace)?.keys ?? state.keys;
  return signatureOf(pod, ownKeys, state);
}

function* allGroups(state: State): Iterable<Group> {
  for (const room of state.rooms.values()) yield* room.groups.values();
}

/** A pod that has ended is kept, since it may be replaced by an event, but stands in no class (S68). */
function putPod(state: State, pod: Pod): Touched {
  const room = roomOf(state, pod.namespace);
  const before = room.pods.get(pod.name)?.group;
  const after = isEndpoint(pod) ? signature(state, pod) : undefined;
  const isGone = before !== undefined && before.key !== after?.key && leave(room, before, pod.name);
  const joined = after === undefined ? undefined : join(room, after, pod);
  if (isGone || joined?.isNew === true) state.matched.clear();
  room.pods.set(pod.name, { pod, group: joined?.group });
  return { classes: [before, joined?.group].filter((group) => group !== undefined) };
}

function removePod(state: State, room: Room, name: string): Touched {
  const group = room.pods.get(name)?.group;
  room.pods.delete(name);
  if (group !== undefined && leave(room, group, name)) state.matched.clear();
  return { classes: group === undefined ? [] : [group] };
}

/** Peers read a namespace's labels when they are asked; only subjects of cluster-scoped policies are remembered. */
function changeNamespace(state: State, namespace: Namespace): Touched {
  const room = roomOf(state, namespace.name);
  unshelveRoom(state, room);
  room.namespace = namespace;
  shelveRoom(state, room);
  state.matched.clear();
  for (const group of room.groups.values()) group.levels = {};
  return { classes: [...room.groups.values()] };
}

function putPolicy(state: State, policy: Policy): Touched {
  const room = roomOf(state, policy.namespace);
  const before = room.policies.get(policy.name);
  if (before !== undefined) room.subjects.remove(before);
  room.policies.set(policy.name, policy);
  room.subjects.add(policy);
  look(state, room, sightOfPolicy(policy));
  const touched = [before, policy].flatMap((each) =>
    each === undefined ? [] : groupsSelected(room, each.subject),
  );
  for (const group of touched) group.applying = {};
  return { classes: touched };
}

function removePolicy(state: State, key: ObjectKey): Touched {
  const room = roomOf(state, key.namespace);
  const policy = room.policies.get(keyText(key));
  if (policy === undefined) return { classes: [] };
  room.policies.delete(policy.name);
  room.subjects.remove(policy);
  const touched = groupsSelected(room, policy.subject);
  for (const group of touched) group.applying = {};
  return { classes: touched };
}

/** What a policy looks at can tell pods apart that were one class; what nobody looks at any more may stay apart. */
function look(state: State, room: Room, sight: Sight): void {
  const isNewHere = addAll(room.keys, sight.ownKeys);
  const isNewAnywhere = [
    addAll(state.keys, sight.clusterKeys),
    addAll(state.portNames, sight.portNames),
    sight.ranges.flatMap((range) => state.atoms.add(range)).length > 0,
  ].includes(true);
  if (isNewAnywhere || isNewHere) state.matched.clear();
  if (isNewAnywhere) for (const each of state.rooms.values()) regroup(state, each);
  else if (isNewHere) regroup(state, room);
}

function addAll(set: Set<string>, words: readonly string[]): boolean {
  const before = set.size;
  for (const word of words) set.add(word);
  return set.size > before;
}

/** Moves each pod whose class is no longer what policies can see of it. */
function regroup(state: State, room: Room): void {
  for (const entry of room.pods.values()) {
    if (entry.group === undefined) continue;
    const now = signatureOf(entry.pod, room.keys, state);
    if (now.key === entry.group.key) continue;
    leave(room, entry.group, entry.pod.name);
    entry.group = join(room, now, entry.pod).group;
  }
}

function matching(state: State, peers: readonly Peer[]): Matching {
  const known = state.matched.get(peers);
  if (known !== undefined) return known;
  const found = findMatching(state, peers);
  state.matched.set(peers, found);
  return found;
}

/** Policies of many namespaces ask for the same pods elsewhere: what they say is looked up, not who says it. */
function findMatching(state: State, peers: readonly Peer[]): Matching {
  if (!peers.some(looksElsewhere)) return matchingAnew(state, peers);
  const text = JSON.stringify(peers, (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  const found = state.matched.get(text) ?? matchingAnew(state, peers);
  state.matched.set(text, found);
  return found;
}

function looksElsewhere(peer: Peer): boolean {
  return peer.kind === "pods" && peer.namespaces.kind === "selected";
}

function matchingAnew(state: State, peers: readonly Peer[]): Matching {
  if (peers.some((peer) => peer.kind === "undetermined")) return { classes: "all", isExact: false };
  const found = peers.map((peer) => matchingPeer(state, peer));
  return {
    classes: new Set(found.flatMap((each) => each.groups)),
    isExact: found.every((each) => each.isExact),
  };
}

interface Found {
  readonly groups: readonly Group[];
  readonly isExact: boolean;
}

/** Selectors go by the labels they ask for; an address block is held against every class. */
function matchingPeer(state: State, peer: Peer): Found {
  if (peer.kind === "nothing" || peer.kind === "undetermined") return { groups: [], isExact: true };
  if (peer.kind === "block") {
    return { groups: [...allGroups(state)].filter((group) => mayHold(peer, group.pod)), isExact: false };
  }
  const { namespaces, pods } = peer;
  const rooms =
    namespaces.kind === "own"
      ? ownRoom(state, namespaces.namespace)
      : roomsSelected(state, namespaces.selector);
  const groups = rooms.flatMap((room) => groupsSelected(room, pods));
  const isSure =
    pods.kind !== "invalid" &&
    (namespaces.kind === "own" || namespaces.selector.kind !== "invalid") &&
    rooms.every((room) => room.namespace.labelsKnown) &&
    !groups.some((group) => group.pod.hostNetwork);
  return { groups, isExact: isSure };
}

function ownRoom(state: State, namespace: string): readonly Room[] {
  const room = state.rooms.get(namespace);
  return room === undefined ? [] : [room];
}

/** A namespace of which only the name is known may have any label, so those are always asked. */
function roomsSelected(state: State, selector: Selector): readonly Room[] {
  const anchor = anchorOf(selector);
  const candidates = anchor === undefined ? state.rooms.values() : anchoredRooms(state, anchor);
  return [...candidates].filter((room) => selectsNamespace(selector, room.namespace) !== "no");
}

function anchoredRooms(state: State, anchor: string): Iterable<Room> {
  const known = state.roomsByPair.get(anchor) ?? new Set();
  return state.unknownRooms.size === 0 ? known : known.union(state.unknownRooms);
}

/** Cluster-scoped policies are few: everything that is remembered of them is asked anew. */
function changeTiers(state: State, change: (tiers: State["tierPolicies"]) => unknown): Touched {
  change(state.tierPolicies);
  return forgetTiers(state);
}

function changeNodes(state: State, change: (nodes: State["nodes"]) => unknown): Touched {
  change(state.nodes);
  return state.tierPolicies.size === 0 ? { classes: [] } : forgetTiers(state);
}

function forgetTiers(state: State): Touched {
  for (const group of allGroups(state)) group.levels = {};
  const compiled = [...state.tierPolicies.values()].map((policy) =>
    compileTier(policy, state.nodes.values()),
  );
  const everywhere = createRoom("");
  for (const policy of compiled) look(state, everywhere, sightOfTier(policy));
  for (const tier of TIERS) state.tiers.set(tier, levelsOf(compiled, tier));
  return { classes: "all" };
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

function applyingTo(state: State, direction: Direction, pod: Pod): readonly Applying[] {
  const room = state.rooms.get(pod.namespace);
  if (room === undefined) return [];
  const group = groupOf(room, pod);
  const known = group?.applying[direction];
  if (known !== undefined) return known;
  const found = room.subjects
    .candidates(pod.labels)
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

/** Whether policies bind a pod on the node's own network is undefined, so what selects it only may apply (S67). */
function applying(policy: Policy, pod: Pod): readonly Applying[] {
  const selected = selects(policy.subject, pod.labels);
  if (selected === "no") return [];
  return [{ policy, selects: pod.hostNetwork ? "maybe" : selected }];
}

function levelsFor(state: State, tier: Tier, pod: Pod): readonly TierLevel[] {
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

function problems(state: State): readonly PolicyProblem[] {
  const tiers = [...state.tiers.values()].flat(2);
  const policies = [...state.rooms.values()].flatMap((room) => [...room.policies.values()]);
  return [...policies, ...tiers].flatMap((policy) =>
    policy.problems.map((problem) => ({ policy: policy.name, problem })),
  );
}
