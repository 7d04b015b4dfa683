import { keyText } from "./key.ts";
import type { Labels } from "./labels.ts";
import type { NonEmpty } from "./nonempty.ts";

/**
 * A NetworkPolicy as the API server sends and takes it: raw JSON, `from` and not `_from`.
 * Absent and empty mean different things in almost every field; only `core/compile.ts` decides which.
 * A MultiNetworkPolicy is the same for a secondary network, which its annotation `policy-for` names.
 */
export interface NetworkPolicy {
  readonly apiVersion: "networking.k8s.io/v1" | "k8s.cni.cncf.io/v1beta1";
  readonly kind: PolicyKind;
  readonly metadata: ObjectMeta;
  readonly spec: NetworkPolicySpec;
}

export type PolicyKind = "NetworkPolicy" | "MultiNetworkPolicy";

/** Tells policies of both kinds apart, and is how people name them: `shop/web-rights`, `MultiNetworkPolicy shop/web-rights`. */
export function policyKey({ kind, metadata }: Pick<NetworkPolicy, "kind" | "metadata">): string {
  return kind === "NetworkPolicy" ? keyText(metadata) : `${kind} ${keyText(metadata)}`;
}

/** The part of metadata.ObjectMeta that a rule of ours reads or writes. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly deletionTimestamp?: string;
  /** Only of policies of ours: who else has written fields that we no longer own. */
  readonly managers?: readonly FieldManager[];
  /** Only of objects of ours: who has to let go before a deleted one is gone. */
  readonly finalizers?: readonly string[];
}

/** Whoever wrote into an object, by the name they gave to the API server: `kubectl-edit`. */
export interface FieldManager {
  readonly name: string;
  /** `spec.ingress`, `metadata.labels[team]`. */
  readonly fields: readonly string[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface NetworkPolicySpec {
  readonly podSelector?: LabelSelector | null;
  readonly policyTypes?: readonly PolicyType[] | null;
  readonly ingress?: readonly IngressRule[] | null;
  readonly egress?: readonly EgressRule[] | null;
}

export type PolicyType = "Ingress" | "Egress";

export interface IngressRule {
  readonly from?: readonly PolicyPeer[] | null;
  readonly ports?: readonly PolicyPort[] | null;
}

export interface EgressRule {
  readonly to?: readonly PolicyPeer[] | null;
  readonly ports?: readonly PolicyPort[] | null;
}

export interface PolicyPeer {
  readonly podSelector?: LabelSelector | null;
  readonly namespaceSelector?: LabelSelector | null;
  readonly ipBlock?: IPBlock | null;
}

export interface IPBlock {
  readonly cidr: string;
  readonly except?: readonly string[] | null;
}

export interface PolicyPort {
  readonly protocol?: string | null;
  readonly port?: number | string | null;
  readonly endPort?: number | null;
}

/** metav1.LabelSelector: `{}` selects everything, requirements are ANDed. */
export interface LabelSelector {
  readonly matchLabels?: Labels | null;
  readonly matchExpressions?: readonly LabelSelectorRequirement[] | null;
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | null;
}

/** Who a generated rule admits: everyone only when it was asked for by name, never by an empty list. */
export type RulePeers = "anyone" | NonEmpty<PolicyPeer>;

/** Which ports a generated rule covers: all of them only when it was asked for by name. */
export type RulePorts = "every" | NonEmpty<PolicyPort>;
