import type { Answer, SideAnswer } from "../core/answer.ts";
import { type AddressRange, addressText } from "../core/addresses.ts";
import { connections } from "../core/check.ts";
import { type Endpoint, sharedFamilies } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { flows } from "../core/flows.ts";
import { intersect, isEmptySet, type PortSet, portTexts, subtract, union } from "../core/ports.ts";
import { keyText } from "../model/key.ts";
import type { Pod, World } from "../model/world.ts";
import type { Grant } from "./grant.ts";
import type { Party } from "./parties.ts";
import { podCount, workloadOf } from "./workloads.ts";

/** One line of effective reachability: pods of one workload (or addresses) to pods of one workload, one verdict. */
export interface Row {
  readonly from: Place;
  readonly to: Place;
  readonly ports: PortSet;
  readonly verdict: Answer["verdict"];
  readonly egress: SideAnswer;
  readonly ingress: SideAnswer;
  readonly reason: string;
  /** `client`: named by the object; `granted`: let in by a preset or a block; `stranger`: the object knows nothing of it. */
  readonly standing: "client" | "granted" | "stranger";
}

export type Place =
  | {
      readonly kind: "workload";
      readonly namespace: string;
      readonly workload: string;
      readonly pods: ReadonlySet<Pod>;
    }
  | { readonly kind: "addresses"; readonly ranges: readonly AddressRange[] };

/** Every row between two lists of parties: what clients get, and everything that is open to anyone else. */
export function rowsBetween(
  sources: readonly Party[],
  destinations: readonly Party[],
  grant: Grant,
  evaluator: Evaluator,
  world: World,
): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const to of destinations) {
    for (const from of sources) {
      for (const row of rowsOf(from, to, grant, evaluator, world)) addRow(rows, row);
    }
  }
  return [...rows.values()].map(withWholeRanges).toSorted(byImportance);
}

function rowsOf(from: Party, to: Party, grant: Grant, evaluator: Evaluator, world: World): readonly Row[] {
  const source = distinctSource(from, to);
  if (source === undefined || sharedFamilies(source, to.endpoint).length === 0) return [];
  const expected = grant.expected(source, to.endpoint);
  const open = openPorts(evaluator, source, to.endpoint, grant.concerned(to.endpoint));
  if (isEmptySet(expected) && isEmptySet(open)) return [];
  const granted = intersect(subtract(grant.granted(source, to.endpoint), expected), open);
  const strange = subtract(subtract(open, expected), granted);
  const standings = [
    ["client", expected],
    ["granted", granted],
    ["stranger", strange],
  ] as const;
  return standings.flatMap(([standing, ports]) =>
    flows(evaluator, source, to.endpoint, ports).flatMap(({ ports: same, answer }) =>
      placePairs(from, to, world).map((places) => ({ ...places, ports: same, ...answer, standing })),
    ),
  );
}

/** Of the ports the object speaks of, those that are not surely closed. */
function openPorts(evaluator: Evaluator, from: Endpoint, to: Endpoint, concerned: PortSet): PortSet {
  const { allowed, unknown } = connections(evaluator, from, to);
  return intersect(concerned, union(allowed, unknown));
}

/** A pod's way to itself is no row; among several pods of a class one answers for the way to another. */
function distinctSource(from: Party, to: Party): Endpoint | undefined {
  if (from.kind === "addresses" || to.kind === "addresses") return from.endpoint;
  const [first] = to.group.members;
  const other = from.group.members.find((pod) => first === undefined || keyText(pod) !== keyText(first));
  if (other !== undefined) return { kind: "pod", pod: { ...other, node: "", nodeAddresses: [] } };
  return from.group.pod.replicas > 1 ? from.endpoint : undefined;
}

/** Every workload of one side with every one of the other, but no pod with itself. */
function placePairs(from: Party, to: Party, world: World): readonly Pick<Row, "from" | "to">[] {
  const destinations = placesOf(to, world);
  return placesOf(from, world)
    .flatMap((source) => destinations.map((destination) => ({ from: source, to: destination })))
    .filter((pair) => !isOnePod(pair.from, pair.to));
}

