import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { Namespace, Pod } from "../model/world.ts";
import type { Direction } from "./answer.ts";
import type { Applying, TierLevel } from "./evaluator.ts";
import type { Policy } from "./policy.ts";
import { type Selector, selects } from "./selector.ts";
import type { Signature } from "./signature.ts";
import { anchorOf, type SubjectIndex } from "./subject-index.ts";
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
  applying: Partial<Record<Direction, readonly Applying[]>>;
  levels: Partial<Record<Tier, readonly TierLevel[]>>;
}

/** All that is known of one namespace. */
export interface Room {
  namespace: Namespace;
  readonly pods: Map<string, { pod: Pod; group: Group | undefined }>;
  readonly groups: Map<string, Group>;
  readonly byPair: Map<string, Set<Group>>;
  readonly policies: Map<string, Policy>;
  readonly subjects: SubjectIndex;
  /** Label keys that some policy of this namespace reads. */
  readonly keys: Set<string>;
  /** Label keys and port names that some pod here has had: what is in neither tells no pods apart. */
  readonly podKeys: Set<string>;
  readonly podPorts: Set<string>;
}

export function createRoom(name: string): Room {
  return {
    namespace: nameOnly(name),
    pods: new Map(),
    groups: new Map(),
    byPair: new Map(),
    policies: new Map(),
    subjects: { byPair: new Map(), unanchored: [] },
    keys: new Set(),
    podKeys: new Set(),
    podPorts: new Set(),
  };
}

/** A namespace that nobody described is known by its name only (S24). */
export function nameOnly(name: string): Namespace {
  return { name, labels: { [NAMESPACE_NAME_LABEL]: name }, labelsKnown: false, terminating: false };
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
    return { group: known, isNew: false };
  }
  const group = createGroup(pod, key, pairs);
  room.groups.set(key, group);
  for (const pair of pairs) {
    const groups = room.byPair.get(pair);
    if (groups === undefined) room.byPair.set(pair, new Set([group]));
    else groups.add(group);
  }
  return { group, isNew: true };
}

/** Takes the pod out of its class; a class without members is gone, which is what it says. */
export function leave(room: Room, group: Group, name: string): boolean {
  group.members.delete(name);
  if (group.members.size > 0) return false;
  room.groups.delete(group.key);
  for (const pair of group.pairs) {
    const groups = room.byPair.get(pair);
    groups?.delete(group);
    if (groups?.size === 0) room.byPair.delete(pair);
  }
  return true;
}

/** The classes that a selector selects, surely or perhaps. */
export function groupsSelected(room: Room, selector: Selector): readonly Group[] {
  const anchor = anchorOf(selector);
  const candidates = anchor === undefined ? room.groups.values() : (room.byPair.get(anchor) ?? []);
  return [...candidates].filter((group) => selects(selector, group.pod.labels) !== "no");
}

function createGroup(first: Pod, key: string, pairs: readonly string[]): Group {
  const members = new Map([[first.name, first]]);
  let source = first;
  let shown = exemplar(first);
  return {
    namespace: first.namespace,
    key,
    pairs,
    members,
    applying: {},
    levels: {},
    get pod() {
      // A pod that has gone or changed must not stand for the class: it may not be alike any more.
      if (members.get(source.name) !== source) {
        source = members.values().next().value ?? source;
        shown = exemplar(source);
      }
      return shown;
    },
  };
}

function exemplar(pod: Pod): Pod {
  return pod.node === "" && pod.nodeAddresses.length === 0 ? pod : { ...pod, node: "", nodeAddresses: [] };
}
