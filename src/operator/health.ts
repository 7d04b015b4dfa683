import type { Clock } from "../kube/clock.ts";
import type { Reflector } from "../kube/reflector.ts";
import type { Watches } from "../kube/watches.ts";
import type { Store } from "../reconciler/store.ts";
import type { Leadership } from "./leader.ts";
import { jsonPage, type Page, type Pages } from "./pages.ts";
import type { WorkQueue } from "./queue.ts";

export interface HealthSources {
  readonly watches: Pick<Watches, "unreadable" | "isSynced"> & {
    readonly reflectors: readonly Pick<Reflector, "resource" | "isSynced" | "lastEvent" | "trouble">[];
  };
  readonly queue: Pick<WorkQueue, "isOpen" | "size" | "look">;
  readonly leadership: Pick<Leadership, "isLeading">;
  readonly store: Pick<Store, "evaluator">;
  readonly clock: Clock;
}

/** A turn has at most a few requests, each with a limit; one that takes longer waits for something that never comes. */
const STUCK = 5 * 60_000;

/** A watch hears a bookmark about once a minute, and is begun again after a longer silence. */
const STALE = 3 * 60_000;

/**
 * `/livez` fails when only a restart can help: a turn that never ends. (Whoever gets no answer at all knows as much.)
 * `/readyz` answers 200 while everything is known and fresh: then this process works, or could at once. Both say why not.
 */
export function healthPages(sources: HealthSources): Pages {
  return { "/livez": () => liveness(sources), "/readyz": () => readiness(sources) };
}

function liveness({ queue }: HealthSources): Page {
  const { longestRunning } = queue.look();
  if (longestRunning < STUCK) return jsonPage(200, { status: "alive" });
  const seconds = Math.round(longestRunning / 1000);
  return jsonPage(500, { status: `stuck: one turn has been running for ${seconds} seconds` });
}

function readiness(sources: HealthSources): Page {
  const { watches, queue, clock } = sources;
  const trouble = troubleOf(sources);
  const watched = watches.reflectors.map(({ resource, isSynced, lastEvent, trouble }) => ({
    resource: resource.plural,
    synced: isSynced,
    secondsSinceLastEvent: Math.round((clock.now() - lastEvent) / 1000),
    trouble,
  }));
  return jsonPage(trouble === undefined ? 200 : 503, {
    status: trouble ?? (queue.isOpen ? "ready" : "standing by"),
    leading: sources.leadership.isLeading(),
    profile: sources.store.evaluator().profile.name,
    watched,
    queue: queue.size(),
    unreadable: watches.unreadable().map(({ kind, name }) => `${kind} ${name}`),
  });
}

function troubleOf({ watches, clock }: HealthSources): string | undefined {
  if (!watches.isSynced()) return "waiting for the first lists";
  const stale = watches.reflectors
    .filter(({ lastEvent }) => clock.now() - lastEvent > STALE)
    .map(({ resource }) => resource.plural);
  return stale.length === 0 ? undefined : `nothing is heard of ${stale.join(", ")}`;
}
