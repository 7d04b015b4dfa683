import { mayHold } from "./admits.ts";
import type { Classes, Matching } from "./evaluator.ts";
import type { Peer, PeerOnNetwork } from "./policy.ts";
import { type Group, groupsSelected, type Room } from "./room.ts";
import type { Selector } from "./selector.ts";
import { FEW } from "./shelves.ts";
import { allGroups, roomsSelected, type State } from "./state.ts";

/** The classes that some of the peers match, found by the labels that the peers ask for. */
export function matching(state: State, peers: readonly Peer[]): Matching {
  const [first] = peers;
  if (peers.length === 1 && first?.kind === "pods" && first.namespaces.kind === "own") {
    const room = state.rooms.get(first.namespaces.namespace);
    // There is not enough in there to be worth remembering.
    if (room === undefined || room.groups.size <= FEW) return together(matchingOwn(room, first.pods));
  }
  const known = state.matched.get(peers);
  if (known !== undefined) return known;
  const found = findMatching(state, peers);
  state.matched.set(peers, found);
  return found;
}

/** Policies of many namespaces ask for the same pods elsewhere, or addresses: what they say is looked up, not who says it. */
function findMatching(state: State, peers: readonly Peer[]): Matching {
  if (!peers.some(looksFar)) return matchingAnew(state, peers);
  const text = JSON.stringify(peers, (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  const found = state.matched.get(text) ?? matchingAnew(state, peers);
  state.matched.set(text, found);
  return found;
}

function looksFar(peer: Peer): boolean {
  return peer.kind === "block" || (peer.kind === "pods" && peer.namespaces.kind === "selected");
}

function matchingAnew(state: State, peers: readonly Peer[]): Matching {
  if (peers.some((peer) => peer.kind === "undetermined")) return { classes: "all", isExact: false };
  return togetherOf(peers.map((peer) => matchingPeer(state, peer)));
}

interface Found {
  readonly groups: readonly Group[];
  readonly isExact: boolean;
}

/** Several peers may match the same class. */
function togetherOf(found: readonly Found[]): Matching {
  const [only] = found;
  if (only !== undefined && found.length === 1) return together(only);
  const groups = new Set(found.flatMap((each) => each.groups));
  return together({ groups: [...groups], isExact: found.every((each) => each.isExact) });
}

function together({ groups, isExact }: Found): Matching {
  return { classes: classesOf(groups), isExact };
}

function classesOf(groups: readonly Group[]): Classes {
  return groups.length <= FEW ? groups : new Set(groups);
}

/** Selectors go by the labels they ask for; an address block is held against every class. */
function matchingPeer(state: State, peer: Peer): Found {
  switch (peer.kind) {
    case "nothing":
    case "undetermined":
      return { groups: [], isExact: true };
    case "block":
      return { groups: [...allGroups(state)].filter((group) => mayHold(peer, group.pod)), isExact: false };
    case "pods":
      return peer.namespaces.kind === "own"
        ? matchingOwn(state.rooms.get(peer.namespaces.namespace), peer.pods)
        : inexact(peer.secondary, matchingElsewhere(state, peer.namespaces.selector, peer.pods));
  }
}

/** On a secondary network the profile has its say, too. */
function inexact(secondary: PeerOnNetwork | undefined, found: Found): Found {
  return secondary === undefined ? found : { ...found, isExact: false };
}

function matchingOwn(room: Room | undefined, pods: Selector): Found {
  const groups = room === undefined ? [] : groupsSelected(room, pods);
  const isKnown = room === undefined || room.namespace.labelsKnown;
  return { groups, isExact: isKnown && areSure(groups, pods) };
}

function matchingElsewhere(state: State, namespaces: Selector, pods: Selector): Found {
  const rooms = roomsSelected(state, namespaces);
  const groups = rooms.flatMap((room) => groupsSelected(room, pods));
  const areKnown = namespaces.kind !== "invalid" && rooms.every((room) => room.namespace.labelsKnown);
  return { groups, isExact: areKnown && areSure(groups, pods) };
}

function areSure(groups: readonly Group[], pods: Selector): boolean {
  return pods.kind !== "invalid" && !groups.some((group) => group.pod.hostNetwork);
}
