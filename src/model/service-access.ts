// Generated from crds/serviceaccesses.yaml by hack/generate-types.ts: change that file, not this one.

import type { LabelSelector, ObjectMeta } from "./network-policy.ts";
import type { NonEmpty } from "./nonempty.ts";

export const SERVICE_ACCESS_API = {
  group: "serviceaccess.dev",
  version: "v1alpha1",
  apiVersion: "serviceaccess.dev/v1alpha1",
  kind: "ServiceAccess",
  plural: "serviceaccesses",
} as const;

/** How many elements the lists of a status may have; the API server refuses more. */
export const STATUS_LIMITS = {
  conditions: 16,
  names: 20,
  policies: 100,
  reachability: 50,
  divergences: 25,
  isolates: 50,
  findings: 50,
  workloads: 100,
  addresses: 32,
  ports: 100,
  answers: 100,
  by: 20,
  gains: 25,
  loses: 25,
} as const;

/** How long the texts of a status may be, by their place in it; the API server refuses longer ones. */
export const STATUS_TEXT_LIMITS = {
  "conditions.type": 316,
  "conditions.reason": 1024,
  "conditions.message": 32768,
  summary: 1024,
  "target.workloads": 512,
  "target.selector": 32768,
  "dns.service": 317,
  "dns.addresses": 45,
  "dns.ports": 63,
  "names.name": 253,
  "names.answers.address": 45,
  "policies.kind": 63,
  "policies.namespace": 63,
  "policies.name": 253,
  "reachability.from.namespace": 63,
  "reachability.from.workload": 512,
  "reachability.from.addresses": 79,
  "reachability.to.namespace": 63,
  "reachability.to.workload": 512,
  "reachability.to.addresses": 79,
  "reachability.ports": 64,
  "reachability.egress.by": 512,
  "reachability.ingress.by": 512,
  "reachability.reason": 2048,
  "divergences.from.namespace": 63,
  "divergences.from.workload": 512,
  "divergences.from.addresses": 79,
  "divergences.to.namespace": 63,
  "divergences.to.workload": 512,
  "divergences.to.addresses": 79,
  "divergences.ports": 64,
  "divergences.profile": 63,
  "divergences.reason": 2048,
  "isolates.workload": 512,
  "isolates.namespace": 63,
  "isolates.loses": 2048,
  "deletionWouldExpose.workloads": 512,
  "deletionWouldExpose.ports": 64,
  "deletionWouldExpose.message": 1024,
  "preview.policies.kind": 63,
  "preview.policies.namespace": 63,
  "preview.policies.name": 253,
  "preview.gains.from.namespace": 63,
  "preview.gains.from.workload": 512,
  "preview.gains.from.addresses": 79,
  "preview.gains.to.namespace": 63,
  "preview.gains.to.workload": 512,
  "preview.gains.to.addresses": 79,
  "preview.gains.ports": 64,
  "preview.loses.from.namespace": 63,
  "preview.loses.from.workload": 512,
  "preview.loses.from.addresses": 79,
  "preview.loses.to.namespace": 63,
  "preview.loses.to.workload": 512,
  "preview.loses.to.addresses": 79,
  "preview.loses.ports": 64,
  "preview.isolates.workload": 512,
  "preview.isolates.namespace": 63,
  "preview.isolates.loses": 2048,
  "findings.type": 128,
  "findings.object": 512,
  "findings.message": 4096,
} as const;

/**
 * A ServiceAccess describes one service and who may use it. The operator turns it into two NetworkPolicies:
 * the rights, which say what may come in to the service's pods, and the permits, which let every pod that
 * carries the client label go out to the service on the same ports. The status says who really reaches the
 * service, computed from all policies of the cluster.
 */
export interface ServiceAccess {
  readonly apiVersion: "serviceaccess.dev/v1alpha1";
  readonly kind: "ServiceAccess";
  readonly metadata: ObjectMeta;
  readonly spec: ServiceAccessSpec;
  readonly status?: ServiceAccessStatus;
}

