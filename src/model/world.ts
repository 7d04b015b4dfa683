import type { ObjectKey } from "./key.ts";
import type { Labels } from "./labels.ts";
import type { IpamClaim, NetworkAttachment, PodAttachment, SecondarySide } from "./network-attachment.ts";
import type { LabelSelector, NetworkPolicy, PolicyType } from "./network-policy.ts";
import type { Platform } from "./platform.ts";
import type { PolicyDefinition } from "./policy-definition.ts";
import type { NameStatus, ServiceAccess } from "./service-access.ts";
import type { TierPolicy } from "./tier-policy.ts";
import type { VirtualMachine, VirtualMachineInstance } from "./virtual-machine.ts";

/**
 * What is known of a cluster at one moment, decoded: defaults are decided, nothing is optional that has a default.
 * Maps are keyed by `namespace/name` (`keyText`), workloads by `namespace/Kind/name`, namespaces by name.
 * The operator keeps the maps current; whoever holds a World only reads it.
 */
export interface World {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly pods: ReadonlyMap<string, Pod>;
  readonly services: ReadonlyMap<string, Service>;
  /** All that the input has; of a live cluster only those of the API server and of what may be the cluster's DNS. */
  readonly endpointSlices: ReadonlyMap<string, EndpointSlice>;
  /** VirtualMachines and their instances among them: to a policy they are controllers of pods like any other. */
  readonly workloads: ReadonlyMap<string, Workload>;
  /** The same machines again, with what only they have; empty where the cluster has no KubeVirt. */
  readonly virtualMachines: ReadonlyMap<string, VirtualMachine>;
  readonly virtualMachineInstances: ReadonlyMap<string, VirtualMachineInstance>;
  readonly policies: ReadonlyMap<string, NetworkPolicy>;
  /** MultiNetworkPolicies, which are for secondary networks only; empty where the cluster has no such kind. */
  readonly multiPolicies: ReadonlyMap<string, NetworkPolicy>;
  /** By the name of the CustomResourceDefinition; empty offline, and where the cluster has none that matters. */
  readonly policyDefinitions: ReadonlyMap<string, PolicyDefinition>;
  readonly accesses: ReadonlyMap<string, ServiceAccess>;
  /** Keyed `Kind/name`; empty where the cluster has no such kinds. */
  readonly tierPolicies: ReadonlyMap<string, TierPolicy>;
  readonly nodes: ReadonlyMap<string, Node>;
  /** NetworkAttachmentDefinitions; empty where the cluster has no such kind. */
  readonly networkAttachments: ReadonlyMap<string, NetworkAttachment>;
  readonly ipamClaims: ReadonlyMap<string, IpamClaim>;
  /** What DNS names resolve to, by name; of one that is not here only what the status of an object has kept is known. */
  readonly names: ReadonlyMap<string, NameStatus>;
  readonly platform: Platform;
  /** By kind and key, as `NetworkPolicy shop/web`; what depends on one of these is not known. */
  readonly unreadable: ReadonlyMap<string, Unreadable>;
}

/** An object that is there, and of which nothing but its name could be read. */
export interface Unreadable extends ObjectKey {
  readonly kind: string;
  /** Empty for what lies in no namespace. */
  readonly namespace: string;
  readonly reason: string;
  /** Of a NetworkPolicy: the only directions that it can be for. Absent: nobody knows. */
  readonly policyTypes?: readonly PolicyType[];
}

/** The key of an object among those that cannot be read. */
export function unreadableKey({
  kind,
  namespace,
  name,
}: Pick<Unreadable, "kind" | "namespace" | "name">): string {
  return namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

export type Protocol = "TCP" | "UDP" | "SCTP";

export const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];

export interface Namespace {
  readonly name: string;
  /** Always with `kubernetes.io/metadata.name`, whatever the manifest said. */
  readonly labels: Labels;
  /** False where only the name is known because no Namespace object was given: its other labels are undetermined. */
  readonly labelsKnown: boolean;
  readonly terminating: boolean;
  /** Whose permits may be written here: names of namespaces, `*` for all of them; nobody's where nothing is said. */
  readonly acceptsPermitsFrom: readonly string[];
}

