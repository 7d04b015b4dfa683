import type { ObjectKey } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { ServiceAccess, ServiceAccessStatus } from "../model/service-access.ts";
import type { Owner } from "./ownership.ts";
import type { Store } from "./store.ts";

/**
 * Everything the reconciler asks of Kubernetes. What the API refuses for a reason is an answer; what may pass by itself
 * (429, 5xx, a broken connection) is thrown, and the queue tries again.
 */
export interface Cluster {
  /** The watched state; a write of ours is in it as soon as the write has returned. */
  readonly store: Store;
  /** Creates the policy, or changes the one that is `observed`, and answers with what the API stored. */
  applyPolicy(policy: NetworkPolicy, observed: NetworkPolicy | undefined): Promise<WriteResult>;
  /** Removes exactly this object: not one that was made or changed in the meantime. Gone already is done. */
  removePolicy(policy: NetworkPolicy): Promise<WriteResult>;
  writeStatus(access: ServiceAccess, status: ServiceAccessStatus): Promise<void>;
  /** Of exactly the version that was looked at, so that a finalizer of somebody else is never lost. */
  setFinalizers(owner: Owner, finalizers: readonly string[]): Promise<Refused | undefined>;
  /** Whether the API has no ServiceAccess of this name: asked of the API itself, because a watch may be behind. */
  isGone(key: ObjectKey): Promise<boolean>;
  /** What a thrown error means to people; undefined where it is over with the next look, as when somebody was faster. */
  obstacle(error: unknown): Obstacle | undefined;
  /** Says it beside the object, as an Event. Told once and forgotten: it neither fails nor waits. */
  tell(event: AccessEvent): void;
}

/** What happened to an object, for whoever describes it; what is true of it for longer belongs into its status. */
export interface AccessEvent {
  readonly access: ObjectKey & { readonly uid?: string };
  readonly type: "Normal" | "Warning";
  /** Why, in CamelCase: people filter by it, and metrics count by it, so it is one of few. */
  readonly reason: string;
  /** What the operator did or would not do, in CamelCase. */
  readonly action: string;
  /** A sentence; what is longer than the API takes is cut. */
  readonly note: string;
}

export type WriteResult =
  | { readonly kind: "stored"; readonly policy: NetworkPolicy }
  | { readonly kind: "removed" }
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly message: string };

export type Refused = Extract<WriteResult, { readonly kind: "refused" }>;

/** Why a write was not done that may be done later, without anybody doing anything. */
export interface Obstacle {
  readonly reason: "Throttled" | "Unauthorized" | "Unavailable";
  readonly message: string;
}

/** CamelCase, as it becomes a condition's reason. */
export type RefusalReason =
  | "Forbidden"
  | "Invalid"
  | "NotFound"
  | "NamespaceTerminating"
  | "MultiNetworkPolicyNotServed";