/** The service, its ports and who may use them. Only `target` (or `permits.egress`) is needed. */
export interface ServiceAccessSpec {
  /**
   * True: the operator writes no policy, and changes and removes none; the status goes on saying what is so,
   * and whether the policies are as asked. False or absent: it works.
   */
  readonly suspend?: boolean;
  /**
   * Enforce, the default where it is absent: the operator keeps the policies as the spec asks. DryRun: it
   * writes no policy, and changes and removes none, those that are there stay as they are; status.preview
   * says who would gain and who would lose what.
   */
  readonly mode?: "Enforce" | "DryRun";
  readonly target?: Target;
  readonly network?: SecondaryNetwork;
  /**
   * The ports of the service, as its pods listen on them (never a Service's own port where the two differ).
   * Rights and permits both use this one list. Absent: with target.service the Service's target ports;
   * otherwise nothing is offered, and only rules with ports of their own let anything in.
   */
  readonly ports?: NonEmpty<Port>;
  readonly rights?: Rights;
  readonly permits?: Permits;
}

/**
 * The pods of the service, always in the object's own namespace: exactly one of podSelector, service,
 * workload, virtualMachine and virtualMachines. Absent: no pods of ours are protected and only permits are
 * made, towards the destinations in permits.egress.
 */
export interface Target {
  /** The pods with these labels. An empty selector {} means every pod of the namespace. */
  readonly podSelector?: LabelSelector;
  /** The pods behind this Service, by its exact selector. Its target ports are the default of `ports`. */
  readonly service?: {
    /** The name of the object, in the namespace of the ServiceAccess. */
    readonly name: string;
  };
  readonly workload?: TargetWorkload;
  /**
   * One virtual machine of KubeVirt, by the label that its virt-launcher pods have of its name;
   * status.target.selector shows which. While it moves from one node to another it has two such pods.
   */
  readonly virtualMachine?: {
    /** The name of the object, in the namespace of the ServiceAccess. */
    readonly name: string;
  };
  /**
   * The virtual machines of KubeVirt with these labels in spec.template.metadata.labels. An empty selector {}
   * means every virtual machine of the namespace, and no other pods: not those in which KubeVirt plugs in,
   * imports and exports disks.
   */
  readonly virtualMachines?: LabelSelector;
}

/**
 * The secondary network that the object is about: its policies isolate the pods' interfaces on that network
 * and no others, and are MultiNetworkPolicies. Peers are the addresses that pods have there. Where the
 * network assigns none, no selector can be a peer: say permits policy None, and name the clients by ipBlock
 * in rights.ingress. Absent: the pod network.
 */
export interface SecondaryNetwork {
  /** The name of the NetworkAttachmentDefinition that the pods name in k8s.v1.cni.cncf.io/networks. */
  readonly name: string;
  /** The namespace of the NetworkAttachmentDefinition. Absent, the object's own. */
  readonly namespace?: string;
  /**
   * What enforces policies on this network. MultiNetworkPolicy, the default: whatever implements
   * k8s.cni.cncf.io/v1beta1. KubeOVN: Kube-OVN, which knows no such kind and takes NetworkPolicies with the
   * annotation ovn.kubernetes.io/network_policy_for.
   */
  readonly backend?: "MultiNetworkPolicy" | "KubeOVN";
  /**
   * Addresses that pods have on this network, where nothing else tells them, such as those that a guest sets
   * itself. The status is worked out with them; no policy is written from them. Absent: none are declared.
   */
  readonly endpoints?: NonEmpty<{
    /** The pods of the object's namespace that have these addresses; a label of one machine names one. */
    readonly podSelector: LabelSelector;
    /** The addresses of each of these pods on the network, without a prefix length. */
    readonly addresses: NonEmpty<string>;
  }>;
}

/** The pods of this workload, by the selector of the workload itself. */
export interface TargetWorkload {
  /** The kind of the workload. */
  readonly kind: "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job";
  /** The name of the object, in the namespace of the ServiceAccess. */
  readonly name: string;
}

export interface Port {
  /**
   * The port's number, 1 to 65535, or the name of a container port, which every pod resolves for itself.
   * Absent: all ports of the protocol.
   */
  readonly port?: number | string;
  /**
   * The last port of a range that begins at port, which must be a number and not above it. Absent: the one
   * port only.
   */
  readonly endPort?: number;
  /**
   * TCP, UDP or SCTP; absent means TCP. Any means every port of every protocol, ICMP included where the
   * network plugin filters it, and takes no port.
   */
  readonly protocol?: "TCP" | "UDP" | "SCTP" | "Any";
  /** A word for people on what the port is for. It changes nothing. */
  readonly description?: string;
}

