import type { ObjectKey } from "../model/key.ts";
import type { Refused } from "../reconciler/cluster.ts";
import type { Owner } from "../reconciler/ownership.ts";
import { ApiError } from "./api-error.ts";
import type { ApiClient } from "./client.ts";
import { refusalOf } from "./refusal.ts";
import { objectPath, SERVICE_ACCESSES } from "./resources.ts";
import type { Watches } from "./watches.ts";
import { FIELD_MANAGER } from "./write.ts";

export interface Means {
  readonly client: ApiClient;
  readonly watches: Pick<Watches, "wrote">;
}

/**
 * A merge patch replaces the whole list, so it is for exactly the version that was looked at: where somebody added a
 * finalizer in the meantime it is refused. (An apply would leave ours where somebody else has applied it as well.)
 */
export async function setFinalizers(
  { client, watches }: Means,
  { metadata: { namespace, name, resourceVersion } }: Owner,
  finalizers: readonly string[],
): Promise<Refused | undefined> {
  try {
    const answer = await client.json({
      doing: `set the finalizers of ServiceAccess ${namespace}/${name}`,
      method: "PATCH",
      path: objectPath(SERVICE_ACCESSES, { namespace, name }),
      query: { fieldManager: FIELD_MANAGER, fieldValidation: "Strict" },
      contentType: "application/merge-patch+json",
      body: { metadata: { resourceVersion, finalizers } },
    });
    watches.wrote(SERVICE_ACCESSES, answer);
    return undefined;
  } catch (error) {
    return refusalOf(error);
  }
}

export async function isGoneFromApi(client: ApiClient, key: ObjectKey): Promise<boolean> {
  const doing = `get ServiceAccess ${key.namespace}/${key.name}`;
  try {
    await client.json({ doing, method: "GET", path: objectPath(SERVICE_ACCESSES, key) });
    return false;
  } catch (error) {
    // Without a Status it is the whole kind that is not served, perhaps not yet.
    if (error instanceof ApiError && error.status === 404 && error.reason === "NotFound") return true;
    throw error;
  }
}
