import { isRecord } from "../manifest/decode-json.ts";
import { ApiError, failureOf } from "./api-error.ts";
import type { ApiClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import { jsonLines } from "./json-lines.ts";
import { received, type Received } from "./received.ts";
import { collectionPath, type Resource } from "./resources.ts";

export type News =
  | { readonly kind: "put"; readonly object: Received }
  | { readonly kind: "remove"; readonly object: Received }
  /** Nothing happened to any object up to this version. */
  | { readonly kind: "bookmark"; readonly resourceVersion: string };

export interface WatchOptions {
  readonly client: ApiClient;
  readonly resource: Resource;
  /** Of which objects, where not all are wanted. */
  readonly query: Readonly<Record<string, string>>;
  /** Where the list or the watch before ended. */
  readonly from: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: () => number;
  /** After so many milliseconds without a word nobody is there any more. */
  readonly silence: number;
  /** How many milliseconds the watch is wanted at most. */
  readonly longest: number;
}

const SHORTEST = 300;
const LONGEST = 600;

/**
 * What happens to the objects of a resource, until the server ends the watch. Throws an ApiError for an ERROR event
 * (410 when `from` is too old), for a broken connection, for silence, and, with reason Malformed, for anything
 * that cannot be read: there something was lost.
 */
export async function* watch(options: WatchOptions): AsyncGenerator<News> {
  const { client, resource, query, from, signal, clock, silence } = options;
  const doing = `watch ${resource.plural}`;
  const stalled = new AbortController();
  const silent = () =>
    stalled.abort(new ApiError(doing, { status: 0, reason: "Silent", message: "the server went silent" }));
  const until = AbortSignal.any([signal, stalled.signal]);
  let calm = clock.after(silence, silent);
  try {
    const chunks = await client.stream({
      doing,
      method: "GET",
      path: collectionPath(resource),
      query: {
        ...query,
        watch: "true",
        allowWatchBookmarks: "true",
        resourceVersion: from,
        timeoutSeconds: String(secondsFor(options)),
      },
      signal: until,
    });
    for await (const event of jsonLines(chunks)) {
      calm();
      calm = clock.after(silence, silent);
      yield newsOf(resource, doing, event);
    }
  } catch (error) {
    until.throwIfAborted();
    throw explained(doing, error);
  } finally {
    calm();
  }
}

/** At random, so that watches begun together do not end together. */
function secondsFor({ random, longest }: WatchOptions): number {
  const seconds = SHORTEST + random() * (LONGEST - SHORTEST);
  return Math.max(1, Math.floor(Math.min(seconds, longest / 1000)));
}

function newsOf(resource: Resource, doing: string, event: unknown): News {
  const { type, object: raw } = isRecord(event) ? event : {};
  if (type === "ERROR") throw new ApiError(doing, failureOf(0, raw));
  if (type === "BOOKMARK") return bookmark(doing, raw);
  const object = received(resource, raw);
  if (object !== undefined && (type === "ADDED" || type === "MODIFIED")) return { kind: "put", object };
  if (object !== undefined && type === "DELETED") return { kind: "remove", object };
  throw malformed(doing, event);
}

/** A bookmark is an object without a name. */
function bookmark(doing: string, raw: unknown): News {
  const metadata = isRecord(raw) ? raw["metadata"] : undefined;
  const resourceVersion = isRecord(metadata) ? metadata["resourceVersion"] : undefined;
  if (typeof resourceVersion !== "string") throw malformed(doing, raw);
  return { kind: "bookmark", resourceVersion };
}

function malformed(doing: string, event: unknown, cause?: unknown): ApiError {
  const shown = (JSON.stringify(event) ?? "").slice(0, 200);
  const message = `an event cannot be read: ${shown}`;
  return new ApiError(doing, { status: 0, reason: "Malformed", message }, { cause });
}

function explained(doing: string, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof SyntaxError) return malformed(doing, error.message, error);
  const message = error instanceof Error ? `the connection broke: ${error.message}` : String(error);
  return new ApiError(doing, { status: 0, reason: "Broken", message }, { cause: error });
}
