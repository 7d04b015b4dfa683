import type { Pod } from "../model/world.ts";
import type { AddressRange } from "./addresses.ts";
import { type Group, join, leave, type Room } from "./room.ts";
import type { Sight } from "./sight.ts";
import { signatureOf } from "./signature.ts";
import type { State } from "./state.ts";

/**
 * What a policy looks at can tell pods apart that were one class; what nobody looks at any more may stay apart. Only pods
 * that have the label, the port or an address there are looked at again. Answers with the classes that pods have left or
 * joined.
 */
export function look(state: State, room: Room, sight: Sight): ReadonlySet<Group> {
  const ownKeys = added(room.keys, sight.ownKeys);
  const keys = added(state.keys, sight.clusterKeys);
  const names = added(state.portNames, sight.portNames);
  const isNewElsewhere = keys.length + names.length + sight.ranges.length > 0;
  // Nearly always, while a cluster is filled.
  if (!isNewElsewhere && (ownKeys.length === 0 || room.pods.size === 0)) return NOBODY;
  const moved = [
    ...havingKeys([room], ownKeys),
    ...havingKeys(state.rooms.values(), keys),
    ...havingPorts(state.rooms.values(), names),
    ...sight.ranges.flatMap((range) => cutOff(state, range)),
  ];
  if (moved.length > 0) state.matched.clear();
  return new Set(moved.flatMap((pod) => regroup(state, pod)));
}

const NOBODY: ReadonlySet<Group> = new Set();

/** Notes what pods of a room have, or lack, so that they can be found by it. */
export function recall(state: State, room: Room, before: Pod | undefined, after: Pod | undefined): void {
  if (after !== undefined) {
    for (const key in after.labels) room.podKeys.add(key);
    for (const port of after.ports) room.podPorts.add(port.name);
  }
  if (before?.addresses.length === 0) state.unplaced.delete(before);
  if (after?.addresses.length === 0) state.unplaced.add(after);
  if (state.atoms.isUncut()) return;
  if (before !== undefined) state.addresses.remove(before);
  if (after !== undefined) state.addresses.add(after);
}

function added(set: Set<string>, words: readonly string[]): readonly string[] {
  if (words.every((word) => set.has(word))) return NONE;
  const fresh = words.filter((word) => !set.has(word));
  for (const word of fresh) set.add(word);
  return fresh;
}

const NONE: readonly string[] = [];

function havingKeys(rooms: Iterable<Room>, keys: readonly string[]): readonly Pod[] {
  if (keys.length === 0) return [];
  return [...rooms]
    .filter((room) => keys.some((key) => room.podKeys.has(key)))
    .flatMap((room) => podsOf(room).filter((pod) => keys.some((key) => Object.hasOwn(pod.labels, key))));
}

function havingPorts(rooms: Iterable<Room>, names: readonly string[]): readonly Pod[] {
  if (names.length === 0) return [];
  return [...rooms]
    .filter((room) => names.some((name) => room.podPorts.has(name)))
    .flatMap((room) => podsOf(room).filter((pod) => pod.ports.some((port) => names.includes(port.name))));
}

/** The pods whose addresses a new range puts into another atom. */
function cutOff(state: State, range: AddressRange): readonly Pod[] {
  const { addresses, atoms, rooms } = state;
  if (atoms.isUncut()) for (const room of rooms.values()) for (const pod of podsOf(room)) addresses.add(pod);
  const stretches = atoms.add(range, ({ family, first, end }) =>
    isNone(addresses.within(family, first, end)),
  );
  return stretches.flatMap(({ family, first, end }) => [...addresses.within(family, first, end)]);
}

function isNone(pods: Iterable<Pod>): boolean {
  for (const _ of pods) return false;
  return true;
}

function podsOf(room: Room): readonly Pod[] {
  return [...room.pods.values()].map((entry) => entry.pod);
}

/** Moves the pod if its class is no longer what policies can see of it; the class that it leaves, and the one it joins. */
function regroup(state: State, pod: Pod): readonly Group[] {
  const room = state.rooms.get(pod.namespace);
  const entry = room?.pods.get(pod.name);
  if (room === undefined || entry?.group === undefined) return [];
  const now = signatureOf(entry.pod, room.keys, state);
  if (now.key === entry.group.key) return [];
  const left = entry.group;
  leave(room, left, entry.pod.name);
  entry.group = join(room, now, entry.pod).group;
  return [left, entry.group];
}
