import { excludedNames } from "../generator/fqdns.ts";
import type { NameReference } from "../generator/name-references.ts";
import type { NameStatus, ServiceAccess, ServiceAccessStatus } from "../model/service-access.ts";
import { STATUS_LIMITS } from "../model/service-access.ts";
import type { Claim } from "./conditions.ts";
import type { Plan } from "./plan.ts";
import { list } from "./words.ts";

/** Whether the DNS names of the object resolve; nothing is claimed of an object without any. */
export function nameClaims(access: ServiceAccess, { references: { names } }: Plan): readonly Claim[] {
  if (names.length === 0) return [];
  const excluded = excludedNames(access);
  return [resolvedClaim(names, excluded), ...(excluded.length === 0 ? [] : [bestEffort(excluded)])];
}

/** The rules go on saying what they said, or all that can be said: nothing that was asked for is missing. */
const HARMLESS: ReadonlySet<string> = new Set(["Stale", "TooManyAddresses"]);

/** Whether something that the spec asks for is left out because of its names. */
export function isWanting({ type, status, reason }: Claim): boolean {
  return type === "NamesResolved" && status === "False" && !HARMLESS.has(reason);
}

/** What is known of the names, for the status; an entry that says the same as before stays as it was written. */
export function nameStatus(
  { status }: ServiceAccess,
  { references: { names } }: Plan,
): Pick<ServiceAccessStatus, "names"> {
  if (names.length === 0) return {};
  const kept = new Map((status?.names ?? []).map((each) => [each.name, each]));
  const entries = names.map(({ entry }) => {
    const before = kept.get(entry.name);
    return before !== undefined && saysTheSame(before, entry) ? before : entry;
  });
  return { names: entries.filter(({ reason }) => reason !== "TooMany").slice(0, STATUS_LIMITS.names) };
}

/** Whether two entries differ in nothing but the times at which something was seen: those would tick. */
export function saysTheSame(a: NameStatus, b: NameStatus): boolean {
  return sayings(a) === sayings(b);
}

function sayings({ name, reason, capped = false, answers }: NameStatus): string {
  return JSON.stringify([name, reason, capped, answers.map(({ address }) => address)]);
}

function resolvedClaim(names: readonly NameReference[], excluded: readonly string[]): Claim {
  const troubles = names.flatMap((name) => troubleOf(name, excluded));
  const [worst] = troubles.toSorted((a, b) => GRAVITY.indexOf(a.reason) - GRAVITY.indexOf(b.reason));
  if (worst !== undefined) {
    const message = list(troubles.map(({ text }) => text));
    return { type: "NamesResolved", status: "False", reason: worst.reason, message };
  }
  const addresses = new Set(names.flatMap(({ entry }) => entry.answers.map(({ address }) => address)));
  const [some, all] = [count(names.length, "name", "names"), count(addresses.size, "address", "addresses")];
  const message = `${some} with ${all}; other names on the same addresses are reachable as well`;
  return { type: "NamesResolved", status: "True", reason: "Resolved", message };
}

interface Trouble {
  readonly reason: string;
  readonly text: string;
}

const GRAVITY = [
  "TooMany",
  "NotFound",
  "NoAddresses",
  "AddressesRefused",
  "Expired",
  "Pending",
  "Stale",
  "TooManyAddresses",
];

function troubleOf({ entry, refused }: NameReference, excluded: readonly string[]): readonly Trouble[] {
  const { name, reason, answers, capped } = entry;
  if (reason !== "Resolved") return [{ reason, text: `${name} ${SAYINGS[reason]}` }];
  // An exception takes every answer: to leave out too much is no danger.
  const isRefused = refused.length === answers.length && !excluded.includes(name);
  if (isRefused) {
    const text = `${name} answers only ${list(refused)}, where nobody may be led by a name: say allowPrivate if a private address is meant`;
    return [{ reason: "AddressesRefused", text }];
  }
  const text = `${name} has more addresses than are kept, and those that were seen last stay`;
  return capped === true ? [{ reason: "TooManyAddresses", text }] : [];
}

const SAYINGS: Readonly<Record<Exclude<NameStatus["reason"], "Resolved">, string>> = {
  Pending: "was not answered yet",
  Stale: "is not answered any more, and the last answers stay",
  NotFound: "does not exist",
  NoAddresses: "has no address",
  Expired: "was not answered for so long that its addresses are gone",
  TooMany: "is one too many: an object has at most 20 names, and a namespace as many as the operator takes",
};

function bestEffort(excluded: readonly string[]): Claim {
  const message = `${list(excluded)}: only addresses that were answered are left out; one that was not seen yet stays allowed`;
  return { type: "ExclusionBestEffort", status: "True", reason: "AddressesChange", message };
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
