import { isRecord } from "../manifest/decode-json.ts";
import { ApiError } from "./api-error.ts";
import type { ApiClient } from "./client.ts";
import {
  MULTI_NETWORK_POLICIES,
  NODES,
  OPTIONAL_KINDS,
  POLICY_DEFINITIONS,
  type Resource,
  TIER_POLICIES,
} from "./resources.ts";

/**
 * The optional resources that this cluster has at this moment: the kinds that it serves, its nodes where cluster-scoped
 * policies are among them, and the definition of MultiNetworkPolicy where that is. Asked of the API server by name: a list would answer 403 where the kind does not even exist.
 */
export async function servedResources(client: ApiClient, signal?: AbortSignal): Promise<readonly Resource[]> {
  const versions = [...new Set(OPTIONAL_KINDS.map(({ apiVersion }) => apiVersion))];
  const plurals = await Promise.all(versions.map((version) => pluralsOf(client, version, signal)));
  const served = new Map(versions.map((version, i) => [version, plurals[i] ?? []]));
  const kinds = OPTIONAL_KINDS.filter(({ apiVersion, plural }) => served.get(apiVersion)?.includes(plural));
  return [
    ...kinds,
    ...(kinds.some((kind) => TIER_POLICIES.includes(kind)) ? [NODES] : []),
    ...(kinds.includes(MULTI_NETWORK_POLICIES) ? [POLICY_DEFINITIONS] : []),
  ];
}

async function pluralsOf(
  client: ApiClient,
  apiVersion: string,
  signal: AbortSignal | undefined,
): Promise<readonly unknown[]> {
  const doing = `ask for the kinds of ${apiVersion}`;
  try {
    const call = { doing, method: "GET", path: `/apis/${apiVersion}` } as const;
    const answer = await client.json(signal === undefined ? call : { ...call, signal });
    const resources = isRecord(answer) ? answer["resources"] : undefined;
    if (Array.isArray(resources)) return resources.filter(isRecord).map(({ name }) => name);
    throw new ApiError(doing, { status: 0, reason: "Malformed", message: "the answer names no resources" });
  } catch (error) {
    // Nobody has installed this version of the API, as in most clusters.
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}
