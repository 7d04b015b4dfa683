import { DNS_SERVICE_NAMES } from "../generator/cluster-dns.ts";
import { KUBE_API } from "../generator/kube-api.ts";
import { SERVICE_NAME_LABEL } from "../manifest/decode.ts";
import type { ObjectKey } from "../model/key.ts";
import { MULTI_POLICY_DEFINITION } from "../model/policy-definition.ts";
import type { Platform } from "../model/platform.ts";

/** One collection of the API. */
export interface Resource {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
}

const core = "v1";
const apps = "apps/v1";
const batch = "batch/v1";

export const NAMESPACES: Resource = { kind: "Namespace", apiVersion: core, plural: "namespaces" };
export const PODS: Resource = { kind: "Pod", apiVersion: core, plural: "pods" };
const SERVICES: Resource = { kind: "Service", apiVersion: core, plural: "services" };

/** Of these only the few that say where the API server and the cluster's DNS are: a cluster has one for each Service. */
const ENDPOINT_SLICES: Resource = {
  kind: "EndpointSlice",
  apiVersion: "discovery.k8s.io/v1",
  plural: "endpointslices",
};

export const NETWORK_POLICIES: Resource = {
  kind: "NetworkPolicy",
  apiVersion: "networking.k8s.io/v1",
  plural: "networkpolicies",
};

export const SERVICE_ACCESSES: Resource = {
  kind: "ServiceAccess",
  apiVersion: "serviceaccess.dev/v1alpha1",
  plural: "serviceaccesses",
};

/** The controllers whose templates and selectors we read. */
const WORKLOADS: readonly Resource[] = [
  { kind: "Deployment", apiVersion: apps, plural: "deployments" },
  { kind: "StatefulSet", apiVersion: apps, plural: "statefulsets" },
  { kind: "DaemonSet", apiVersion: apps, plural: "daemonsets" },
  { kind: "ReplicaSet", apiVersion: apps, plural: "replicasets" },
  { kind: "Job", apiVersion: batch, plural: "jobs" },
  { kind: "CronJob", apiVersion: batch, plural: "cronjobs" },
];

export const NODES: Resource = { kind: "Node", apiVersion: core, plural: "nodes" };

/** The cluster-scoped policies; most clusters do not have these kinds. */
export const TIER_POLICIES: readonly Resource[] = [
  {
    kind: "AdminNetworkPolicy",
    apiVersion: "policy.networking.k8s.io/v1alpha1",
    plural: "adminnetworkpolicies",
  },
  {
    kind: "BaselineAdminNetworkPolicy",
    apiVersion: "policy.networking.k8s.io/v1alpha1",
    plural: "baselineadminnetworkpolicies",
  },
  {
    kind: "ClusterNetworkPolicy",
    apiVersion: "policy.networking.k8s.io/v1alpha2",
    plural: "clusternetworkpolicies",
  },
];

/** KubeVirt. */
const MACHINES: readonly Resource[] = [
  { kind: "VirtualMachine", apiVersion: "kubevirt.io/v1", plural: "virtualmachines" },
  { kind: "VirtualMachineInstance", apiVersion: "kubevirt.io/v1", plural: "virtualmachineinstances" },
];

export const MULTI_NETWORK_POLICIES: Resource = {
  kind: "MultiNetworkPolicy",
  apiVersion: "k8s.cni.cncf.io/v1beta1",
  plural: "multi-networkpolicies",
};

/** Secondary networks, and who has which address there. */
const NETWORKS: readonly Resource[] = [
  {
    kind: "NetworkAttachmentDefinition",
    apiVersion: "k8s.cni.cncf.io/v1",
    plural: "network-attachment-definitions",
  },
  { kind: "IPAMClaim", apiVersion: "k8s.cni.cncf.io/v1alpha1", plural: "ipamclaims" },
  MULTI_NETWORK_POLICIES,
];

/** Of these only the one of MultiNetworkPolicy: which fields the cluster keeps, and which it drops. */
export const POLICY_DEFINITIONS: Resource = {
  kind: "CustomResourceDefinition",
  apiVersion: "apiextensions.k8s.io/v1",
  plural: "customresourcedefinitions",
};

/** Kinds that not every cluster has. */
export const OPTIONAL_KINDS: readonly Resource[] = [...TIER_POLICIES, ...MACHINES, ...NETWORKS];

/**
 * What is looked at only where the cluster has it: nodes matter to nothing but cluster-scoped policies, and definitions to
 * nothing but MultiNetworkPolicies.
 */
export const OPTIONAL_RESOURCES: readonly Resource[] = [...OPTIONAL_KINDS, NODES, POLICY_DEFINITIONS];

/** What the operator and the live command line know of every cluster. */
export const KNOWN_RESOURCES: readonly Resource[] = [
  NAMESPACES,
  PODS,
  SERVICES,
  ENDPOINT_SLICES,
  NETWORK_POLICIES,
  SERVICE_ACCESSES,
  ...WORKLOADS,
];

/** What a list or a watch asks for besides the path, where not all objects of the resource matter. */
export function queryOf(resource: Resource, platform: Platform): Readonly<Record<string, string>> {
  if (resource === POLICY_DEFINITIONS) return { fieldSelector: `metadata.name=${MULTI_POLICY_DEFINITION}` };
  if (resource !== ENDPOINT_SLICES) return {};
  return { labelSelector: `${SERVICE_NAME_LABEL} in (${servicesFollowed(platform).join(",")})` };
}

/** By their names alone, for a selector knows no namespaces. */
function servicesFollowed({ dnsService }: Platform): readonly string[] {
  const named = dnsService === undefined ? [] : [dnsService.name];
  return [...new Set([KUBE_API.name, ...DNS_SERVICE_NAMES, ...named])].toSorted();
}

/** All objects of a resource, in all namespaces. */
export function collectionPath(resource: Resource): string {
  return `${groupPath(resource)}/${resource.plural}`;
}

/** All objects of a resource in one namespace. */
export function collectionPathIn(resource: Resource, namespace: string): string {
  return `${groupPath(resource)}/namespaces/${namespace}/${resource.plural}`;
}

export function objectPath(resource: Resource, key: ObjectKey, subresource?: "status"): string {
  const path = `${collectionPathIn(resource, key.namespace)}/${key.name}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Only the core group has no name, and a place of its own. */
function groupPath({ apiVersion }: Resource): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
