import type { Direction } from "./answer.ts";
import type { SecondaryTraits } from "./profile-secondary.ts";

/**
 * What one network plugin makes of the points that Kubernetes leaves open. Only points that can change a verdict or what a
 * status says are listed. Sources: the plugins' own documentation and code, as gathered in docs/profiles.md.
 */
export interface Profile {
  readonly name: string;
  /** The directions in which the plugin enforces policies; none: it enforces no policy at all. */
  readonly enforces: readonly Direction[];
  /** Whether an ipBlock matches the addresses of pods (S55). */
  readonly ipBlockMatchesPods: boolean;
  /** Whether an ipBlock matches the addresses of nodes, and so of pods on the node's network (S57). */
  readonly ipBlockMatchesNodes: boolean;
  /** Whether policies bind a pod on the node's network, and whether selectors of peers match it (S67). */
  readonly hostNetworkSubject: "bound" | "free" | "undefined";
  readonly hostNetworkPeer: "matched" | "ignored" | "undefined";
  /** Whether a pod may always reach the node it is on; Kubernetes' own pages disagree (S66). */
  readonly egressToOwnNode: "allowed" | "policed";
  /** `first`: only the first port of a range is admitted (S40). */
  readonly endPort: "range" | "first";
  /** `everyPort`: a named port admits the whole protocol; `undefined`: which port it means is not known per pod. */
  readonly namedPort: "perPod" | "everyPort" | "undefined";
  /**
   * ICMP between ends that some policy isolates (S77). `withoutPorts`: where a rule without ports admits the peer;
   * `denied`: dropped, and what such a rule makes of it is not known.
   */
  readonly icmp: "denied" | "allowed" | "withoutPorts" | "undefined";
  /** Whether policies let a pod come back to itself through a Service (S63). */
  readonly serviceHairpin: "allowed" | "undefined";
  /** Whether policies are enforced for flows of this kind; `undefined`: only in some versions, or with a switch. */
  readonly sctp: "enforced" | "undefined";
  readonly ipv6: "enforced" | "never" | "undefined";
  /** What becomes of connections that a changed policy would not let begin. */
  readonly established: "cut" | "kept" | "undefined";
  /** Only on a secondary network: the enforcers of MultiNetworkPolicies that it may be. */
  readonly secondary?: readonly SecondaryTraits[];
  /** How policies are kept to some networks; absent: a NetworkPolicy is for the pod network, whatever is said besides. */
  readonly scope?: "annotation";
  /** What else has to hold for anything to be enforced, in words. */
  readonly precondition?: string;
  /** More than this many policies of a cluster are advised against. */
  readonly advisedPolicies?: number;
  /** More than this many ports of one address block are dropped. */
  readonly portsPerBlock?: number;
  /** More than this many address blocks of one policy are advised against. */
  readonly blocksPerPolicy?: number;
}

/** What the API's text and the Kubernetes e2e suite say; what they leave open stays open. */
export const SPECIFICATION: Profile = {
  name: "specification",
  enforces: ["egress", "ingress"],
  ipBlockMatchesPods: true,
  ipBlockMatchesNodes: true,
  hostNetworkSubject: "undefined",
  hostNetworkPeer: "undefined",
  egressToOwnNode: "policed",
  endPort: "range",
  namedPort: "perPod",
  icmp: "undefined",
  serviceHairpin: "undefined",
  sctp: "enforced",
  ipv6: "enforced",
  established: "undefined",
};

const common: Omit<Profile, "name"> = {
  ...SPECIFICATION,
  hostNetworkSubject: "free",
  hostNetworkPeer: "ignored",
  icmp: "withoutPorts",
};

/** Policies go by identity: an address that is a pod's or a node's is no address. */
const identities: Omit<Profile, "name"> = {
  ...common,
  ipBlockMatchesPods: false,
  ipBlockMatchesNodes: false,
  sctp: "undefined",
  established: "cut",
};

const cilium: Omit<Profile, "name"> = { ...identities, serviceHairpin: "allowed" };

const EBPF_TERWAY = "the nodes have a kernel of 4.19 or later and the pods share a network interface";

export const PROFILES: readonly Profile[] = [
  SPECIFICATION,
  { ...common, name: "calico", established: "kept" },
  { ...cilium, name: "cilium" },
  { ...cilium, name: "cilium-before-1.16", endPort: "first" },
  { ...common, name: "terway-iptables", established: "kept", advisedPolicies: 100 },
  { ...identities, name: "terway-ebpf", endPort: "first", precondition: EBPF_TERWAY, advisedPolicies: 100 },
  { ...common, name: "antrea", icmp: "denied", serviceHairpin: "allowed", established: "kept" },
  {
    ...common,
    name: "ovn-kubernetes",
    // Selected or not by the way the peer is written: with a podSelector, or by an empty namespaceSelector alone.
    hostNetworkPeer: "undefined",
    namedPort: "everyPort",
    established: "cut",
  },
  { ...common, name: "kube-ovn", namedPort: "undefined", scope: "annotation" },
  { ...common, name: "kube-ovn-lax", namedPort: "undefined", icmp: "allowed", scope: "annotation" },
  { ...common, name: "kube-router", icmp: "allowed", ipv6: "undefined", established: "kept" },
  { ...common, name: "kube-network-policies", established: "cut" },
  {
    ...common,
    name: "aws-vpc-cni",
    hostNetworkPeer: "matched",
    ipv6: "undefined",
    established: "kept",
    precondition: "network policies are switched on in the plugin",
    portsPerBlock: 24,
  },
  { ...common, name: "azure-npm", ipv6: "never", established: "kept", blocksPerPolicy: 4 },
  { ...common, name: "none", enforces: [], icmp: "allowed" },
];

/** Products that enforce policies by one of these plugins, and the plugins' own names for it. */
const PROFILE_ALIASES: Readonly<Record<string, string>> = {
  canal: "calico",
  "gke-dataplane-v2": "cilium",
  "aks-cilium": "cilium",
  "huawei-dpv2": "cilium",
  k3s: "kube-router",
  kindnet: "kube-network-policies",
  flannel: "none",
};

/** Everything that `profileNamed` knows. */
export const PROFILE_NAMES: readonly string[] = [
  ...PROFILES.map(({ name }) => name),
  ...Object.keys(PROFILE_ALIASES),
];

export function profileNamed(name: string): Profile | undefined {
  const meant = new Map(Object.entries(PROFILE_ALIASES)).get(name) ?? name;
  return PROFILES.find((profile) => profile.name === meant);
}
