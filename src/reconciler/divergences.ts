import type { Direction, Verdict } from "../core/answer.ts";
import { boundBy } from "../core/consent.ts";
import { divergentFlows } from "../core/divergence.ts";
import { type Evaluator, underProfile } from "../core/evaluator.ts";
import type { Rule } from "../core/policy.ts";
import type { PortSet } from "../core/ports.ts";
import { portTexts } from "../core/ports.ts";
import { type Profile, profileNamed, SPECIFICATION } from "../core/profile.ts";
import { SECONDARY_SPECIFICATION } from "../core/profile-secondary.ts";
import type { World } from "../model/world.ts";
import type { Party } from "./parties.ts";
import { type Place, placeKey, placeText } from "./places.ts";
import type { Reach } from "./reach.ts";
import { joinedRows } from "./rectangles.ts";
import { distinctSource, type Placed, placed, placePairs } from "./rows.ts";

/** A flow that a plugin judges otherwise than Kubernetes' own text, which is how most plugins read policies. */
export interface DivergingRow {
  readonly from: Place;
  readonly to: Place;
  readonly ports: PortSet;
  /** What the text says; never Unknown, for where it leaves a point open nothing can differ from it. */
  readonly portable: Exclude<Verdict, "Unknown">;
  /** The plugin, and what it says. */
  readonly profile: string;
  readonly verdict: Verdict;
  readonly reason: string;
}

/**
 * What passes, of the flows that the object's rows are about, by the portable reading and not with a plugin, or the other
 * way round. Asked of the plugin that there is, and, where that holds address blocks against pods, of those that do not.
 */
export function divergencesOf(
  { sources, destinations }: Pick<Reach, "sources" | "destinations">,
  world: World,
  evaluator: Evaluator,
): readonly DivergingRow[] {
  const { secondary } = evaluator.profile;
  const portable = underProfile(evaluator, secondary === undefined ? SPECIFICATION : SECONDARY_SPECIFICATION);
  const rows = comparedWith(evaluator.profile).flatMap((profile) => {
    const pair = [portable, underProfile(evaluator, profile)] as const;
    return between(pair, sources, destinations, world);
  });
  return sorted(rows);
}

function comparedWith(active: Profile): readonly Profile[] {
  if (active.enforces.length === 0) return [];
  const others = active.name === SPECIFICATION.name ? [] : [active];
  const isByAddress = active.secondary === undefined && active.ipBlockMatchesPods;
  return isByAddress && BY_IDENTITY !== undefined ? [...others, BY_IDENTITY] : others;
}

/** One speaks for all plugins that know pods by what they are and not by their addresses. */
const BY_IDENTITY = profileNamed("cilium");

function between(
  pair: readonly [Evaluator, Evaluator],
  sources: readonly Party[],
  destinations: readonly Party[],
  world: World,
): readonly DivergingRow[] {
  const [ofSources, ofDestinations] = [read(sources, "egress", pair), read(destinations, "ingress", pair)];
  // Nearly always nobody is: then nothing is asked of any pair.
  if (ofSources.size + ofDestinations.size === 0) return [];
  const [from, to] = [placed(sources, world), placed(destinations, world)];
  const pieces = to.flatMap((destination, d) =>
    from.flatMap((source, s) =>
      (ofSources.has(source.party) || ofDestinations.has(destination.party)
        ? rowsOf(pair, source, destination)
        : []
      ).map((row) => ({
        row,
        sources: [s] as const,
        destinations: [d] as const,
      })),
    ),
  );
  return joinedRows(pieces, meaning);
}

/** Those whose policies the two may read differently, or whom they may take for others. */
function read(
  parties: readonly Party[],
  direction: Direction,
  pair: readonly [Evaluator, Evaluator],
): ReadonlySet<Party> {
  return new Set(parties.filter((party) => isReadOtherwise(party, direction, pair)));
}

function isReadOtherwise(
  { endpoint }: Party,
  direction: Direction,
  [a, b]: readonly [Evaluator, Evaluator],
): boolean {
  if (endpoint.kind === "address") return false;
  const [one, other] = [a.profile, b.profile];
  const isOnNode = endpoint.pod.hostNetwork;
  if (isOnNode && one.hostNetworkSubject !== other.hostNetworkSubject) return true;
  if (isOnNode && one.hostNetworkPeer !== other.hostNetworkPeer) return true;
  if (one.enforces.includes(direction) !== other.enforces.includes(direction)) return true;
  return boundBy(a, direction, endpoint.pod).some(({ policy }) =>
    (policy[direction] ?? []).some((rule) => meansOtherwise(rule, one, other)),
  );
}

/** Whether a rule admits others under one profile than under the other. */
function meansOtherwise({ peers, ports }: Rule, a: Profile, b: Profile): boolean {
  const isByAddress =
    a.ipBlockMatchesPods !== b.ipBlockMatchesPods || a.ipBlockMatchesNodes !== b.ipBlockMatchesNodes;
  if (isByAddress && peers !== "anyone" && peers.some(({ kind }) => kind === "block")) return true;
  if (ports === "every") return false;
  return ports.some(
    (entry) =>
      (entry.kind === "named" && a.namedPort !== b.namedPort) ||
      (entry.kind === "range" && entry.hasEnd && a.endPort !== b.endPort),
  );
}

function rowsOf(pair: readonly [Evaluator, Evaluator], from: Placed, to: Placed): readonly DivergingRow[] {
  const source = distinctSource(from.party, to.party);
  if (source === undefined) return [];
  const { name } = pair[1].profile;
  return divergentFlows(pair, source, to.party.endpoint).flatMap(
    ({ ports, verdicts: [portable, verdict], answers: [, { reason }] }) =>
      portable === "Unknown"
        ? []
        : placePairs(from.places, to.places).map((places) => ({
            ...places,
            ports,
            portable,
            profile: name,
            verdict,
            reason,
          })),
  );
}

/** Everything that two rows must share to be one. */
function meaning({ from, to, ports, portable, verdict }: DivergingRow): string {
  return JSON.stringify([placeKey(from), placeKey(to), portTexts(ports), portable, verdict]);
}

/** What there is first, and what it opens before what it closes; then by name, so that the order never wavers. */
function sorted(rows: readonly DivergingRow[]): readonly DivergingRow[] {
  const profiles = [...new Set(rows.map(({ profile }) => profile))];
  const rank = ({ profile, portable }: DivergingRow): number =>
    profiles.indexOf(profile) * 2 + (portable === "Denied" ? 0 : 1);
  return rows
    .map((row) => ({ row, text: orderText(row) }))
    .toSorted((a, b) => rank(a.row) - rank(b.row) || (a.text < b.text ? -1 : 1))
    .map(({ row }) => row);
}

function orderText({ from, to, ports, verdict }: DivergingRow): string {
  return JSON.stringify([placeText(from), placeText(to), portTexts(ports), verdict]);
}
