import type { Answer, Family } from "../core/answer.ts";
import { parseRange } from "../core/addresses.ts";
import { connections } from "../core/check.ts";
import { type Endpoint, sharedFamilies } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { flows } from "../core/flows.ts";
import { intersect, NO_PORTS, type PortSet, portTexts, subtract, union } from "../core/ports.ts";
import { endpointId } from "../model/launcher.ts";
import type { World } from "../model/world.ts";
import type { Grant } from "./grant.ts";
import type { Party } from "./parties.ts";
import { firstPod, onlyEndpoint, type Place, placeKey, placesOf, placeText } from "./places.ts";
import { joinedRows } from "./rectangles.ts";

/** One line of effective reachability: pods of one workload (or addresses) to pods of one workload, one verdict. */
export interface Row extends Answer {
  /** Every pod of this place, with every pod of the other one. */
  readonly from: Place;
  readonly to: Place;
  readonly ports: PortSet;
  /** `client`: named by the object; `granted`: let in by a preset or a block; `stranger`: the object knows nothing of it. */
  readonly standing: "client" | "granted" | "stranger";
}

/** Every row between two lists of parties: what clients get, and everything that is open to anyone else. */
export function rowsBetween(
  sources: readonly Party[],
  destinations: readonly Party[],
  grant: Grant,
  evaluator: Evaluator,
  world: World,
): readonly Row[] {
  const [placedSources, placedDestinations] = [placed(sources, world), placed(destinations, world)];
  const pieces = placedDestinations.flatMap((to, t) =>
    placedSources.flatMap((from, s) =>
      rowsOf(from, to, grant, evaluator).map((row) => ({
        row,
        sources: [s] as const,
        destinations: [t] as const,
      })),
    ),
  );
  return sorted(joinedRows(pieces, meaning));
}

/** Everything that two rows must share to be one. */
function meaning(row: Row): string {
  return JSON.stringify([
    placeKey(row.from),
    placeKey(row.to),
    row.standing,
    row.verdict,
    portTexts(row.ports),
    row.egress.by,
    row.ingress.by,
  ]);
}

export interface Placed {
  readonly party: Party;
  readonly places: readonly Place[];
}

/** A party meets many others: its workloads are looked up once. */
export function placed(parties: readonly Party[], world: World): readonly Placed[] {
  return parties.map((party) => ({ party, places: placesOf(party, world) }));
}

function rowsOf(from: Placed, to: Placed, grant: Grant, evaluator: Evaluator): readonly Row[] {
  const destination = to.party.endpoint;
  const source = distinctSource(from.party, to.party);
  if (source === undefined) return [];
  const expected = grant.expected(source, destination);
  const open = openPorts(evaluator, source, destination, grant);
  const strange = strangePorts(evaluator, source, destination, grant, open);
  const standings = [
    ["client", expected],
    ["granted", subtract(subtract(open, expected), strange)],
    ["stranger", strange],
  ] as const;
  return standings.flatMap(([standing, ports]) =>
    flows(evaluator, source, destination, ports).flatMap(({ ports: same, answer }) =>
      placePairs(from.places, to.places).map((places) => ({ ...answer, ...places, ports: same, standing })),
    ),
  );
}

/** Of the ports the object speaks of, those that are not surely closed. */
function openPorts(evaluator: Evaluator, from: Endpoint, to: Endpoint, grant: Grant): PortSet {
  // Ends without a common family never meet, whatever the policies say.
  if (sharedFamilies(from, to).length === 0) return NO_PORTS;
  const { allowed, unknown } = connections(evaluator, from, to);
  return intersect(grant.concerned(to), union(allowed, unknown));
}

/** What is open and not granted, family by family: a block of one family grants nothing in the other. */
function strangePorts(
  evaluator: Evaluator,
  from: Endpoint,
  to: Endpoint,
  grant: Grant,
  open: PortSet,
): PortSet {
  const families = sharedFamilies(from, to);
  if (families.length <= 1) return subtract(open, grant.granted(from, to));
  return families
    .map((family) => [within(from, family), within(to, family)] as const)
    .map(([a, b]) => subtract(openPorts(evaluator, a, b, grant), grant.granted(a, b)))
    .reduce(union, NO_PORTS);
}

/** The end as one family sees it. */
function within(endpoint: Endpoint, family: Family | undefined): Endpoint {
  if (endpoint.kind === "address") return endpoint;
  const addresses = endpoint.pod.addresses.filter((text) => parseRange(text)?.family === family);
  return { kind: "pod", pod: { ...endpoint.pod, addresses } };
}

/** A pod's way to itself is no row; among several pods of a class one answers for the way to another. */
export function distinctSource(from: Party, to: Party): Endpoint | undefined {
  if (from.kind === "addresses" || to.kind === "addresses") return from.endpoint;
  const [first] = to.group.members;
  const other = from.group.members.find(
    (pod) => first === undefined || endpointId(pod) !== endpointId(first),
  );
  if (other !== undefined) return { kind: "pod", pod: other };
  return from.group.pod.replicas > 1 ? from.endpoint : undefined;
}

/** Every workload of one side with every one of the other, but no pod with itself. */
export function placePairs(
  sources: readonly Place[],
  destinations: readonly Place[],
): readonly Pick<Row, "from" | "to">[] {
  return sources
    .flatMap((source) => destinations.map((destination) => ({ from: source, to: destination })))
    .filter((pair) => !isOneEndpoint(pair.from, pair.to));
}

function isOneEndpoint(a: Place, b: Place): boolean {
  const endpoint = onlyEndpoint(a);
  return endpoint !== undefined && endpoint === onlyEndpoint(b);
}

const STANDINGS = ["client", "granted", "stranger"] as const;
const VERDICTS = ["Denied", "Unknown", "Allowed"] as const;

/** Clients first, and among them those that do not get through; then by name, so that the order never wavers. */
function sorted(rows: readonly Row[]): readonly Row[] {
  return rows
    .map((row) => ({ row, text: orderText(row) }))
    .toSorted((a, b) => byImportance(a.row, b.row) || compareTexts(a.text, b.text))
    .map(({ row }) => row);
}

function byImportance(a: Row, b: Row): number {
  return (
    STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
    VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict)
  );
}

function orderText(row: Row): string {
  const ends = [row.from, row.to];
  return JSON.stringify([
    ends.map(placeText),
    portTexts(row.ports),
    row.egress.by,
    row.ingress.by,
    ends.map(firstPod),
  ]);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