/**
 * What may come in to the target's pods besides the holders of the client label, and what these pods may
 * call themselves. Absent: the holders come in, nobody else, and the target's own egress is not touched.
 */
export interface Rights {
  /**
   * The directions in which the target is isolated. Absent: Ingress, and Egress too when `egress` is present,
   * even empty. [Egress] alone leaves what comes in untouched.
   */
  readonly policyTypes?: NonEmpty<"Ingress" | "Egress">;
  /**
   * Who may come in besides the holders of the client label, one rule for each group of sources. Absent:
   * nobody else.
   */
  readonly ingress?: NonEmpty<AccessIngressRule>;
  /**
   * What the target's own pods may call. Absent: their egress is not touched. An empty list [] isolates their
   * egress: they may call nothing.
   */
  readonly egress?: readonly AccessEgressRule[];
}

export interface AccessIngressRule {
  /**
   * The sources; one of them suffices. Never empty: to Kubernetes an empty list means the whole world, which
   * must be said by name, preset Anywhere.
   */
  readonly from: NonEmpty<IngressPeer>;
  /** The ports these sources may use. Absent means spec.ports, or the target ports of target.service. */
  readonly ports?: NonEmpty<Port>;
  /** A word for people on what the rule is for. It changes nothing. */
  readonly description?: string;
}

export interface AccessEgressRule {
  /**
   * The destinations; one of them suffices. Never empty: to Kubernetes an empty list means the whole world,
   * which must be said by name, preset Anywhere.
   */
  readonly to: NonEmpty<EgressPeer>;
  /**
   * The ports of the destinations; for every port say protocol Any. Absent only where all of them bring their
   * own: service, serviceAccess and the presets ClusterDNS and KubeAPI.
   */
  readonly ports?: NonEmpty<Port>;
  /** A word for people on what the rule is for. It changes nothing. */
  readonly description?: string;
}

export interface IngressPeer {
  /**
   * The pods with these labels, {} for all, in the namespaces that namespaceSelector and namespaces give;
   * without both of these, in the object's own namespace.
   */
  readonly podSelector?: LabelSelector;
  /**
   * The namespaces with these labels, {} for all of the cluster. ANDed with namespaces and with podSelector;
   * without podSelector, all pods of those namespaces.
   */
  readonly namespaceSelector?: LabelSelector;
  /**
   * The namespaces with these names. ANDed with namespaceSelector and with podSelector; without podSelector,
   * all pods of those namespaces. Absent: no name is asked for.
   */
  readonly namespaces?: NonEmpty<string>;
  readonly ipBlock?: AddressBlock;
  /**
   * A peer with a name. Anywhere: everyone and everything. Cluster: every pod of the cluster. World:
   * everything outside the cluster, private address ranges excluded. LoadBalancerHealthChecks: the addresses
   * from which the cloud's load balancers ask whether the pods are healthy; the operator has to be told the
   * cloud. Virtctl: KubeVirt's virt-api, through which virtctl ssh and port-forward come.
   */
  readonly preset?: "Anywhere" | "Cluster" | "World" | "LoadBalancerHealthChecks" | "Virtctl";
  /**
   * What preset Anywhere or World leaves out. Another peer or policy may still allow it. Absent: nothing is
   * left out.
   */
  readonly except?: {
    /**
     * Address blocks outside the cluster that are left out; a block of pods is not, because pods are let
     * through by their labels. Absent: none.
     */
    readonly cidrs: NonEmpty<string>;
  };
}

