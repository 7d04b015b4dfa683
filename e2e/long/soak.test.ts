import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";

import { believe } from "../control-plane/believe.ts";
import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane } from "../control-plane/plane.ts";
import { type Asked, isWrite, of } from "../faults/asked.ts";
import { startProxy } from "../faults/proxy.ts";
import { weather } from "../faults/weather.ts";
import { inNamespace, pod, serviceAccess } from "../operator/objects.ts";
import { isReady, readsOf } from "../operator/reads.ts";
import { type Chaos, chaos, isOwned } from "./chaos.ts";
import { dice, type Dice } from "./dice.ts";
import { settled } from "./fresh.ts";
import { judge } from "./judge.ts";
import { replicas } from "./replicas.ts";

/** How long the changes and the faults go on, and which ones: `SOAK_SEED=7 SOAK_SECONDS=3600 npm run e2e`. */
const seconds = Number(process.env["SOAK_SECONDS"] ?? 600);
const seed = Number(process.env["SOAK_SEED"] ?? Date.now() % 2 ** 31);

/** One of the two operators is ended now and then, in one way or the other, and now and then both at once. */
const lifeMs = 20_000;
/** Between two changes, so that the API server and the operator both get a word in. */
const pauseMs = 15;

/** What a watch did not tell is found by the next list, and a watch that tells nothing ends; the defaults are for longer lives. */
const patience = { relist: 20, silence: 25 };
/** Whoever has not heard for so long what is asked for has been lost. */
const unheardMs = (patience.relist + patience.silence + 15) * 1000;

const reads = readsOf(plane.api);
const proxy = await startProxy(plane);
const witness = await judge(plane);
proxy.listen((asked, body) => {
  if (!of("networkpolicies", "delete")(asked)) return;
  const { preconditions } = believe<{ readonly preconditions?: { readonly uid?: string } }>(body || "{}");
  witness.deletes(`${asked.namespace}/${asked.name}`, preconditions?.uid);
});
const figures: string[] = [];
const figure = (text: string): void => void figures.push(text);

afterAll(async () => {
  await operators.stop();
  process.stdout.write(figures.map((text) => `measured: ${text}\n`).join(""));
  await witness.stop();
  await proxy.close();
});
const operators = await replicas({ ...plane, ...proxy.address }, 2, [
  `--relist-seconds=${patience.relist}`,
  `--silence-seconds=${patience.silence}`,
  "--lease=serviceaccess",
  "--lease-seconds=6,4,0.5",
]);
let people: Chaos;
let quiet: Quiet;

beforeAll(
  async () => {
    process.stdout.write(`soak: SOAK_SEED=${seed} SOAK_SECONDS=${seconds}\n`);
    quiet = await quietCorner();
    people = await chaos(plane, seed);
    const chance = dice(seed + 1);
    const storm = weather(proxy, chance);
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      await changesUntil(Math.min(end, Date.now() + lifeMs));
      await endSome(chance);
    }
    await storm.calm();
    await people.calm();
    figure(`changes in ${seconds} s: ${counted(people.done)}`);
    figure(`faults in ${seconds} s: ${counted(storm.done)}`);
    const { all, inVain } = operators.starts();
    figure(`operators were started ${all} times, ${inVain} of them in vain`);
  },
  (seconds + 240) * 1000,
);

async function endSome(chance: Dice): Promise<void> {
  const how = chance.oneOf(["SIGTERM", "SIGKILL"] as const);
  const whom = chance.roll(3) === 0 ? [0, 1] : [chance.roll(2)];
  await Promise.all(whom.map((which) => operators.end(which, how)));
}

async function changesUntil(end: number): Promise<void> {
  while (Date.now() < end) {
    await people.step();
    await delay(pauseMs);
  }
}

function counted(done: ReadonlyMap<string, number>): string {
  return [...done]
    .map(([name, count]) => `${name} ${count}`)
    .toSorted()
    .join(", ");
}

interface Quiet {
  readonly namespace: string;
  readonly policies: Readonly<Record<string, string>>;
  readonly writesBefore: number;
}

