import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { Tier, TierPolicy } from "../model/tier-policy.ts";
import type { Namespace, Node, Pod } from "../model/world.ts";
import { type AddressIndex, createAddressIndex } from "./address-index.ts";
import { type Atoms, createAtoms } from "./atoms.ts";
import type { Matching } from "./evaluator.ts";
import { createRoom, type Group, nameOnly, type Room } from "./room.ts";
import { pairText, type Selector, selectsNamespace } from "./selector.ts";
import { createServiceAddresses, type ServiceAddresses } from "./service-addresses.ts";
import { onShelf, shelve, type Shelves, unshelve } from "./shelves.ts";
import { anchorOf } from "./subject-index.ts";
import type { CompiledTier } from "./tier.ts";

/** All that the engine knows; what can be worked out from the rest is marked, and forgotten when it may be wrong. */
export interface State {
  readonly rooms: Map<string, Room>;
  /** Rooms by a label of their namespace, `key=value`. */
  readonly roomsByPair: Shelves<Room>;
  /** Rooms whose namespace nobody described. */
  readonly unknownRooms: Set<Room>;
  readonly tierPolicies: Map<string, TierPolicy>;
  /** Cluster-scoped policies that are there and cannot be read, by `Kind/name`. */
  readonly unreadTiers: Map<string, CompiledTier>;
  readonly nodes: Map<string, Node>;
  readonly services: ServiceAddresses;
  /** The pods of which no address is known. */
  readonly unplaced: Set<Pod>;
  /** Compiled anew after every change. */
  readonly tiers: Map<Tier, readonly (readonly CompiledTier[])[]>;
  readonly keys: Set<string>;
  readonly portNames: Set<string>;
  readonly atoms: Atoms;
  /** Filled when the first range of addresses comes; until then nobody asks. */
  readonly addresses: AddressIndex;
  /** Which classes some peers match, until a class or a namespace's labels come or go. */
  readonly matched: Map<unknown, Matching>;
}

export function emptyState(): State {
  return {
    rooms: new Map(),
    roomsByPair: new Map(),
    unknownRooms: new Set(),
    tierPolicies: new Map(),
    unreadTiers: new Map(),
    nodes: new Map(),
    services: createServiceAddresses(),
    unplaced: new Set(),
    tiers: new Map(),
    keys: new Set(),
    portNames: new Set(),
    atoms: createAtoms(),
    addresses: createAddressIndex(),
    matched: new Map(),
  };
}

export function roomOf(state: State, name: string): Room {
  return state.rooms.get(name) ?? addRoom(state, nameOnly(name));
}

export function addRoom(state: State, namespace: Namespace): Room {
  const room = createRoom(namespace);
  state.rooms.set(namespace.name, room);
  shelveRoom(state, room);
  return room;
}

export function shelveRoom(state: State, room: Room): void {
  if (room.namespace.labelsKnown) state.unknownRooms.delete(room);
  else state.unknownRooms.add(room);
  for (const pair of pairsOf(room.namespace)) shelve(state.roomsByPair, pair, room);
}

export function unshelveRoom(state: State, room: Room): void {
  for (const pair of pairsOf(room.namespace)) unshelve(state.roomsByPair, pair, room);
}

/** The name is a label like any other, but every namespace has one of its own, and is found by it anyway. */
function pairsOf({ labels }: Namespace): readonly string[] {
  const pairs: string[] = [];
  for (const key in labels) if (key !== NAMESPACE_NAME_LABEL) pairs.push(pairText(key, labels[key] ?? ""));
  return pairs;
}

export function* allGroups(state: State): Iterable<Group> {
  for (const room of state.rooms.values()) yield* room.groups.values();
}

/** A namespace of which only the name is known may have any label, so those are always asked. */
export function roomsSelected(state: State, selector: Selector): readonly Room[] {
  const anchor = anchorOf(selector);
  const candidates = anchor === undefined ? state.rooms.values() : anchoredRooms(state, anchor);
  return [...candidates].filter((room) => selectsNamespace(selector, room.namespace) !== "no");
}

function anchoredRooms(state: State, anchor: string): Iterable<Room> {
  const known = anchor.startsWith(BY_NAME) ? named(state, anchor) : onShelf(state.roomsByPair, anchor);
  return state.unknownRooms.size === 0 ? known : new Set(known).union(state.unknownRooms);
}

function named(state: State, anchor: string): readonly Room[] {
  const room = state.rooms.get(anchor.slice(BY_NAME.length));
  return room === undefined ? [] : [room];
}

const BY_NAME = pairText(NAMESPACE_NAME_LABEL, "");