export interface EgressPeer {
  /**
   * The pods with these labels, {} for all, in the namespaces that namespaceSelector and namespaces give;
   * without both of these, in the object's own namespace.
   */
  readonly podSelector?: LabelSelector;
  /**
   * The namespaces with these labels, {} for all of the cluster. ANDed with namespaces and with podSelector;
   * without podSelector, all pods of those namespaces.
   */
  readonly namespaceSelector?: LabelSelector;
  /**
   * The namespaces with these names. ANDed with namespaceSelector and with podSelector; without podSelector,
   * all pods of those namespaces. Absent: no name is asked for.
   */
  readonly namespaces?: NonEmpty<string>;
  readonly ipBlock?: AddressBlock;
  /**
   * A peer with a name. Anywhere: everyone and everything. Cluster: every pod of the cluster. World:
   * everything outside the cluster, private address ranges excluded. ClusterDNS: the cluster's DNS, found by
   * its Service, on the ports of the Service and of its pods, over UDP and TCP. KubeAPI: the addresses and
   * ports of the API server, and of its Service, kept up to date. Those two bring ports of their own.
   */
  readonly preset?: "Anywhere" | "Cluster" | "World" | "ClusterDNS" | "KubeAPI";
  readonly except?: PresetExcept;
  readonly names?: NamesPeer;
  /**
   * The pods behind this Service, by its exact selector, on its target ports; kept up to date. It must have a
   * selector.
   */
  readonly service?: {
    /** The name of the object. */
    readonly name: string;
    /** The namespace of the object. Absent, that of the ServiceAccess. */
    readonly namespace?: string;
  };
  /**
   * The target of another ServiceAccess on the ports that it offers; kept up to date. Its rights say all the
   * same who may come in, by its client label or otherwise.
   */
  readonly serviceAccess?: {
    /** The name of the object. */
    readonly name: string;
    /** The namespace of the object. Absent, that of the ServiceAccess. */
    readonly namespace?: string;
  };
}

/** Addresses outside the cluster. Whether a block also means pods inside it depends on the network plugin. */
export interface AddressBlock {
  /** A block of addresses in canonical form, such as 10.0.0.0/8 or 2001:db8::/32. */
  readonly cidr: string;
  /**
   * Blocks inside cidr that are left out, each smaller than cidr. Another peer or policy may still allow
   * them. Absent: nothing is left out.
   */
  readonly except?: NonEmpty<string>;
}

/**
 * What these DNS names resolve to, asked of the cluster's own DNS and kept up to date: an address goes some
 * time after it was seen last, a failure changes nothing. Other names on the same address are reachable as
 * well. A name of a pod's own address does not match with plugins whose address blocks mean nothing inside
 * the cluster.
 */
export interface NamesPeer {
  /** The whole names in lower case, such as example.org; an object has at most 20 different ones. */
  readonly fqdns: NonEmpty<string>;
  /** The families of the addresses that are meant. Absent, both. */
  readonly families?: NonEmpty<"IPv4" | "IPv6">;
  /**
   * True: answers in private ranges, where pods, nodes and Services live, are taken too; whoever answers for
   * the name then chooses among them. False or absent: they are left out and said. Addresses of the host
   * itself, link-local, multicast and reserved ones are never taken.
   */
  readonly allowPrivate?: boolean;
}

/**
 * What preset Anywhere or World leaves out. Another peer or policy may still allow it. Absent: nothing is
 * left out.
 */
export interface PresetExcept {
  /**
   * Address blocks outside the cluster that are left out; a block of pods is not, because pods are let
   * through by their labels. Absent: none.
   */
  readonly cidrs?: NonEmpty<string>;
  /**
   * DNS names whose addresses are left out, as far as they are known: one that no answer has shown so far
   * stays allowed, and so do other ways to the same host. While one of them is not resolved there is no rule
   * at all. Absent: none.
   */
  readonly names?: NonEmpty<string>;
}

/**
 * The client label and what it gives. Absent: the label netpol/<name> with value "true", and a policy that
 * lets its holders go out to the target on spec.ports and ask the cluster DNS.
 */
export interface Permits {
  readonly label?: ClientLabel;
  /**
   * Generate, the default: a policy lets the holders out to the target, and thereby isolates their egress.
   * None: the rights admit the holders, but no policy touches their egress.
   */
  readonly policy?: "Generate" | "None";
  /**
   * Whether the holders may also ask the cluster DNS. True by default, because the permits isolate the
   * holders' egress, and without DNS they could not find the service by its name.
   */
  readonly dns?: boolean;
  readonly namespaces?: PermitNamespaces;
  /**
   * The destinations that the client label gives access to. Needed where target is absent, and only there
   * allowed.
   */
  readonly egress?: NonEmpty<AccessEgressRule>;
}

/** The client label. Absent: the key netpol/<name of the object> with value "true". */
export interface ClientLabel {
  /** The key that pods carry to be clients, such as netpol/memcached. */
  readonly key: string;
  /** The value that makes a pod a client; other values do not. Absent: "true". */
  readonly value?: string;
}

