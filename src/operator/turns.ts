import { setImmediate as nextRound } from "node:timers/promises";
import type { KubeCluster } from "../kube/cluster.ts";
import type { Log } from "../kube/log.ts";
import type { Watches } from "../kube/watches.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import { isLeaving, letGo } from "../reconciler/leaving.ts";
import { program } from "../reconciler/program.ts";
import { report } from "../reconciler/report.ts";
import type { Instruments } from "./instruments.ts";
import type { Turn } from "./lanes.ts";
import type { WorkQueue } from "./queue.ts";

export interface Means {
  readonly watches: Pick<Watches, "invalid">;
  readonly cluster: KubeCluster;
  readonly log: Log;
  readonly instruments: Pick<Instruments, "turned" | "evaluated">;
  readonly queue: () => Pick<WorkQueue, "add" | "addAfter">;
}

/** Nothing tells us when a right was granted or a quota raised: what was refused is tried again now and then. */
const TRY_AGAIN = 5 * 60_000;

/** What is done in the turns of an object. They throw what may pass by itself; the queue comes back to it. */
export function createTurns(means: Means): (key: ObjectKey, turn: Turn) => Promise<void> {
  const giveWay = slices();
  const take = async (key: ObjectKey, turn: Turn): Promise<string> => {
    if (turn === "program") return await programTurn(key, means);
    await giveWay();
    return await statusTurn(key, means);
  };
  return async (key, turn) => {
    const begun = performance.now();
    let outcome = "failed";
    try {
      outcome = await take(key, turn);
    } finally {
      means.instruments.turned(turn, outcome, performance.now() - begun);
    }
  };
}

async function programTurn(key: ObjectKey, { watches, cluster, queue }: Means): Promise<string> {
  const invalid = watches.invalid(key);
  if (isLeaving(invalid)) {
    const left = await letGo(invalid, cluster, new Date());
    if (left.length > 0) queue().addAfter(key, TRY_AGAIN);
    return "leaving";
  }
  // Nobody can say what it asks, so its policies stay as they are.
  if (invalid !== undefined) {
    await cluster.writeInvalid(invalid, new Date());
    return "invalid";
  }
  const outcome = await program(key, cluster, () => new Date());
  if (outcome === "absent") return outcome;
  queue().add(key, "status");
  const { guard, failure } = cluster.store.programmed.get(keyText(key)) ?? {};
  if (failure !== undefined) throw failure;
  if (guard?.again !== undefined) queue().addAfter(key, guard.again);
  return outcome;
}

async function statusTurn(key: ObjectKey, { cluster, log, instruments, queue }: Means): Promise<string> {
  const begun = performance.now();
  const reported = report(key, cluster, () => new Date());
  // It is worked out before anything is waited for.
  instruments.evaluated(performance.now() - begun);
  const outcome = await reported;
  log.debug({ ...key, outcome }, "reconciled");
  if (outcome === "unprogrammed") queue().add(key);
  if (outcome === "waiting") queue().addAfter(key, TRY_AGAIN);
  return outcome;
}

/**
 * Working a status out takes the whole process for some milliseconds. One at a time, with whatever came in from the
 * network looked at in between: the repair of a policy does not wait for all statuses.
 */
function slices(): () => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return async () => {
    const mine = last.then(() => nextRound());
    last = mine;
    await mine;
  };
}
