import type { LabelSelector } from "./network-policy.ts";

export type TierPolicyKind = "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy" | "ClusterNetworkPolicy";

/**
 * A cluster-scoped policy of policy.networking.k8s.io: AdminNetworkPolicy and BaselineAdminNetworkPolicy v1alpha1, or
 * ClusterNetworkPolicy v1alpha2, as it was written but in one shape; what absent and unknown fields mean is decided by
 * `core/compile-tier.ts`.
 */
export interface TierPolicy {
  readonly kind: TierPolicyKind;
  readonly name: string;
  readonly tier: Tier;
  /** 0 to 1000 within the tier, lower first; a BaselineAdminNetworkPolicy has none and counts as 0. */
  readonly priority: number;
  /** Undefined where the subject is of no known kind. */
  readonly subject: PodScope | undefined;
  readonly ingress: readonly TierRule[];
  readonly egress: readonly TierRule[];
}

export type Tier = "Admin" | "Baseline";

export type TierAction = "Accept" | "Deny" | "Pass";

export interface TierRule {
  readonly name: string;
  readonly action: TierAction;
  readonly peers: readonly TierPeer[];
  /** Undefined: all ports of all protocols. */
  readonly ports: readonly TierPort[] | undefined;
}

/** Pods by their namespace, or by namespace and pod labels. */
export interface PodScope {
  readonly namespaceSelector: LabelSelector;
  /** Undefined: every pod of these namespaces. */
  readonly podSelector: LabelSelector | undefined;
}

export type TierPeer =
  | { readonly kind: "pods"; readonly scope: PodScope }
  | { readonly kind: "networks"; readonly cidrs: readonly string[] }
  | { readonly kind: "nodes"; readonly selector: LabelSelector }
  | { readonly kind: "domainNames"; readonly names: readonly string[] }
  /** A kind that this version does not know, or none at all. */
  | { readonly kind: "unknown" };

export type TierPort =
  | { readonly kind: "range"; readonly protocol: string; readonly from: number; readonly to: number }
  /** The name is looked up in the destination pod, across all protocols. */
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "unknown" };