/** What `nodes` peers of cluster-scoped policies see of a Node. */
export interface Node {
  readonly name: string;
  readonly labels: Labels;
  /** status.addresses of the types InternalIP and ExternalIP. */
  readonly addresses: readonly string[];
}

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";

export interface Pod extends ObjectKey {
  readonly uid: string;
  readonly labels: Labels;
  /** The controlling owner, one step up (a ReplicaSet, not its Deployment); undefined for a bare pod. */
  readonly owner: WorkloadRef | undefined;
  /** status.podIPs as written there; empty while the pod has none, and for a workload template. */
  readonly addresses: readonly string[];
  /** spec.nodeName; empty while unscheduled. */
  readonly node: string;
  /** status.hostIPs: the addresses of the pod's own node. */
  readonly nodeAddresses: readonly string[];
  readonly hostNetwork: boolean;
  readonly phase: PodPhase;
  readonly terminating: boolean;
  /** Named container ports, of containers and of native sidecars (init containers with restartPolicy Always). */
  readonly ports: readonly NamedPort[];
  /** 1 for a pod of the API; the workload's replicas where the pod stands for a template (offline input). */
  readonly replicas: number;
  /** True where the pod was made from a workload's template because no pod of it was given. */
  readonly fromTemplate: boolean;
  /** Of a virtual machine that lets only these ports through to its guest; absent where nothing stands between. */
  readonly forwards?: readonly NamedPort[];
  /** Its interfaces on secondary networks; absent where it has none, as nearly every pod. */
  readonly attachments?: readonly PodAttachment[];
  /** Only of a pod as one of these networks sees it: its addresses are those that it has there. */
  readonly secondary?: SecondarySide;
}

export interface NamedPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly number: number;
}

export interface WorkloadRef {
  readonly kind: string;
  readonly name: string;
}

/** Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob. */
export interface Workload extends ObjectKey {
  readonly kind: string;
  readonly uid: string;
  /** The labels on the controller's own metadata: no policy ever reads them, people put client labels there by mistake. */
  readonly labels: Labels;
  readonly owner: WorkloadRef | undefined;
  /** spec.selector; undefined where the kind has none (CronJob). */
  readonly selector: LabelSelector | undefined;
  readonly template: PodTemplate;
  readonly replicas: number;
}

export interface PodTemplate {
  readonly labels: Labels;
  readonly hostNetwork: boolean;
  readonly ports: readonly NamedPort[];
  /** The request for secondary networks, as it is written; absent where there is none. */
  readonly networks?: string;
}

export interface Service extends ObjectKey {
  readonly uid: string;
  readonly labels: Labels;
  readonly type: string;
  /** Without an address of its own (clusterIP None): its name stands for its pods, and no port is translated. */
  readonly headless: boolean;
  /** Its own addresses, one of each family; none where it is headless, and where a manifest does not say. */
  readonly clusterAddresses: readonly string[];
  /** Whether connections from outside go to pods of the node that they come to, or of any node. */
  readonly externalTrafficPolicy: "Cluster" | "Local";
  /** spec.selector; undefined for a Service without one (its endpoints are not ours to know). */
  readonly selector: Labels | undefined;
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** The pods' port, a number or a container port's name; `port` itself where the Service does not say. */
  readonly targetPort: number | string;
}

/** Where a Service's connections really go: to these addresses, on these ports. */
export interface EndpointSlice extends ObjectKey {
  /** The Service's name, in the slice's own namespace; empty where the slice names none. */
  readonly service: string;
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly SlicePort[];
}

export interface SliceEndpoint {
  /** Addresses, never names: a slice of the type FQDN has none. */
  readonly addresses: readonly string[];
  /** True unless it is said not to be. */
  readonly ready: boolean;
}

export interface SlicePort {
  /** As in the Service; empty for an only port without a name. */
  readonly name: string;
  readonly protocol: Protocol;
  /** Undefined: every port. */
  readonly port: number | undefined;
}

export function workloadKey(namespace: string, ref: WorkloadRef): string {
  return `${namespace}/${ref.kind}/${ref.name}`;
}
