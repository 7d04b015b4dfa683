import { mayHold } from "./admits.ts";
import type { Matching } from "./evaluator.ts";
import type { Peer } from "./policy.ts";
import { type Group, groupsSelected, type Room } from "./room.ts";
import { allGroups, roomsSelected, type State } from "./state.ts";

/** The classes that some of the peers match, found by the labels that the peers ask for. */
export function matching(state: State, peers: readonly Peer[]): Matching {
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