/** A namespace that nobody changes: whatever is written there is written without a reason. */
async function quietCorner(): Promise<Quiet> {
  const namespace = await plane.namespace("quiet");
  const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const objects = names.flatMap((name) => [
    pod(name, { app: name, [`netpol/${name}`]: "true" }),
    serviceAccess(name, {
      target: { podSelector: { matchLabels: { app: name } } },
      ports: [{ port: 80 }],
      permits: { dns: false },
    }),
  ]);
  await plane.apply(...inNamespace(namespace, ...objects));
  await eventually(async () => (await reads.accesses(namespace)).every(isReady), {
    what: "the quiet corner",
  });
  // A pod that comes to run is news for the status once more.
  await delay(5_000);
  return { namespace, policies: await versions(namespace), writesBefore: writesIn(namespace).length };
}

async function versions(namespace: string): Promise<Readonly<Record<string, string>>> {
  const policies = await reads.policies(namespace);
  return Object.fromEntries(policies.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
}

function writesIn(namespace: string): readonly string[] {
  return proxy.asked.filter((asked) => isWrite(asked) && asked.namespace === namespace).map(inWords);
}

function inWords({ verb, plural, subresource, name }: Asked): string {
  return `${verb} ${plural}${subresource === "" ? "" : `/${subresource}`} ${name}`;
}

test.runIf(hasControllers)(
  "after all the changes everything is as if the operator saw the cluster for the first time",
  async () => {
    // Objects of other tests remember names, kinds and a DNS that are no longer there.
    const { made, fresh } = await settled(plane, 120_000, [...people.namespaces, quiet.namespace]);
    expect(Object.keys(fresh.statuses).length).toBeGreaterThan(5);
    expect(made).toEqual(fresh);
  },
);

test("every policy that was deleted was one that nobody asked for", () => {
  const { verdicts } = witness;
  const early = verdicts.filter(({ wantedFor = 0 }) => wantedFor > 0);
  const longest = Math.max(0, ...early.map(({ wantedFor = 0 }) => wantedFor));
  figure(
    `${verdicts.length} deletions; ${early.length} of what was asked for again by then, for ${longest} ms at most`,
  );
  expect(verdicts.length).toBeGreaterThan(0);
  expect(verdicts.filter(({ wantedFor = 0 }) => wantedFor > unheardMs)).toEqual([]);
});

test("where nothing happened nothing was written", async () => {
  expect(Object.keys(quiet.policies)).toHaveLength(16);
  expect(await versions(quiet.namespace)).toEqual(quiet.policies);
  expect(writesIn(quiet.namespace).slice(quiet.writesBefore)).toEqual([]);
});

test("no policy of anybody else was written or deleted", async () => {
  const left = (await reads.policies()).filter((policy) => !isOwned(policy));
  const versions = new Map(
    left.map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion]),
  );
  expect(people.foreign.size).toBeGreaterThan(0);
  const lost = [...people.foreign].filter(([key, version]) => versions.get(key) !== version);
  expect(lost).toEqual([]);
});

/** A write that came too late, and what the proxy does to those that came in time. */
const foreseen = [
  /Operation cannot be fulfilled/,
  /does not surely hold the lease/,
  // A refusal that was cut off before it said why.
  /the server answered \d+/,
  /by the fault proxy/,
  /ECONNREFUSED|ECONNRESET|EPIPE|other side closed|socket hang up|terminated|TLS connection/,
  /Unexpected end of JSON|no answer in time|not valid JSON|Unterminated string|Expected .* in JSON/,
];

test("nothing failed but what was to be expected", () => {
  const failures = operators.lines().filter(({ msg }) => msg === "reconcile failed");
  // While an event is lost, each further change makes the operator try what cannot be: until the next list.
  const inARow = Math.max(0, ...failures.map((line) => line.failures ?? 0));
  figure(`${failures.length} turns failed and were repeated, one of them ${inARow} times`);
  const strange = failures.filter(({ error = "" }) => !foreseen.some((known) => known.test(error)));
  expect(strange).toEqual([]);
});

/** Whoever cannot renew its Lease must end, and whoever is asked to end has its time for it. */
const ends = ["lost the lease", "did not stop in time", "cannot start"];

test("no operator made a mistake, and none was refused for want of a right", () => {
  const bad = operators
    .lines()
    .filter(({ level, error = "" }) => level === "error" || /forbidden/i.test(error));
  expect(bad.filter(({ msg }) => !ends.includes(msg))).toEqual([]);
});
