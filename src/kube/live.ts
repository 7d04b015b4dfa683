import { type Problem, problemsText } from "../model/problem.ts";
import type { Platform } from "../model/platform.ts";
import type { World } from "../model/world.ts";
import { createStore, type Store } from "../reconciler/store.ts";
import { ApiError } from "./api-error.ts";
import { type ApiClient, createClient } from "./client.ts";
import { servedResources } from "./discovery.ts";
import { type KubeConfigOptions, loadKubeConfig } from "./kubeconfig.ts";
import { listPages } from "./list.ts";
import { nameOf, type Received } from "./received.ts";
import {
  KNOWN_RESOURCES,
  POLICY_DEFINITIONS,
  queryOf,
  type Resource,
  SERVICE_ACCESSES,
} from "./resources.ts";
import { type AccessDecoder, decodeStored, unreadStored } from "./stored.ts";
import { createTransport } from "./transport.ts";

export interface LiveOptions extends KubeConfigOptions {
  readonly decodeServiceAccess: AccessDecoder;
  /** What the cluster does not say of itself. */
  readonly platform?: Platform;
  /**
   * Told of every object that cannot be read: of a policy the answer knows that it is there, and no more. Without it such
   * an object is an error.
   */
  readonly onUnreadable?: (object: string, problems: readonly Problem[]) => void;
}

/** The cluster as it is at this moment. Throws an error that says what to do when it cannot be read whole. */
export async function readLiveWorld(options: LiveOptions): Promise<World> {
  const client = createClient(createTransport(loadKubeConfig(options)));
  try {
    const store = createStore(undefined, options.platform);
    const resources = [...KNOWN_RESOURCES, ...(await servedResources(client))];
    await Promise.all(resources.map((resource) => readAll(client, resource, store, options)));
    return store.world;
  } finally {
    await client.close();
  }
}

async function readAll(
  client: ApiClient,
  resource: Resource,
  store: Store,
  options: LiveOptions,
): Promise<void> {
  try {
    await readPages(client, resource, true, store, options);
  } catch (error) {
    // The list took longer than its snapshot was kept: once more, in one piece.
    if (isStatus(error, 410)) return readPages(client, resource, false, store, options);
    // A cluster without our CRD is a cluster without ServiceAccesses.
    if (isStatus(error, 404) && resource === SERVICE_ACCESSES) return;
    // Without it ranges of ports are written in the form that every cluster keeps.
    if (isStatus(error, 403) && resource === POLICY_DEFINITIONS) return;
    if (isStatus(error, 403)) throw forbidden(resource, error);
    throw error;
  }
}

async function readPages(
  client: ApiClient,
  resource: Resource,
  paged: boolean,
  store: Store,
  options: LiveOptions,
): Promise<void> {
  for await (const page of listPages(client, resource, {
    paged,
    query: queryOf(resource, store.world.platform),
  })) {
    for (const object of page.objects) read(resource, object, store, options);
  }
}

function read(resource: Resource, object: Received, store: Store, options: LiveOptions): void {
  const result = decodeStored(resource, object.raw, options.decodeServiceAccess);
  if (result.kind === "decoded") {
    store.put(result.value);
    return;
  }
  const name = `${resource.kind} ${nameOf(object.meta)}`;
  if (options.onUnreadable === undefined)
    throw new Error(`cannot read ${name}: ${problemsText(result.problems)}`);
  options.onUnreadable(name, result.problems);
  store.put(unreadStored(resource, object, result.problems));
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

function forbidden({ plural }: Resource, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${why}; a verdict needs all ${plural} of the cluster: ask for the right to list them`, {
    cause,
  });
}