/**
 * Where else the label makes clients, besides the object's own namespace: the rights let the holders of
 * these namespaces in, and a permits policy is written in each of them that accepts it, with the annotation
 * serviceaccess.dev/accept-permits-from on the Namespace naming the object's namespace, or "*". With names
 * and selector both, a namespace must have one of the names and the labels. Absent: nowhere else.
 */
export interface PermitNamespaces {
  /** The namespaces with these names. Absent means that no name is asked for. */
  readonly names?: NonEmpty<string>;
  /** The namespaces with these labels, {} for all of the cluster. Absent means that no label is asked for. */
  readonly selector?: LabelSelector;
}

/**
 * What the operator found and did. Written by the operator only. Lists are capped; `unlisted` and
 * `findingsCount` say how much there is in all.
 */
export interface ServiceAccessStatus {
  /**
   * The metadata.generation this status is about. -1 until the operator has seen the object; behind
   * metadata.generation, the status is about an older spec.
   */
  readonly observedGeneration?: number;
  /**
   * Ready: the operator has done what the spec asks. Programmed: every policy is in the API as desired.
   * Effective: every declared client reaches the target on every port. Exclusive: nobody else does.
   * NamesResolved: every DNS name of the object is known. ExclusionBestEffort: names are excepted, and an
   * address that was not answered yet is not. PermitsConsented: every namespace that permits.namespaces
   * chooses accepts the permits. Drifted: a policy is as somebody else left it; False once it was restored,
   * until the next generation. Enforced: the network plugin enforces what the policies ask; Unknown until the
   * operator's setting --profile says which one there is. Portable: the policies mean the same with every
   * plugin; False names the points in which plugins differ. Reconciling and Stalled are there only while they
   * are true.
   */
  readonly conditions?: readonly Condition[];
  /** The effective reachability in one sentence. */
  readonly summary?: string;
  readonly target?: TargetStatus;
  readonly dns?: DnsStatus;
  /**
   * What the DNS names of the object resolve to, from which its rules are written; after a restart the
   * operator begins with these. An entry is written when its reason or its addresses change. Absent where the
   * object has none.
   */
  readonly names?: readonly NameStatus[];
  /** The policies this object asks for. */
  readonly policies?: readonly PolicyStatus[];
  /**
   * Who reaches the target and who does not although declared, computed from all policies of the cluster, one
   * row for each group of pods.
   */
  readonly reachability?: readonly ReachabilityRow[];
  /** How many rows of reachability there are besides those listed. */
  readonly unlisted?: number;
  /**
   * Flows between the clients and the target, or from anyone to the target, that a network plugin judges
   * otherwise than the portable reading of the policies: the plugin of --profile, or cilium, which stands for
   * all that match no address block against pods. Absent where there are none.
   */
  readonly divergences?: readonly Divergence[];
  /** How many divergences there are besides those listed. Absent where there are none. */
  readonly divergencesUnlisted?: number;
  /** The pods that our policies isolate, by direction; what no policy allows them is denied. */
  readonly isolates?: readonly IsolatedWorkload[];
  readonly deletionWouldExpose?: Exposure;
  readonly preview?: Preview;
  /** How many findings there are in all. */
  readonly findingsCount?: number;
  /** Facts that someone should look at, each with what to do. */
  readonly findings?: readonly Finding[];
}

export interface Condition {
  /** What the condition is about, such as Ready. */
  readonly type: string;
  /** Whether the condition holds; Unknown comes with a reason. */
  readonly status: "True" | "False" | "Unknown";
  /** Why, as one CamelCase word for programs. */
  readonly reason: string;
  /** Why, in a sentence for people. */
  readonly message: string;
  /** The metadata.generation this condition is about. */
  readonly observedGeneration?: number;
  /** When `status` last changed. */
  readonly lastTransitionTime: string;
}

/** What the target and the client label select at the moment. */
export interface TargetStatus {
  /** How many pods the target selects. */
  readonly pods: number;
  /** How many pods carry the client label. */
  readonly clients: number;
  /** The workloads of the target's pods, as Kind/name. */
  readonly workloads?: readonly string[];
  /** The selector of the target's pods as text, such as run=memcached-od. */
  readonly selector?: string;
}