function isOnePod(a: Place, b: Place): boolean {
  if (a.kind === "addresses" || b.kind === "addresses") return false;
  const [pod] = a.pods;
  return pod !== undefined && podCount(a.pods) === 1 && podCount(b.pods) === 1 && b.pods.has(pod);
}

function placesOf(party: Party, world: World): readonly Place[] {
  if (party.kind === "addresses") return [{ kind: "addresses", ranges: [party.range] }];
  const byWorkload = new Map<string, Set<Pod>>();
  for (const pod of party.group.members) {
    const workload = workloadOf(pod, world);
    byWorkload.set(workload, (byWorkload.get(workload) ?? new Set()).add(pod));
  }
  const { namespace } = party.group.pod;
  return [...byWorkload].map(([workload, pods]) => ({ kind: "workload", namespace, workload, pods }));
}

/** Rows that say the same of the same workloads are one. */
function addRow(rows: Map<string, Row>, row: Row): void {
  const key = JSON.stringify([
    placeKey(row.from),
    placeKey(row.to),
    row.standing,
    row.verdict,
    portTexts(row.ports),
    row.egress.by,
    row.ingress.by,
  ]);
  const known = rows.get(key);
  rows.set(
    key,
    known === undefined ? row : { ...known, from: join(known.from, row.from), to: join(known.to, row.to) },
  );
}

function placeKey(place: Place): string {
  return place.kind === "workload" ? `${place.namespace}/${place.workload}` : (place.ranges[0]?.family ?? "");
}

function join(a: Place, b: Place): Place {
  if (a.kind === "addresses" && b.kind === "addresses") {
    return { ...a, ranges: [...a.ranges, ...b.ranges] };
  }
  if (a.kind === "workload" && b.kind === "workload") return { ...a, pods: new Set([...a.pods, ...b.pods]) };
  return a;
}

function withWholeRanges(row: Row): Row {
  return { ...row, from: whole(row.from), to: whole(row.to) };
}

/** Neighbouring ranges are one. */
function whole(place: Place): Place {
  if (place.kind === "workload") return place;
  const joined: AddressRange[] = [];
  for (const range of place.ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const last = joined.at(-1);
    if (last === undefined || range.first > last.last + 1n) joined.push(range);
    else joined[joined.length - 1] = { ...last, last: range.last > last.last ? range.last : last.last };
  }
  return { kind: "addresses", ranges: joined };
}

/** `0.0.0.0/0`, `10.0.0.0/8`, or `first-last` where no CIDR says it. */
export function rangeText({ family, first, last }: AddressRange): string {
  const size = last - first + 1n;
  const host = size.toString(2).length - 1;
  const isCidr = size === 1n << BigInt(host) && first % size === 0n;
  const bits = family === "IPv4" ? 32 : 128;
  return isCidr
    ? `${addressText(family, first)}/${bits - host}`
    : `${addressText(family, first)}-${addressText(family, last)}`;
}

const STANDINGS = ["client", "granted", "stranger"] as const;
const VERDICTS = ["Denied", "Unknown", "Allowed"] as const;

/** Clients first, and among them those that do not get through; then by name, so that the order never wavers. */
function byImportance(a: Row, b: Row): number {
  return (
    STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
    VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict) ||
    compareTexts(orderText(a), orderText(b))
  );
}

function orderText(row: Row): string {
  return JSON.stringify([
    placeText(row.from),
    placeText(row.to),
    portTexts(row.ports),
    row.egress.by,
    row.ingress.by,
  ]);
}

/** `namespace/Kind/name`, or the addresses, with commas. */
export function placeText(place: Place): string {
  return place.kind === "workload"
    ? `${place.namespace}/${place.workload}`
    : place.ranges.map(rangeText).join(", ");
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
