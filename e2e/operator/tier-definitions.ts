const group = "policy.networking.k8s.io";

const names = [
  { kind: "AdminNetworkPolicy", version: "v1alpha1", plural: "adminnetworkpolicies" },
  { kind: "BaselineAdminNetworkPolicy", version: "v1alpha1", plural: "baselineadminnetworkpolicies" },
  { kind: "ClusterNetworkPolicy", version: "v1alpha2", plural: "clusternetworkpolicies" },
] as const;

export const tierDefinitionNames = names.map(({ plural }) => `${plural}.${group}`);

/** Definitions of the cluster-scoped policies that let everything in: what a policy means is not for the server to know. */
export const tierDefinitions = names.map(({ kind, version, plural }) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: `${plural}.${group}`,
    // Groups below k8s.io are refused without it.
    annotations: { "api-approved.kubernetes.io": "unapproved, for tests only" },
  },
  spec: {
    group,
    scope: "Cluster",
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
}));

export const tierPolicy = (kind: string, version: string, name: string, spec: object) => ({
  apiVersion: `${group}/${version}`,
  kind,
  metadata: { name },
  spec,
});