/**
 * The cluster's DNS as it was found last, from which the rule for it is written. It stays in force while
 * nothing is found. Absent where the object asks for none, or none was ever found.
 */
export interface DnsStatus {
  /** The Service, as namespace/name. Absent where only addresses are known. */
  readonly service?: string;
  /** The labels of the pods behind it, in its namespace. */
  readonly matchLabels?: Readonly<Record<string, string>>;
  /** Its own addresses, and those of caches on the nodes. */
  readonly addresses: readonly string[];
  /** Its port and those of its pods, over UDP and TCP. */
  readonly ports: readonly (number | string)[];
}

export interface NameStatus {
  /** The DNS name. */
  readonly name: string;
  /**
   * Resolved. Pending: nobody has answered yet. Stale: nobody answers any more, and the last answers stay.
   * NotFound: the name does not exist. NoAddresses: it has no address. Expired: nobody has answered for so
   * long that its addresses are gone. TooMany: the object, or its namespace, has more names than it may.
   */
  readonly reason: "Pending" | "Resolved" | "Stale" | "NotFound" | "NoAddresses" | "Expired" | "TooMany";
  /** True where there are more addresses than are kept; those seen last stay. Absent where not. */
  readonly capped?: boolean;
  /** Every address that was answered within the window, sorted. */
  readonly answers: readonly {
    /** The address. */
    readonly address: string;
    /** When it was answered last, as of the writing of this entry. */
    readonly lastSeen: string;
  }[];
}

export interface PolicyStatus {
  /** The kind of the policy, such as NetworkPolicy. */
  readonly kind: string;
  /** The namespace of the policy. */
  readonly namespace: string;
  /** The name of the policy. */
  readonly name: string;
  /** Which half it is, what may come in (rights) or what the clients may call (permits). */
  readonly half: "rights" | "permits";
}

export interface ReachabilityRow {
  readonly from: ReachabilitySource;
  readonly to: ReachabilityDestination;
  /** The ports this row is about, such as TCP/11211 or TCP/8000-8010. */
  readonly ports: readonly string[];
  /** Allowed, Denied, or Unknown with a reason. */
  readonly verdict: "Allowed" | "Denied" | "Unknown";
  readonly egress: ReachabilitySide;
  readonly ingress: ReachabilitySide;
  /** Why, in a sentence for people. Absent where the policies say it all. */
  readonly reason?: string;
}

/** The source. */
export interface ReachabilitySource {
  /** The namespace of the pods. Absent for addresses. */
  readonly namespace?: string;
  /** The workload as Kind/name, Pod/name for a bare pod. Absent for addresses. */
  readonly workload?: string;
  /** Addresses outside the cluster, as blocks, or as first-last where no block says it. Absent for pods. */
  readonly addresses?: readonly string[];
  /** How many pods this row is about. Absent for addresses. */
  readonly pods?: number;
  /** Whether the pods carry the client label. Absent for addresses. */
  readonly permit?: boolean;
}

/** The destination. */
export interface ReachabilityDestination {
  /** The namespace of the pods. Absent for addresses. */
  readonly namespace?: string;
  /** The workload as Kind/name, Pod/name for a bare pod. Absent for addresses. */
  readonly workload?: string;
  /** Addresses outside the cluster, as blocks, or as first-last where no block says it. Absent for pods. */
  readonly addresses?: readonly string[];
  /** How many pods this row is about. Absent for addresses. */
  readonly pods?: number;
}

/** What the policies that isolate the source's egress say. */
export interface ReachabilitySide {
  /** Allowed, Denied, or Unknown with a reason. */
  readonly verdict: "Allowed" | "Denied" | "Unknown";
  /**
   * namespace/name of the policies that decide: those that allow, or, where none allows, those that isolate.
   * Empty: no policy isolates this side.
   */
  readonly by: readonly string[];
}

export interface Divergence {
  readonly from: DivergencePlace;
  readonly to: DivergencePlace;
  /** The ports this row is about, such as TCP/11211 or TCP/8000-8010. */
  readonly ports: readonly string[];
  /** What Kubernetes' own text says, Allowed or Denied. */
  readonly portable: "Allowed" | "Denied";
  /** The profile of the plugin that judges otherwise. */
  readonly profile: string;
  /** What this plugin says, Allowed, Denied or Unknown. */
  readonly verdict: "Allowed" | "Denied" | "Unknown";
  /** Why the plugin judges so, in a sentence for people. */
  readonly reason?: string;
}

