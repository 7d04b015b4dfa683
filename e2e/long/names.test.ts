import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";

import type { NetworkPolicy } from "../../src/model/network-policy.ts";
import { eventually } from "../control-plane/eventually.ts";
import { plane } from "../control-plane/plane.ts";
import { inNamespace, serviceAccess } from "../operator/objects.ts";
import { condition, readsOf } from "../operator/reads.ts";
import { type Moment, recordPolicies } from "../operator/recorder.ts";
import { stage } from "../operator/stage.ts";
import { FORBIDDEN, type Given, startHostileDns } from "./hostile-dns.ts";

const seconds = Number(process.env["NAMES_SECONDS"] ?? 120);
const dns = await startHostileDns(Number(process.env["NAMES_SEED"] ?? 6));
afterAll(() => dns.close());

/** So that much happens in two minutes; in milliseconds. */
const [MIN_TTL, GRACE] = [2000, 8000];
const flags = [
  `--dns-servers=${dns.addresses.join(",")}`,
  `--names-min-ttl-seconds=${MIN_TTL / 1000}`,
  `--names-grace-seconds=${GRACE / 1000}`,
];
const reads = readsOf(plane.api);
const operator = stage(plane, { flags });

const NAMES = ["calm", "rotating", "crowded", "hostile", "gone", "flaky"];

const led = (name: string) =>
  serviceAccess(name, {
    permits: {
      dns: false,
      egress: [{ to: [{ names: { fqdns: [`${name}.example`] } }], ports: [{ port: 443 }] }],
    },
  });

test("against hostile servers no policy is wider than their answers within the window, or changes without them", async () => {
  const namespace = await plane.namespace("hostile");
  const recorder = await recordPolicies(plane, [namespace]);
  await recorder.begin();
  await plane.apply(...inNamespace(namespace, ...NAMES.map(led)));
  await eventually(async () => (await reads.policies(namespace)).length === NAMES.length, {
    what: "the policies",
    timeoutMs: 60_000,
  });
  await delay(seconds * 1000);
  const moments = await recorder.moments();
  const end = performance.now();
  await recorder.close();

  for (const name of NAMES) {
    const given = dns.given.filter((each) => each.name === `${name}.example`);
    const versions = versionsOf(name, moments);
    expect([name, versions.flatMap(({ policy }) => unsafe(policy))]).toEqual([name, []]);
    expect([
      name,
      versions.flatMap((version, i) => tooWide(version, versions[i + 1]?.at ?? end, given)),
    ]).toEqual([name, []]);
    expect(versions.length, name).toBeLessThanOrEqual(2 + answerChanges(given));
    expect(
      pauses(versions).filter((pause) => pause < 9000),
      name,
    ).toEqual([]);
    operator.figure(
      `${name}.example: ${given.length} answers, ${answerChanges(given)} changes of them, policy written ${versions.length} times`,
    );
  }
  expect(versionsOf("calm", moments).filter(({ policy }) => cidrsOf(policy).length > 0)).toHaveLength(1);
  expect(condition(await reads.access(namespace, "crowded"), "NamesResolved")?.reason).toBe(
    "TooManyAddresses",
  );
});

interface Version {
  readonly at: number;
  readonly policy: NetworkPolicy;
}

/** Each state in which the permits of an object were, and since when. */
function versionsOf(name: string, moments: readonly Moment[]): readonly Version[] {
  const versions: Version[] = [];
  for (const { at, policies } of moments) {
    const policy = policies.find(({ metadata }) => metadata.name === `${name}-permits`);
    if (policy === undefined) continue;
    const last = versions.at(-1)?.policy;
    if (JSON.stringify(last?.spec) !== JSON.stringify(policy.spec)) versions.push({ at, policy });
  }
  return versions;
}

/** What must not be in any state: everyone, what is forbidden, an end of isolation. */
function unsafe({ spec }: NetworkPolicy): readonly string[] {
  const peers = (spec.egress ?? []).flatMap(({ to }) => to ?? [{}]);
  const everyone = (spec.egress ?? []).some(({ to }) => (to ?? []).length === 0) ? ["everyone"] : [];
  const open = spec.policyTypes?.join() === "Egress" ? [] : ["not isolated"];
  const odd = peers.filter(({ ipBlock }) => !/\/(32|128)$/.test(ipBlock?.cidr ?? ""));
  const bad = peers
    .map(({ ipBlock }) => addressOf(ipBlock?.cidr ?? ""))
    .filter((each) => FORBIDDEN.includes(each));
  return [...everyone, ...open, ...odd.map((each) => JSON.stringify(each)), ...bad];
}

/** From the last answer that shows that an address is gone until the policy follows: its pace, a question, a write. */
const SLACK = 10_000 + MIN_TTL + 6000;

/**
 * The addresses that were let through although nobody had answered them before, or although they had gone past their window
 * and a good answer since had not shown them.
 */
function tooWide({ at, policy }: Version, until: number, given: readonly Given[]): readonly string[] {
  return cidrsOf(policy).flatMap((cidr) => {
    const address = addressOf(cidr);
    const before = given.filter((each) => each.addresses.includes(address) && each.at <= at);
    if (before.length === 0) return [`${cidr} was never answered`];
    const all = given.filter((each) => each.addresses.includes(address) && each.at <= until);
    const gone = all.map((each) => each.at + windowOf(each.ttl)).reduce((a, b) => Math.max(a, b), 0);
    const family = cidr.includes(":") ? "IPv6" : "IPv4";
    const told = given.find((each) => each.isPlain && each.family === family && each.at > gone);
    return told !== undefined && told.at + SLACK < until
      ? [`${cidr} ${Math.round(until - told.at)} ms late`]
      : [];
  });
}

function windowOf(ttl: number): number {
  return Math.min(Math.max(ttl, MIN_TTL), 600_000) + GRACE;
}

function cidrsOf({ spec }: NetworkPolicy): readonly string[] {
  return (spec.egress ?? []).flatMap(({ to }) =>
    (to ?? []).map(({ ipBlock }) => ipBlock?.cidr ?? "everyone"),
  );
}

function addressOf(cidr: string): string {
  return cidr.replace(/\/\d+$/, "");
}

/** How often an answer was another one than the answer before it, order aside. */
function answerChanges(given: readonly Given[]): number {
  const texts = given.map(({ family, addresses }) => `${family} ${addresses.toSorted().join()}`);
  const families = ["IPv4", "IPv6"].map((family) => texts.filter((text) => text.startsWith(family)));
  return families.flatMap((list) => list.filter((text, i) => i > 0 && text !== list[i - 1])).length;
}

/** The first answer is written at once, and all others at their pace. */
function pauses(versions: readonly Version[]): readonly number[] {
  const resolved = versions.filter(({ policy }) => cidrsOf(policy).length > 0);
  return resolved
    .slice(1)
    .map(({ at }, i) => at - (resolved[i]?.at ?? 0))
    .slice(1);
}
