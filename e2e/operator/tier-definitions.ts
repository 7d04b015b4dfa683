import type { Access } from "../control-plane/access.ts";
import { eventually } from "../control-plane/eventually.ts";

const group = "policy.networking.k8s.io";

const names = [
  { kind: "AdminNetworkPolicy", version: "v1alpha1", plural: "adminnetworkpolicies" },
  { kind: "BaselineAdminNetworkPolicy", version: "v1alpha1", plural: "baselineadminnetworkpolicies" },
  { kind: "ClusterNetworkPolicy", version: "v1alpha2", plural: "clusternetworkpolicies" },
] as const;

const tierDefinitionNames = names.map(({ plural }) => `${plural}.${group}`);

/** Definitions of the cluster-scoped policies that let everything in: what a policy means is not for the server to know. */
const tierDefinitions = names.map(({ kind, version, plural }) => ({
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

export async function defineTiers(access: Access): Promise<void> {
  await access.apply(...tierDefinitions);
  const definitions = tierDefinitionNames.map((name) => `crd/${name}`);
  // A definition that was stored this very moment has no conditions yet, and for kubectl that is an error.
  await eventually(
    () => kubectl(access, "wait", "--for=condition=Established", "--timeout=30s", ...definitions),
    { what: "the definitions to be established", timeoutMs: 30_000 },
  );
}

export async function undefineTiers(access: Access): Promise<void> {
  await kubectl(access, "delete", "crd", "--ignore-not-found", ...tierDefinitionNames);
}

async function kubectl(access: Access, ...args: readonly string[]): Promise<true> {
  const { code, stderr } = await access.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return true;
}
