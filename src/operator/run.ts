import { messageOf } from "../kube/api-error.ts";
import { createClient } from "../kube/client.ts";
import { systemClock } from "../kube/clock.ts";
import { createCluster, type KubeCluster } from "../kube/cluster.ts";
import { loadKubeConfig } from "../kube/kubeconfig.ts";
import type { Log } from "../kube/log.ts";
import { createTransport } from "../kube/transport.ts";
import { createWatches, type Watches } from "../kube/watches.ts";
import type { ObjectKey } from "../model/key.ts";
import { affectedBy, isOwn } from "../reconciler/affected.ts";
import { reconcile } from "../reconciler/reconcile.ts";
import { type Change, createStore, type Store } from "../reconciler/store.ts";
import { AccessOperator, type OperatorParts } from "./framework.ts";
import { type HealthServer, serveHealth } from "./health.ts";
import { WorkQueue } from "./queue.ts";
import { accessDecoder } from "./schema.ts";
import type { Settings } from "./settings.ts";
import { told } from "./told.ts";

export interface Running {
  /** Resolves when everything is known and work has begun; rejects when that cannot be. */
  readonly started: Promise<void>;
  /** Where health is served; undefined: nowhere. */
  readonly healthPort: number | undefined;
  /** Ends the watches, lets the work under way come to its end, and closes every connection. */
  readonly shutdown: () => Promise<void>;
}

/** The whole operator in this process. */
export async function startOperator(settings: Settings, log: Log): Promise<Running> {
  const kubeConfig = loadKubeConfig(settings);
  const client = createClient(createTransport(kubeConfig));
  const store = createStore();
  const clock = systemClock;
  const watches = createWatches({ client, store, log, clock, decodeServiceAccess: accessDecoder() });
  const cluster = told(createCluster({ client, store, watches }), log);
  const queue: WorkQueue = new WorkQueue({
    concurrency: settings.concurrency,
    clock,
    log,
    run: (key) => bring(key, { watches, cluster, log, comeBack: (later) => queue.addAfter(key, later) }),
  });
  const operator = newOperator({
    kubeConfig,
    client,
    watches,
    log,
    onChange: (change) => concern(change, store, queue),
    onSynced: () => begin(watches, store, queue, log),
    onStop: () => queue.drain(),
  });
  watches.listenInvalid((key) => queue.add(key));
  const health = await healthOf(settings, { watches, queue, clock });
  log.info({ server: kubeConfig.getCurrentCluster()?.server, health: health?.port }, "starting");
  return {
    started: operator.start(),
    healthPort: health?.port,
    shutdown: async () => {
      await operator.shutdown();
      await health?.close();
      await client.close();
    },
  };
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

interface Means {
  readonly watches: Watches;
  readonly cluster: KubeCluster;
  readonly log: Log;
  readonly comeBack: (milliseconds: number) => void;
}

/** Nothing tells us when a right was granted or a quota raised: what was refused is tried again now and then. */
const TRY_AGAIN = 5 * 60_000;

/** One turn of one object. Throws what may pass by itself; the queue comes back to it. */
async function bring(key: ObjectKey, { watches, cluster, log, comeBack }: Means): Promise<void> {
  const invalid = watches.invalid(key);
  // Nobody can say what it asks, so its policies stay as they are.
  if (invalid !== undefined) return await cluster.writeInvalid(invalid, new Date());
  const outcome = await reconcile(key, cluster, () => new Date());
  log.debug({ ...key, outcome }, "reconciled");
  if (outcome === "waiting") comeBack(TRY_AGAIN);
}

/** What comes in a burst, a rollout or a node that goes, is looked at once, a moment later. */
const BURST = 100;

function concern(change: Change, store: Store, queue: WorkQueue): void {
  // Until everything is known there is no work, and then all of it is.
  if (!queue.isOpen) return;
  for (const key of affectedBy(change, store)) {
    // A policy that somebody opened must not wait until all statuses are worked out.
    if (isOwn(change, key)) queue.add(key, "first");
    else queue.addAfter(key, BURST);
  }
}

function begin({ reflectors }: Watches, { world }: Store, queue: WorkQueue, log: Log): void {
  for (const { metadata } of world.accesses.values()) {
    queue.add({ namespace: metadata.namespace, name: metadata.name });
  }
  queue.open();
  log.info({ resources: reflectors.length, accesses: world.accesses.size }, "synced");
}

async function healthOf(
  { health }: Settings,
  sources: Parameters<typeof serveHealth>[1],
): Promise<HealthServer | undefined> {
  return health === undefined ? undefined : await serveHealth(health, sources);
}
