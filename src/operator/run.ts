import { messageOf } from "../kube/api-error.ts";
import { systemClock } from "../kube/clock.ts";
import { createCluster } from "../kube/cluster.ts";
import type { Log } from "../kube/log.ts";
import { createWatches, type Watches } from "../kube/watches.ts";
import { affectedBy } from "../reconciler/affected.ts";
import type { Cluster } from "../reconciler/cluster.ts";
import { farewellOf } from "../reconciler/farewell.ts";
import { type Change, createStore, type Store } from "../reconciler/store.ts";
import { connect } from "./connection.ts";
import { AccessOperator, type OperatorParts } from "./framework.ts";
import { createInstruments } from "./instruments.ts";
import { serveObservers } from "./observed.ts";
import { WorkQueue } from "./queue.ts";
import { followNames } from "./follow-names.ts";
import { accessDecoder } from "./schema.ts";
import type { Settings } from "./settings.ts";
import { told } from "./told.ts";
import { createTurns } from "./turns.ts";
import { VERSION } from "./version.ts";
import { createWork } from "./work.ts";

export interface Running {
  /** Resolves when everything is known and work has begun; rejects when that cannot be. */
  readonly started: Promise<void>;
  /** Resolves with the reason when another operator may be the one that writes: then this process must end. */
  readonly lost: Promise<string>;
  /** Ends the watches, lets the work under way come to its end, and closes every connection. */
  readonly shutdown: () => Promise<void>;
}

/** The whole operator in this process. */
export async function startOperator(settings: Settings, log: Log): Promise<Running> {
  const clock = systemClock;
  const instruments = createInstruments();
  const { kubeConfig, client, election, identity, ...to } = connect({ settings, instruments, clock, log });
  const store = createStore(settings.profile, settings.platform, settings.networkProfile);
  const [decodeServiceAccess, { patience, concurrency }] = [accessDecoder(), settings];
  const watches = createWatches({ client, store, log, clock, decodeServiceAccess, patience });
  const cluster = told(createCluster({ client, store, watches, tell: to.tell }), log, instruments.told);
  const queue: WorkQueue = new WorkQueue({
    concurrency,
    clock,
    log,
    run: createTurns({ watches, cluster, log, instruments, queue: () => queue }),
  });
  const news = (change: Change) => concern(change, store, queue);
  const names = followNames({ settings: settings.names, store, clock, log, onChange: news });
  const work = createWork({ queue, names, cluster, clock, log });
  const operator = newOperator({
    kubeConfig,
    client,
    watches,
    log,
    onChange: (change) => {
      bidFarewell(change, watches, cluster);
      names.follow(change);
      news(change);
    },
    onSynced: () => {
      log.info({ resources: watches.reflectors.length, accesses: store.world.accesses.size }, "synced");
      void election.join().then(work.begin);
    },
    onStop: work.end,
  });
  watches.listenInvalid((key) => queue.add(key));
  const sources = { watches, queue, store, clock, leadership: election, version: VERSION };
  const observed = await serveObservers(settings, instruments, sources);
  const [server, profile] = [kubeConfig.getCurrentCluster()?.server, settings.profile.name];
  log.info({ version: VERSION, profile, identity, server, ...observed.ports }, "starting");
  return {
    started: operator.start(),
    lost: election.lost,
    shutdown: () => inTurn(() => operator.shutdown(), observed.close, to.close),
  };
}

async function inTurn(...steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}

/** The framework looks for a kubeconfig of its own before it takes ours, and fails where it finds a bad one. */
function newOperator(parts: OperatorParts): AccessOperator {
  try {
    return new AccessOperator(parts);
  } catch (error) {
    const remedy =
      "set KUBECONFIG to a file with a current context, besides what --kubeconfig and --context say";
    throw new Error(`the default kubeconfig cannot be used: ${messageOf(error)}; ${remedy}`, {
      cause: error,
    });
  }
}

/** An object that cannot be read any more is still there, and so are its policies. */
function bidFarewell(change: Change, { invalid }: Watches, cluster: Cluster): void {
  const farewell = farewellOf(change, cluster.store.world);
  if (farewell !== undefined && invalid(farewell.access) === undefined) cluster.tell(farewell);
}

/** What comes in a burst, a rollout or a node that goes, is looked at once, a moment later. */
const BURST = 100;

function concern(change: Change, store: Store, queue: WorkQueue): void {
  // Until everything is known there is no work, and then all of it is.
  if (!queue.isOpen) return;
  for (const { key, lane } of affectedBy(change, store)) {
    // A policy that somebody opened must not wait until all statuses are worked out.
    if (lane === "first") queue.add(key, lane);
    else queue.addAfter(key, BURST, lane);
  }
}
