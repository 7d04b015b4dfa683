import type { Clock } from "../kube/clock.ts";
import type { Log } from "../kube/log.ts";
import type { Cluster } from "../reconciler/cluster.ts";
import type { Names } from "./names.ts";
import type { WorkQueue } from "./queue.ts";
import { sweepNowAndThen } from "./sweeper.ts";

export interface WorkParts {
  readonly queue: WorkQueue;
  readonly names: Pick<Names, "begin" | "end">;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
}

/** The work of whoever leads: until then the queue is closed. */
export interface Work {
  /** Looks at every object that there is; what has ended before does not begin. */
  readonly begin: () => void;
  /** Lets what is under way come to its end. */
  readonly end: () => Promise<void>;
}

export function createWork({ queue, names, cluster, clock, log }: WorkParts): Work {
  let isOver = false;
  let endSweeps: (() => Promise<void>) | undefined;
  return {
    begin: () => {
      if (isOver) return;
      names.begin();
      for (const { metadata } of cluster.store.world.accesses.values()) {
        queue.add({ namespace: metadata.namespace, name: metadata.name });
      }
      queue.open();
      endSweeps = sweepNowAndThen({ cluster, clock, log });
    },
    end: async () => {
      isOver = true;
      names.end();
      await Promise.all([queue.drain(), endSweeps?.()]);
    },
  };
}
