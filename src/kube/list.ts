import { isRecord } from "../manifest/decode-json.ts";
import { ApiError } from "./api-error.ts";
import type { ApiClient, Call } from "./client.ts";
import { received, type Received } from "./received.ts";
import { collectionPath, type Resource } from "./resources.ts";

export interface Page {
  readonly objects: readonly Received[];
  /** The moment the whole list shows; a watch goes on from here. */
  readonly resourceVersion: string;
}

const PAGE_SIZE = "500";
const LIST_TIMEOUT = 60_000;

export interface ListOptions {
  readonly signal?: AbortSignal;
  readonly paged?: boolean;
  /** Of which objects, where not all are wanted. */
  readonly query?: Readonly<Record<string, string>>;
}

/**
 * All objects of a resource, page by page, so that a big cluster is never in memory as raw JSON.
 * Throws 410 when the list took so long that its next page is gone.
 */
export async function* listPages(
  client: ApiClient,
  resource: Resource,
  options: ListOptions = {},
): AsyncGenerator<Page> {
  const { query = {}, paged = true } = options;
  const limit: Call["query"] = paged ? { ...query, limit: PAGE_SIZE } : query;
  let token = "";
  do {
    const call: Call = {
      doing: `list ${resource.plural}`,
      method: "GET",
      path: collectionPath(resource),
      query: token === "" ? limit : { ...limit, continue: token },
      timeout: LIST_TIMEOUT,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
    const { page, next } = read(resource, call, await client.json(call));
    yield page;
    token = next;
  } while (token !== "");
}

function read(resource: Resource, call: Call, body: unknown): { page: Page; next: string } {
  const metadata = isRecord(body) && isRecord(body["metadata"]) ? body["metadata"] : {};
  const { resourceVersion, continue: next } = metadata;
  const items = itemsOf(body);
  if (typeof resourceVersion !== "string" || resourceVersion === "" || items === undefined) {
    throw malformed(call, "the answer is not a list");
  }
  const objects = items.map((item) => {
    const object = received(resource, item);
    // Whatever a list does not show is gone: to pass an element over would be to say that it was deleted.
    if (object === undefined) throw malformed(call, "an element of the list is no object");
    return object;
  });
  return { page: { objects, resourceVersion }, next: typeof next === "string" ? next : "" };
}

/** An empty list of Go may be null. But one that is not there at all does not say that nothing is. */
function itemsOf(body: unknown): readonly unknown[] | undefined {
  const items = isRecord(body) ? body["items"] : undefined;
  if (items === null) return [];
  return Array.isArray(items) ? items : undefined;
}

function malformed(call: Call, message: string): ApiError {
  return new ApiError(call.doing, { status: 0, reason: "Malformed", message });
}
