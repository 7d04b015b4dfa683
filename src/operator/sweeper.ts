import { messageOf } from "../kube/api-error.ts";
import type { Clock } from "../kube/clock.ts";
import type { Log } from "../kube/log.ts";
import type { Cluster } from "../reconciler/cluster.ts";
import { orphansIn, sweep } from "../reconciler/orphans.ts";

export interface SweeperOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

/** Half an hour, and up to a tenth of it more or less, so that several operators do not do it at the same time. */
const NOW_AND_THEN = 30 * 60_000;

/**
 * Looks at once, and then now and then, for permits whose object is gone; only to be begun when everything is known.
 * Answers with how to end it, which waits for what is under way.
 */
export function sweepNowAndThen(options: SweeperOptions): () => Promise<void> {
  const { cluster, clock, log, random = Math.random } = options;
  let isOver = false;
  let cancel: () => void = doNothing;
  const look = async (): Promise<void> => {
    await sweepOnce(cluster, log);
    if (isOver) return;
    cancel = clock.after(NOW_AND_THEN * (0.9 + 0.2 * random()), () => void (latest = look()));
  };
  let latest = look();
  return async () => {
    isOver = true;
    cancel();
    await latest;
  };
}

function doNothing(): void {
  return undefined;
}

/** What fails is tried again the next time: nobody waits for it. */
async function sweepOnce(cluster: Cluster, log: Log): Promise<void> {
  const orphans = orphansIn(cluster.store.world);
  if (orphans.length === 0) return;
  try {
    const refusals = await sweep(orphans, cluster);
    log.info({ orphans: orphans.length, refused: refusals.length }, "swept");
  } catch (error) {
    log.warn({ orphans: orphans.length, error: messageOf(error) }, "not swept");
  }
}
