import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";

import { hasControllers, plane } from "../control-plane/plane.ts";
import { readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";
import { type Chaos, chaos, isOwned } from "./chaos.ts";
import { settled } from "./fresh.ts";

/** How long the changes go on, and which ones: `SOAK_SEED=7 SOAK_SECONDS=600 npm run e2e`. */
const seconds = Number(process.env["SOAK_SECONDS"] ?? 90);
const seed = Number(process.env["SOAK_SEED"] ?? Date.now() % 2 ** 31);

/** The operator is ended now and then, in one way or the other, and misses what happens meanwhile. */
const lifeMs = 13_000;
/** Between two changes, so that the API server and the operator both get a word in. */
const pauseMs = 5;

const reads = readsOf(plane.api);
const operator = stage(plane);
let people: Chaos;

beforeAll(
  async () => {
    process.stdout.write(`soak: SOAK_SEED=${seed} SOAK_SECONDS=${seconds}\n`);
    people = await chaos(plane, seed);
    const end = Date.now() + seconds * 1000;
    for (let life = 0; Date.now() < end; life += 1) {
      await changesUntil(Math.min(end, Date.now() + lifeMs));
      await operator.restart(life % 2 === 0 ? "SIGKILL" : "SIGTERM", () => changesUntil(Date.now() + 1_000));
    }
    await people.calm();
    const counts = [...people.done].map(([name, count]) => `${name} ${count}`);
    operator.figure(`changes in ${seconds} s: ${counts.toSorted().join(", ")}`);
  },
  (seconds + 120) * 1000,
);

async function changesUntil(end: number): Promise<void> {
  while (Date.now() < end) {
    await people.step();
    await delay(pauseMs);
  }
}

test.runIf(hasControllers)(
  "after all the changes everything is as if the operator saw the cluster for the first time",
  async () => {
    const { made, fresh } = await settled(plane, 60_000);
    expect(Object.keys(fresh.statuses).length).toBeGreaterThan(5);
    expect(made).toEqual(fresh);
  },
);

test("no policy of anybody else was written or deleted", async () => {
  const left = (await reads.policies()).filter((policy) => !isOwned(policy));
  const versions = new Map(
    left.map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion]),
  );
  expect(people.foreign.size).toBeGreaterThan(0);
  const lost = [...people.foreign].filter(([key, version]) => versions.get(key) !== version);
  expect(lost).toEqual([]);
});

test("nothing failed but what was to be expected while others write the same objects", () => {
  const failures = operator.lines().filter(({ msg }) => msg === "reconcile failed");
  operator.figure(`${failures.length} turns failed and were repeated`);
  const strange = failures.filter(({ error = "" }) => !error.includes("Operation cannot be fulfilled"));
  expect(strange).toEqual([]);
  // Who meets the same obstacle again and again believes in something that is not there.
  expect(failures.filter((line) => (line.failures ?? 0) > 8)).toEqual([]);
});