/** The source. */
export interface DivergencePlace {
  /** The namespace of the pods. Absent for addresses. */
  readonly namespace?: string;
  /** The workload as Kind/name, Pod/name for a bare pod. Absent for addresses. */
  readonly workload?: string;
  /** Addresses outside the cluster, as blocks, or as first-last where no block says it. Absent for pods. */
  readonly addresses?: readonly string[];
  /** How many pods this row is about. Absent for addresses. */
  readonly pods?: number;
}

export interface IsolatedWorkload {
  /** The workload as Kind/name, Pod/name for a bare pod. */
  readonly workload: string;
  /** The namespace of the pods. */
  readonly namespace: string;
  /** How many pods it is. */
  readonly pods: number;
  /** Ingress, what comes in to the pods, or Egress, what they call. */
  readonly direction: "Ingress" | "Egress";
  /**
   * What these pods lose by it, such as "everything but TCP/8080 to app=web"; other policies may close what
   * is left open here.
   */
  readonly loses?: string;
}

/**
 * What would be open again if this object, and its policies with it, were deleted. Absent where nothing
 * would be.
 */
export interface Exposure {
  /** How many pods would be open to everyone whom no policy of their own stops. */
  readonly pods: number;
  /** The workloads of these pods, as Kind/name. */
  readonly workloads?: readonly string[];
  /** The ports that would be open, such as TCP/1-65535. */
  readonly ports?: readonly string[];
  /** How many pods could go out to anywhere again. */
  readonly released: number;
  /** All of it in a sentence for people. */
  readonly message: string;
}

/**
 * What enforcing would change, by all policies of the cluster. Only while spec.mode is DryRun and what the
 * spec names is there.
 */
export interface Preview {
  /** The policies that would be written or removed. */
  readonly policies: readonly PreviewedPolicy[];
  /** Who would get through where they do not now, or not surely. */
  readonly gains: readonly ChangedFlow[];
  /** Who would be cut off, or not surely get through any more. */
  readonly loses: readonly ChangedFlow[];
  /** How many rows there are besides those listed. */
  readonly unlisted: number;
  /** The pods that would be isolated and are not now, by direction. */
  readonly isolates: readonly IsolatedWorkload[];
}

export interface PreviewedPolicy {
  /** What would be done with the policy. */
  readonly action: "Create" | "Change" | "Remove";
  /** The kind of the policy, such as MultiNetworkPolicy; absent, NetworkPolicy. */
  readonly kind?: string;
  /** The namespace of the policy. */
  readonly namespace: string;
  /** The name of the policy. */
  readonly name: string;
}

export interface ChangedFlow {
  readonly from: ChangedPlace;
  readonly to: ChangedPlace;
  /** The ports this row is about, such as TCP/11211 or TCP/8000-8010. */
  readonly ports: readonly string[];
  /** The verdict of now, Allowed, Denied or Unknown. */
  readonly before: "Allowed" | "Denied" | "Unknown";
  /** The verdict once the object is enforced. */
  readonly after: "Allowed" | "Denied" | "Unknown";
}

/** The source. */
export interface ChangedPlace {
  /** The namespace of the pods. Absent for addresses. */
  readonly namespace?: string;
  /** The workload as Kind/name, Pod/name for a bare pod. Absent for addresses. */
  readonly workload?: string;
  /** Addresses outside the cluster, as blocks, or as first-last where no block says it. Absent for pods. */
  readonly addresses?: readonly string[];
  /** How many pods this row is about. Absent for addresses. */
  readonly pods?: number;
  /**
   * True for every other pod of the cluster: those for which there is no row of their own and whom no other
   * policy lets through or stops.
   */
  readonly others?: boolean;
}

export interface Finding {
  /** What was found, as one CamelCase word for programs. */
  readonly type: string;
  /** Error, Warning or Info. */
  readonly severity: "Error" | "Warning" | "Info";
  /** The object it is about, as Kind/name or namespace/Kind/name. */
  readonly object: string;
  /** What was found and what to do, in a sentence or two. */
  readonly message: string;
}
