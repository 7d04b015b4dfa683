/** What the cluster's own definition of a kind of policy has a place for: the API server drops the rest without a word. */
export interface PolicyDefinition {
  readonly name: string;
  readonly hasEndPort: boolean;
}

/** The name of the CustomResourceDefinition of MultiNetworkPolicy. */
export const MULTI_POLICY_DEFINITION = "multi-networkpolicies.k8s.cni.cncf.io";
