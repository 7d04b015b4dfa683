import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { Namespace, Pod } from "../model/world.ts";
import type { Direction } from "./answer.ts";
import type { Applying, TierLevel } from "./evaluator.ts";
import { type Selector, selects } from "./selector.ts";
import type { Signature } from "./signature.ts";
import { compact } from "./compact.ts";
import { FEW, onShelf, shelve, type Shelves, unshelve } from "./shelves.ts";
import { anchorOf, type Policies } from "./subject-index.ts";
import type { Tier } from "../model/tier-policy.ts";

/** Pods of one namespace that no policy of the cluster can tell apart. */
export interface PodClass {
  readonly namespace: string;
  /** Everything that policies can see of the members, as one text. */
  readonly key: string;
  /** One of the members, without its node: a node always reaches its own pods, whatever policies say. */
  readonly pod: Pod;
  /** By name. */
  readonly members: ReadonlyMap<string, Pod>;
}

/** What the engine remembers with a class until an event takes it back. */
export interface Group extends PodClass {
  /** The labels of the members that some policy reads, as `key=value`. */
  readonly pairs: readonly string[];
  readonly members: Map<string, Pod>;
  /** The member that `pod` was made from. */
  readonly source: Pod;
  applying: Readonly<Record<Direction, readonly Applying[]>> | undefined;
  levels: Readonly<Record<Tier, readonly TierLevel[]>> | undefined;
}

/** All that is known of one namespace. */
export interface Room {
  namespace: Namespace;
  readonly pods: Map<string, { pod: Pod; group: Group | undefined }>;
  readonly groups: Map<string, Group>;
  /** The classes by a label of their members, once they are more than a few. */
  readonly byPair: Shelves<Group> | undefined;
  readonly policies: Policies;
  /** Label keys that some policy of this namespace reads. */
  readonly keys: Set<string>;
  /** Label keys and port names that some pod here has had: what is in neither tells no pods apart. */
  readonly podKeys: Set<string>;
  readonly podPorts: Set<string>;
}

export function createRoom(namespace: Namespace): Room {
  return {
    namespace,
    pods: new Map(),
    groups: new Map(),
    byPair: undefined,
    policies: { byName: new Map(), byPair: undefined },
    keys: new Set(),
    podKeys: new Set(),
    podPorts: new Set(),
  };
}

/** A namespace that nobody described is known by its name only (S24). */
export function nameOnly(name: string): Namespace {
  const labels = { [NAMESPACE_NAME_LABEL]: name };
  return { name, labels, labelsKnown: false, terminating: false, acceptsPermitsFrom: [] };
}

/** Puts the pod into the class of this key, which is made if there is none; says whether it was made. */
export function join(
  room: Room,
  { key, pairs }: Signature,
  pod: Pod,
): { readonly group: Group; readonly isNew: boolean } {
  const known = room.groups.get(key);
  if (known !== undefined) {
    known.members.set(pod.name, pod);
    if (known.source.name === pod.name) represent(known, pod);
    return { group: known, isNew: false };
  }
  const group = createGroup(pod, key, pairs);
  room.groups.set(key, group);
  index(room, group);
  return { group, isNew: true };
}

/** Takes the pod out of its class; a class without members is gone, which is what it says. */
export function leave(room: Room, group: Group, name: string): boolean {
  group.members.delete(name);
  const [another] = group.members.values();
  if (another !== undefined) {
    // A pod that has gone must not stand for the class: what it was may not be alike any more.
    if (group.source.name === name) represent(group, another);
    return false;
  }
  room.groups.delete(group.key);
  if (room.byPair !== undefined) for (const pair of group.pairs) unshelve(room.byPair, pair, group);
  return true;
}

function index(room: Room, group: Group): void {
  if (room.byPair === undefined && room.groups.size <= FEW) return;
  const fresh = room.byPair === undefined ? room.groups.values() : [group];
  const byPair: Shelves<Group> = room.byPair ?? new Map();
  for (const each of fresh) for (const pair of each.pairs) shelve(byPair, pair, each);
  if (room.byPair === undefined) Object.assign(room, { byPair });
}

/** The classes that a selector selects, surely or perhaps. */
export function groupsSelected(room: Room, selector: Selector): readonly Group[] {
  const anchor = anchorOf(selector);
  const candidates =
    anchor === undefined || room.byPair === undefined ? room.groups.values() : onShelf(room.byPair, anchor);
  const selected: Group[] = [];
  for (const group of candidates) if (selects(selector, group.pod.labels) !== "no") selected.push(group);
  return compact(selected);
}

function createGroup(first: Pod, key: string, pairs: readonly string[]): Group {
  return {
    namespace: first.namespace,
    key,
    pairs: compact(pairs),
    members: new Map([[first.name, first]]),
    pod: exemplar(first),
    source: first,
    applying: undefined,
    levels: undefined,
  };
}

function represent(group: Group, pod: Pod): void {
  Object.assign(group, { source: pod, pod: exemplar(pod) });
}

function exemplar(pod: Pod): Pod {
  return pod.node === "" && pod.nodeAddresses.length === 0
    ? pod
    : { ...pod, node: "", nodeAddresses: NO_ADDRESSES };
}

const NO_ADDRESSES: readonly string[] = [];
