import { expect, test } from "vitest";
import { ownershipLabels } from "../generator/names.ts";
import { type InMemoryCluster, inMemoryCluster } from "../reconciler/in-memory.ts";
import { fakeClock, settled } from "../testing/fake-clock.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { policyOf } from "../testing/small-world.ts";
import { sweepNowAndThen } from "./sweeper.ts";

const MINUTE = 60_000;

function leave(cluster: InMemoryCluster, name: string): void {
  const policy = policyOf(`a/${name}`, { podSelector: {} });
  const labels = ownershipLabels({ namespace: "shop", name: "gone", uid: "1" }, "permits");
  cluster.store.put({
    kind: "NetworkPolicy",
    object: { ...policy, metadata: { ...policy.metadata, labels } },
  });
}

test("orphans are swept at once, and every half an hour or so until it ends", async () => {
  const [cluster, clock, log] = [inMemoryCluster(), fakeClock(), recordedLog()];
  leave(cluster, "first");
  const end = sweepNowAndThen({ cluster, clock, log, random: () => 0.5 });
  await settled();
  expect(cluster.changes).toEqual(["remove a/first"]);
  leave(cluster, "second");
  await clock.pass(29 * MINUTE);
  expect(cluster.changes).toHaveLength(1);
  await clock.pass(MINUTE);
  expect(cluster.changes).toEqual(["remove a/first", "remove a/second"]);
  await end();
  expect(clock.waits()).toEqual([]);
  expect(log.entries).toEqual(["info swept", "info swept"]);
});

test("a sweep that fails is done again the next time", async () => {
  const [memory, clock, log] = [inMemoryCluster(), fakeClock(), recordedLog()];
  leave(memory, "first");
  let isDown = true;
  const isGone = () => (isDown ? Promise.reject(new Error("no answer")) : Promise.resolve(true));
  const end = sweepNowAndThen({ cluster: { ...memory, isGone }, clock, log, random: () => 0.5 });
  await settled();
  isDown = false;
  await clock.pass(30 * MINUTE);
  expect(memory.changes).toEqual(["remove a/first"]);
  expect(log.entries).toEqual(["warn not swept", "info swept"]);
  await end();
});
