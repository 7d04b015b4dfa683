/**
 * What one network plugin makes of the points that Kubernetes leaves open. Only points that can change a verdict here are
 * listed. Sources: the plugins' own documentation and code, as gathered in docs/profiles.md.
 */
export interface Profile {
  readonly name: string;
  /** False: the plugin enforces no NetworkPolicy at all. */
  readonly enforces: boolean;
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
}

/** What the API's text and the Kubernetes e2e suite say; what they leave open stays open. */
export const SPECIFICATION: Profile = {
  name: "specification",
  enforces: true,
  ipBlockMatchesPods: true,
  ipBlockMatchesNodes: true,
  hostNetworkSubject: "undefined",
  hostNetworkPeer: "undefined",
  egressToOwnNode: "policed",
  endPort: "range",
  namedPort: "perPod",
  icmp: "undefined",
  serviceHairpin: "undefined",
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
};

const cilium: Omit<Profile, "name"> = { ...identities, serviceHairpin: "allowed" };

export const PROFILES: readonly Profile[] = [
  SPECIFICATION,
  { ...common, name: "calico" },
  { ...cilium, name: "cilium" },
  { ...cilium, name: "cilium-before-1.16", endPort: "first" },
  { ...common, name: "terway-iptables" },
  { ...identities, name: "terway-ebpf", endPort: "first" },
  { ...common, name: "antrea", icmp: "denied", serviceHairpin: "allowed" },
  { ...common, name: "ovn-kubernetes", namedPort: "everyPort" },
  { ...common, name: "kube-ovn", namedPort: "undefined" },
  { ...common, name: "kube-ovn-lax", namedPort: "undefined", icmp: "allowed" },
  { ...common, name: "kube-router", icmp: "allowed" },
  { ...common, name: "kube-network-policies" },
  { ...common, name: "aws-vpc-cni", hostNetworkPeer: "matched" },
  { ...common, name: "azure-npm" },
  { ...common, name: "none", enforces: false, icmp: "allowed" },
];

export function profileNamed(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}
