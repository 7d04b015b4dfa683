import type { Access } from "../control-plane/access.ts";
import { define, type Kind, undefine } from "./definitions.ts";

const group = "policy.networking.k8s.io";
const common = { group, scope: "Cluster" } as const;

/** The cluster-scoped policies; the definitions let everything in. */
const TIER_KINDS: readonly Kind[] = [
  { ...common, kind: "AdminNetworkPolicy", version: "v1alpha1", plural: "adminnetworkpolicies" },
  {
    ...common,
    kind: "BaselineAdminNetworkPolicy",
    version: "v1alpha1",
    plural: "baselineadminnetworkpolicies",
  },
  { ...common, kind: "ClusterNetworkPolicy", version: "v1alpha2", plural: "clusternetworkpolicies" },
];

export const tierPolicy = (kind: string, version: string, name: string, spec: object) => ({
  apiVersion: `${group}/${version}`,
  kind,
  metadata: { name },
  spec,
});

export const defineTiers = (access: Access): Promise<void> => define(access, TIER_KINDS);
export const undefineTiers = (access: Access): Promise<void> => undefine(access, TIER_KINDS);
