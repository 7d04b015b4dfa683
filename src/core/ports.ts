import type { Protocol } from "../model/world.ts";

/** Inclusive, 1..65535. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Ports per protocol; canonical: ranges sorted, disjoint and never adjacent, so equal sets are deeply equal. */
export type PortSet = Readonly<Record<Protocol, readonly PortRange[]>>;

const MAX_PORT = 65535;
const NOTHING: readonly PortRange[] = [];
const EVERYTHING: readonly PortRange[] = [{ from: 1, to: MAX_PORT }];

export const NO_PORTS: PortSet = { TCP: NOTHING, UDP: NOTHING, SCTP: NOTHING };
export const ALL_PORTS: PortSet = { TCP: EVERYTHING, UDP: EVERYTHING, SCTP: EVERYTHING };

export function portSet(protocol: Protocol, from = 1, to = MAX_PORT): PortSet {
  return { ...NO_PORTS, [protocol]: [{ from, to }] };
}

export function union(a: PortSet, b: PortSet): PortSet {
  if (a === b || b === NO_PORTS) return a;
  if (a === NO_PORTS) return b;
  return perProtocol((protocol) => merge(a[protocol], b[protocol]));
}

export function intersect(a: PortSet, b: PortSet): PortSet {
  if (a === b || b === ALL_PORTS) return a;
  if (a === ALL_PORTS) return b;
  return perProtocol((protocol) => overlaps(a[protocol], b[protocol]));
}

export function complement(set: PortSet): PortSet {
  if (set === ALL_PORTS) return NO_PORTS;
  if (set === NO_PORTS) return ALL_PORTS;
  return perProtocol((protocol) => gaps(set[protocol]));
}

export function subtract(a: PortSet, b: PortSet): PortSet {
  return intersect(a, complement(b));
}

export function hasPort(set: PortSet, protocol: Protocol, port: number): boolean {
  return set[protocol].some((range) => range.from <= port && port <= range.to);
}

export function isEmptySet(set: PortSet): boolean {
  return set.TCP.length === 0 && set.UDP.length === 0 && set.SCTP.length === 0;
}

export function equalSets(a: PortSet, b: PortSet): boolean {
  return a === b || (isSubset(a, b) && isSubset(b, a));
}

export function isSubset(a: PortSet, b: PortSet): boolean {
  return isEmptySet(subtract(a, b));
}

/** `TCP/80`, `TCP/8000-8010`, in the order TCP, UDP, SCTP; one text a range. */
export function portTexts(set: PortSet): readonly string[] {
  return (["TCP", "UDP", "SCTP"] as const).flatMap((protocol) =>
    set[protocol].map(({ from, to }) => `${protocol}/${from === to ? from : `${from}-${to}`}`),
  );
}

function perProtocol(make: (protocol: Protocol) => readonly PortRange[]): PortSet {
  return { TCP: make("TCP"), UDP: make("UDP"), SCTP: make("SCTP") };
}

/** Sorts and joins ranges that touch or overlap. */
function merge(a: readonly PortRange[], b: readonly PortRange[]): readonly PortRange[] {
  if (b.length === 0 || a === b) return a;
  if (a.length === 0) return b;
  const merged: PortRange[] = [];
  for (const range of [...a, ...b].toSorted((x, y) => x.from - y.from)) {
    const last = merged.at(-1);
    if (last === undefined || range.from > last.to + 1) merged.push(range);
    else merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return merged;
}

function overlaps(a: readonly PortRange[], b: readonly PortRange[]): readonly PortRange[] {
  if (a === EVERYTHING || a === b) return b;
  if (b === EVERYTHING || a.length === 0) return a;
  return a.flatMap((x) =>
    b
      .map((y) => ({ from: Math.max(x.from, y.from), to: Math.min(x.to, y.to) }))
      .filter((range) => range.from <= range.to),
  );
}

function gaps(ranges: readonly PortRange[]): readonly PortRange[] {
  if (ranges.length === 0) return EVERYTHING;
  const found: PortRange[] = [];
  let next = 1;
  for (const range of ranges) {
    if (range.from > next) found.push({ from: next, to: range.from - 1 });
    next = range.to + 1;
  }
  if (next <= MAX_PORT) found.push({ from: next, to: MAX_PORT });
  return found;
}
