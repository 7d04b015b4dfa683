import { keyText, type ObjectKey } from "../model/key.ts";
import type { Problem } from "../model/problem.ts";
import { unreadableKey } from "../model/world.ts";
import type { Change, Store } from "../reconciler/store.ts";
import type { ApiClient } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { invalidAccess, type InvalidAccess } from "./invalid-access.ts";
import type { Log } from "./log.ts";
import type { Handler } from "./mirror.ts";
import { type Meta, nameOf, received, type Received } from "./received.ts";
import { createOptionalWatches } from "./optional-watches.ts";
import { type Patience, PATIENCE } from "./patience.ts";
import { Reflector } from "./reflector.ts";
import { KNOWN_RESOURCES, queryOf, type Resource, SERVICE_ACCESSES } from "./resources.ts";
import { type AccessDecoder, decodeStored, storedKey, storedKind, unreadStored } from "./stored.ts";

export interface WatchesOptions {
  readonly client: ApiClient;
  readonly store: Store;
  readonly decodeServiceAccess: AccessDecoder;
  readonly log: Log;
  readonly clock?: Clock;
  readonly patience?: Patience;
}

/** Called after the store has changed, by whatever the API showed or answered. */
export type ChangeListener = (change: Change, meta: Meta) => void;

/** Everything we know of the cluster, kept current in the store. */
export interface Watches {
  readonly reflectors: readonly Reflector[];
  /** Resolves when every resource that the cluster has was listed once: before that, what is missing may only be unknown. */
  readonly synced: Promise<void>;
  readonly isSynced: () => boolean;
  readonly listen: (resource: Resource, listener: ChangeListener) => void;
  /** Called when a ServiceAccess turns out to be one that cannot be read. */
  readonly listenInvalid: (listener: (key: ObjectKey) => void) => void;
  readonly invalid: (key: ObjectKey) => InvalidAccess | undefined;
  /** Objects that the API has and we cannot read: what depends on them is not known, and must be said. */
  readonly unreadable: () => readonly Unreadable[];
  /** What the API answered to a write of ours: it is in the store when this returns. */
  readonly wrote: (resource: Resource, raw: unknown) => void;
  /** What the API removed for us. */
  readonly removed: (resource: Resource, meta: Meta) => void;
  /** Until the signal aborts; never throws. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export interface Unreadable {
  readonly kind: string;
  readonly name: string;
  readonly problems: readonly Problem[];
}

export function createWatches(options: WatchesOptions): Watches {
  const { client, log, clock = systemClock, patience = PATIENCE } = options;
  const room = emptyRoom();
  const newReflector = (resource: Resource) =>
    new Reflector({
      client,
      resource,
      query: queryOf(resource, options.store.world.platform),
      log,
      clock,
      patience,
      handler: handlerFor(resource, options, room),
    });
  const reflectors = KNOWN_RESOURCES.map(newReflector);
  const optional = createOptionalWatches({ client, clock, log, newReflector });
  const present = (): readonly Reflector[] => [...reflectors, ...optional.reflectors()];
  const reflectorOf = (resource: Resource) => present().find((reflector) => reflector.resource === resource);
  let isSynced = false;
  const synced = Promise.all([...reflectors.map((reflector) => reflector.synced), optional.synced]).then(
    () => void (isSynced = true),
  );
  // Nobody has to be waiting for it.
  synced.catch(() => undefined);
  return {
    get reflectors() {
      return present();
    },
    synced,
    isSynced: () => isSynced,
    listen: (resource, listener) => void room.listeners.push({ resource, listener }),
    listenInvalid: (listener) => void room.invalidListeners.push(listener),
    invalid: (key) => room.invalid.get(keyText(key)),
    unreadable: () => [...room.unreadable.values()],
    wrote: (resource, raw) => {
      const object = received(resource, raw);
      if (object !== undefined) reflectorOf(resource)?.wrote(object);
    },
    removed: (resource, meta) => reflectorOf(resource)?.removed(meta),
    run: async (signal) => {
      await Promise.all([...reflectors.map((reflector) => reflector.run(signal)), optional.run(signal)]);
    },
  };
}

/** What the handlers of all resources share. */
type Room = ReturnType<typeof emptyRoom>;

function emptyRoom() {
  return {
    listeners: new Array<{ readonly resource: Resource; readonly listener: ChangeListener }>(),
    invalidListeners: new Array<(key: ObjectKey) => void>(),
    unreadable: new Map<string, Unreadable>(),
    invalid: new Map<string, InvalidAccess>(),
  };
}

function handlerFor(resource: Resource, options: WatchesOptions, room: Room): Handler {
  const { store, decodeServiceAccess, log } = options;
  const tell = (change: Change | undefined, meta: Meta) => {
    if (change === undefined) return;
    for (const { resource: wanted, listener } of room.listeners) {
      if (wanted === resource) listener(change, meta);
    }
  };
  const remove = (meta: Meta) => tell(store.remove(storedKind(resource), storedKey(resource, meta)), meta);
  const forget = (meta: Meta) => {
    if (room.unreadable.delete(`${resource.kind} ${nameOf(meta)}`))
      tell(store.remove("Unreadable", unreadableKey({ kind: resource.kind, ...meta })), meta);
    if (resource === SERVICE_ACCESSES) room.invalid.delete(keyText(meta));
  };
  return {
    put: (object) => {
      const result = decodeStored(resource, object.raw, decodeServiceAccess);
      if (result.kind === "decoded") {
        forget(object.meta);
        tell(store.put(result.value), object.meta);
        return;
      }
      refuse(resource, object, result.problems, room, log);
      // What it said before is no longer true, so it must not be answered from any more.
      remove(object.meta);
      // Of a ServiceAccess nothing depends but its own policies.
      if (resource !== SERVICE_ACCESSES)
        tell(store.put(unreadStored(resource, object, result.problems)), object.meta);
    },
    remove: (meta) => {
      forget(meta);
      remove(meta);
    },
  };
}

function refuse(
  { kind, plural }: Resource,
  object: Received,
  problems: readonly Problem[],
  room: Room,
  log: Log,
): void {
  const { namespace, name } = object.meta;
  room.unreadable.set(`${kind} ${nameOf(object.meta)}`, { kind, name: nameOf(object.meta), problems });
  log.error({ kind, namespace, name, problems }, "object cannot be read");
  if (plural !== SERVICE_ACCESSES.plural) return;
  room.invalid.set(keyText(object.meta), invalidAccess(object, problems));
  for (const listener of room.invalidListeners) listener({ namespace, name });
}
