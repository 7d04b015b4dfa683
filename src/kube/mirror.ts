import type { Clock } from "./clock.ts";
import { isNewer, type Meta, nameOf, type Received } from "./received.ts";

/** Who wants to know what a collection holds. */
export interface Handler {
  /** New or changed. */
  readonly put: (object: Received) => void;
  readonly remove: (meta: Meta) => void;
}

/**
 * Knows of every object which version was handed on, and hands on only what differs: a list read again is a handful
 * of changes, never everything removed and put back.
 */
export interface Mirror {
  /** What a list or a watch shows. */
  readonly put: (object: Received) => void;
  /** What the API answered to a write of ours; ignored where the watch was faster. */
  readonly wrote: (object: Received) => void;
  readonly remove: (meta: Meta) => void;
  /** Everything up to this version has been handed on. */
  readonly reached: (version: string) => void;
  /** A list is asked for: it may show the moment before any write that is answered from now on. */
  readonly listing: () => void;
  /** Removes what a complete list as of `version` did not show. */
  readonly keepOnly: (shown: ReadonlySet<string>, version: string) => void;
}

/** How long our own write outranks older news of the same object; news later than that is no longer on its way. */
const NEWS_ON_THE_WAY = 10_000;

interface Known {
  readonly meta: Meta;
  /** When we wrote this version ourselves; undefined for what was read. */
  readonly wrote: number | undefined;
}

export function createMirror(handler: Handler, clock: Clock): Mirror {
  const known = new Map<string, Known>();
  const position = newest();
  const { isOlderNews, listing, listed } = ownWrites(clock);

  const accept = (object: Received, wrote: number | undefined) => {
    const before = known.get(nameOf(object.meta));
    known.set(nameOf(object.meta), { meta: object.meta, wrote });
    // Deleted and made again while nobody looked: another object, though it has the name.
    if (before !== undefined && before.meta.uid !== object.meta.uid) handler.remove(before.meta);
    handler.put(object);
  };

  const drop = ({ meta }: Known) => known.delete(nameOf(meta)) && handler.remove(meta);

  return {
    put: (object) => {
      const before = known.get(nameOf(object.meta));
      if (before !== undefined && isSame(before.meta, object.meta)) return;
      if (before !== undefined && isOlderNews(before, object.meta.resourceVersion)) return;
      accept(object, undefined);
    },
    wrote: (object) => {
      const before = known.get(nameOf(object.meta));
      // A watch that began before its kind was defined anew still leaves out what was not defined then; an answer does not.
      if (before !== undefined && isSame(before.meta, object.meta)) return accept(object, clock.now());
      // The watch was faster, and may have told the end of the object as well.
      if (position.covers(object.meta.resourceVersion)) return;
      if (before !== undefined && isNewer(before.meta.resourceVersion, object.meta.resourceVersion)) return;
      accept(object, clock.now());
    },
    remove: (meta) => {
      const before = known.get(nameOf(meta));
      // The end of an object whose successor is known already is old news.
      if (before === undefined) return;
      if (before.meta.uid === meta.uid || isNewer(meta.resourceVersion, before.meta.resourceVersion)) {
        drop(before);
      }
    },
    reached: position.reach,
    listing,
    keepOnly: (shown, version) => {
      for (const [name, object] of known) {
        if (!shown.has(name) && !isOlderNews(object, version)) drop(object);
      }
      listed();
      position.restart(version);
    },
  };
}

/** Which news are older than what we wrote ourselves. */
function ownWrites(clock: Clock) {
  let listingSince = Infinity;
  const isRecent = (wrote: number): boolean => wrote >= listingSince || clock.now() - wrote < NEWS_ON_THE_WAY;
  return {
    isOlderNews: ({ meta, wrote }: Known, version: string): boolean =>
      wrote !== undefined && isRecent(wrote) && isNewer(meta.resourceVersion, version),
    listing: () => {
      listingSince = clock.now();
    },
    listed: () => {
      listingSince = Infinity;
    },
  };
}

/** The newest of the versions that were reached since the last list, which may show a cluster that was restored. */
function newest() {
  let version = "";
  return {
    restart: (from: string) => {
      version = from;
    },
    reach: (next: string) => {
      if (version === "" || isNewer(next, version)) version = next;
    },
    covers: (other: string) => version === other || isNewer(version, other),
  };
}

function isSame(a: Meta, b: Meta): boolean {
  return a.uid === b.uid && a.resourceVersion === b.resourceVersion;
}
