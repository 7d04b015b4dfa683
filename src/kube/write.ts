import type { ObjectKey } from "../model/key.ts";
import type { ApiClient } from "./client.ts";
import type { Meta } from "./received.ts";
import { objectPath, type Resource } from "./resources.ts";

/** The manager of what we write into objects; whoever changes it takes the field from us, visibly. */
export const FIELD_MANAGER = "serviceaccess";

/** One of its own: an apply gives up the fields it leaves out, and status is never applied with the rest. */
export const STATUS_MANAGER = "serviceaccess-status";

/** Server-side apply of raw JSON. Forced: in the fields we say anything about, we have the say. */
export function apply(
  client: ApiClient,
  { kind, apiVersion, plural }: Resource,
  key: ObjectKey,
  body: object,
  subresource?: "status",
): Promise<unknown> {
  const what = subresource === undefined ? kind : `the ${subresource} of ${kind}`;
  return client.json({
    doing: `apply ${what} ${key.namespace}/${key.name}`,
    method: "PATCH",
    path: objectPath({ kind, apiVersion, plural }, key, subresource),
    query: {
      fieldManager: subresource === undefined ? FIELD_MANAGER : STATUS_MANAGER,
      force: "true",
      fieldValidation: "Strict",
    },
    contentType: "application/apply-patch+yaml",
    body: { apiVersion, kind, ...body },
  });
}

/** Exactly this object in exactly this version: not one that was made or changed since it was looked at. */
export function removeExactly(client: ApiClient, resource: Resource, meta: Meta): Promise<unknown> {
  const { uid, resourceVersion } = meta;
  return client.json({
    doing: `delete ${resource.kind} ${meta.namespace}/${meta.name}`,
    method: "DELETE",
    path: objectPath(resource, meta),
    body: { propagationPolicy: "Background", preconditions: { uid, resourceVersion } },
  });
}
