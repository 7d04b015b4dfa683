import { messageOf } from "./api-error.ts";
import { exponentialBackoff } from "./backoff.ts";
import type { ApiClient } from "./client.ts";
import { type Clock, sleep } from "./clock.ts";
import { servedResources } from "./discovery.ts";
import type { Log } from "./log.ts";
import type { Reflector } from "./reflector.ts";
import type { Resource } from "./resources.ts";

export interface OptionalWatchesOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly newReflector: (resource: Resource) => Reflector;
}

/** Watches of what only some clusters have; they begin and end as the cluster comes to serve it, or no longer does. */
export interface OptionalWatches {
  readonly reflectors: () => readonly Reflector[];
  /** Resolves when it is known what the cluster has, and that was listed once. */
  readonly synced: Promise<void>;
  /** Until the signal aborts; never throws. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** Definitions come and go rarely, and to ask costs next to nothing. */
const ASK_AGAIN = 60_000;

const FIRST_WAIT = 800;
const LONGEST_WAIT = 30_000;

interface Running {
  readonly reflector: Reflector;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  /** Whether it was served when last asked. */
  isServed: boolean;
}

export function createOptionalWatches(options: OptionalWatchesOptions): OptionalWatches {
  const { client, clock, log } = options;
  const running = new Map<Resource, Running>();
  const known = Promise.withResolvers<void>();
  // Nobody has to be waiting for it.
  known.promise.catch(() => undefined);
  const backoff = exponentialBackoff(FIRST_WAIT, LONGEST_WAIT);
  return {
    reflectors: () => [...running.values()].map(({ reflector }) => reflector),
    synced: known.promise,
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          await follow(await servedResources(client, signal), running, options, signal);
          void allListed(running).then(known.resolve);
          backoff.reset();
          await sleep(clock, ASK_AGAIN, signal);
        } catch (error) {
          if (signal.aborted) break;
          log.warn({ error: messageOf(error) }, "cannot tell which kinds the cluster has");
          await sleep(clock, backoff.next(), signal);
        }
      }
      known.reject(new Error("stopped before it was known which kinds the cluster has"));
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

/** Begins what is new; ends what was not served twice in a row, for an API server that starts up knows less for a moment. */
async function follow(
  served: readonly Resource[],
  running: Map<Resource, Running>,
  { newReflector, log }: OptionalWatchesOptions,
  signal: AbortSignal,
): Promise<void> {
  for (const resource of served) {
    const known = running.get(resource);
    if (known === undefined) {
      running.set(resource, begun(newReflector(resource), signal));
      log.info({ resource: resource.plural }, "watching what the cluster has come to serve");
    } else known.isServed = true;
  }
  for (const [resource, known] of running) {
    if (served.includes(resource)) continue;
    if (known.isServed) known.isServed = false;
    else {
      running.delete(resource);
      await end(known);
      log.info({ resource: resource.plural }, "no longer served");
    }
  }
}

function begun(reflector: Reflector, signal: AbortSignal): Running {
  const stop = new AbortController();
  const ended = reflector.run(AbortSignal.any([signal, stop.signal]));
  return { reflector, stop, ended, isServed: true };
}

async function end({ reflector, stop, ended }: Running): Promise<void> {
  stop.abort();
  await ended;
  reflector.forget();
}

/** What is ended before it was listed is not waited for. */
async function allListed(running: ReadonlyMap<Resource, Running>): Promise<void> {
  await Promise.all([...running.values()].map(({ reflector }) => reflector.synced.catch(() => undefined)));
}
