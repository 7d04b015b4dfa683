import { isRecord } from "../manifest/decode-json.ts";
import { decodeMultiNetworkPolicy, decodeNetworkPolicy } from "../manifest/decode.ts";
import type { ObjectKey } from "../model/key.ts";
import type { NetworkPolicy, PolicyKind } from "../model/network-policy.ts";
import { MULTI_POLICY_DEFINITION } from "../model/policy-definition.ts";
import { type ServiceAccessStatus, STATUS_TEXT_LIMITS } from "../model/service-access.ts";
import type { AccessEvent, Cluster, WriteResult } from "../reconciler/cluster.ts";
import type { Store } from "../reconciler/store.ts";
import { ApiError, messageOf } from "./api-error.ts";
import type { ApiClient } from "./client.ts";
import { type InvalidAccess, invalidEvent, invalidStatus } from "./invalid-access.ts";
import { isGoneFromApi, setFinalizers } from "./finalizers.ts";
import { appliedPolicy } from "./policy-body.ts";
import { isGone, isMisfit, isOfEndingKind, obstacleOf, refusalOf } from "./refusal.ts";
import { MULTI_NETWORK_POLICIES, NETWORK_POLICIES, type Resource, SERVICE_ACCESSES } from "./resources.ts";
import type { Watches } from "./watches.ts";
import { apply, removeExactly } from "./write.ts";

export interface KubeCluster extends Cluster {
  /** Says once a generation that the object cannot be read; its policies stay as they are. */
  writeInvalid(access: InvalidAccess, now: Date): Promise<void>;
}

export interface ClusterOptions {
  readonly client: ApiClient;
  readonly store: Store;
  /** Where the answers to our writes go, and from there into the store. */
  readonly watches: Pick<Watches, "wrote" | "removed">;
  readonly tell: (event: AccessEvent) => void;
}

export function createCluster(options: ClusterOptions): KubeCluster {
  return {
    store: options.store,
    applyPolicy: (policy, observed) => applyPolicy(options, policy, observed),
    removePolicy: (policy) => removePolicy(options, policy),
    writeStatus: ({ metadata }, status) => writeStatus(options, metadata, status),
    setFinalizers: (owner, finalizers) => setFinalizers(options, owner, finalizers),
    isGone: (key) => isGoneFromApi(options.client, key),
    obstacle: obstacleOf,
    writeInvalid: async (access, now) => {
      const status = invalidStatus(access, now);
      if (status === undefined) return;
      await writeStatus(options, access, status);
      options.tell(invalidEvent(access, status));
    },
    tell: options.tell,
  };
}

async function applyPolicy(
  { client, watches, store }: ClusterOptions,
  policy: NetworkPolicy,
  observed: NetworkPolicy | undefined,
): Promise<WriteResult> {
  const resource = resourceOf(policy);
  if (isUnserved(policy, store)) return { kind: "refused", ...NOT_SERVED };
  try {
    const answer = await apply(client, resource, policy.metadata, appliedPolicy(policy, observed));
    watches.wrote(resource, answer);
    return { kind: "stored", policy: readBack(policy.kind, answer) };
  } catch (error) {
    const isEnding = policy.kind === "MultiNetworkPolicy" && isOfEndingKind(error);
    return isEnding ? { kind: "refused", ...NOT_SERVED } : refusalOf(error);
  }
}

async function removePolicy(
  { client, watches }: ClusterOptions,
  policy: NetworkPolicy,
): Promise<WriteResult> {
  const { kind, metadata } = policy;
  const resource = resourceOf(policy);
  const { uid = "", resourceVersion = "", generation = 0, namespace, name } = metadata;
  const removed = { uid, resourceVersion, generation, namespace, name };
  try {
    const answer = await removeExactly(client, resource, removed);
    // With a finalizer of someone's the object stays for now, and the answer is the object.
    if (isRecord(answer) && answer["kind"] === kind) watches.wrote(resource, answer);
    else watches.removed(resource, removed);
    return { kind: "removed" };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { kind: "removed" };
    return refusalOf(error);
  }
}

/**
 * On the version that was looked at, for the status says what became of exactly that. (The uid would not do: in an apply
 * of the status the API server does not look at it, and an object that was made again got the status of the old one.)
 */
async function writeStatus(
  { client, watches }: ClusterOptions,
  { namespace, name, resourceVersion }: ObjectKey & { readonly resourceVersion?: string },
  status: ServiceAccessStatus,
): Promise<void> {
  const key = { namespace, name };
  const write = async (written: ServiceAccessStatus): Promise<void> => {
    const body = { metadata: { ...key, resourceVersion }, status: written };
    watches.wrote(SERVICE_ACCESSES, await apply(client, SERVICE_ACCESSES, key, body, "status"));
  };
  try {
    await write(status).catch(async (error: unknown) => {
      if (!isMisfit(error)) throw error;
      await write(conditionsOnly(status, messageOf(error)));
    });
  } catch (error) {
    // Whoever deleted or changed the object wants no status of what it was; the change brings us back to it.
    if (!isGone(error)) throw error;
  }
}

/** What every version of the CRD has a place for: whoever forgot to install ours still learns what matters. */
function conditionsOnly(
  { observedGeneration, conditions }: ServiceAccessStatus,
  refusal: string,
): ServiceAccessStatus {
  const summary = `the installed CRD has no place for the rest of the status; install the one of this version: ${refusal}`;
  return {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(conditions === undefined ? {} : { conditions }),
    summary: summary.slice(0, STATUS_TEXT_LIMITS.summary),
  };
}

function resourceOf({ kind }: NetworkPolicy): Resource {
  return kind === "NetworkPolicy" ? NETWORK_POLICIES : MULTI_NETWORK_POLICIES;
}

/** The definition is watched as long as the kind is served: without it nobody knows either which fields would be dropped. */
function isUnserved({ kind }: NetworkPolicy, { world }: Store): boolean {
  return kind === "MultiNetworkPolicy" && !world.policyDefinitions.has(MULTI_POLICY_DEFINITION);
}

const NOT_SERVED = {
  reason: "MultiNetworkPolicyNotServed",
  message: `the cluster has no MultiNetworkPolicy: install the CustomResourceDefinition ${MULTI_POLICY_DEFINITION} with v1beta1, and what enforces it, or say backend KubeOVN where Kube-OVN does`,
} as const;

function readBack(kind: PolicyKind, answer: unknown): NetworkPolicy {
  const result = kind === "NetworkPolicy" ? decodeNetworkPolicy(answer) : decodeMultiNetworkPolicy(answer);
  if (result.kind === "decoded") return result.value;
  const problems = result.problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
  throw new Error(`the API server answered with a policy that cannot be read: ${problems}`);
}
