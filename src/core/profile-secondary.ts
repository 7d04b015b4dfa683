import { type Profile, SPECIFICATION } from "./profile.ts";

/**
 * What one enforcer of MultiNetworkPolicies makes of the points in which enforcers differ. `undefined`: it is not known of
 * this one, and a verdict that hangs on the point is Unknown.
 */
export interface SecondaryTraits {
  /** Whom a policy is for: everybody on the network, or who is attached by a definition that the policy names. */
  readonly covers: "network" | "definition";
  /** What a policy without policyTypes and without ingress rules is for ingress. */
  readonly impliedIngress: "isolates" | "ignored" | "undefined";
  /** Operators of selectors beside matchLabels and an In of one value. */
  readonly operators: "read" | "policySkipped" | "undefined";
  /** Whose pods a peer with a podSelector alone means. */
  readonly barePeer: "ownNamespace" | "allNamespaces" | "undefined";
  /** What selectors of peers mean where the network knows nobody's address. */
  readonly selectorsWithoutIpam: "policySkipped" | "matchNothing" | "undefined";
  /** `merge`: an except holds for all blocks of its rule; `veto`: it may drop what other rules and policies admit. */
  readonly except: "subtract" | "merge" | "veto";
  /** Whether policies bind virtual machines. */
  readonly machines: "bound" | "free";
}

const OVN_KUBERNETES: SecondaryTraits = {
  covers: "network",
  impliedIngress: "isolates",
  operators: "read",
  barePeer: "ownNamespace",
  selectorsWithoutIpam: "policySkipped",
  except: "subtract",
  machines: "bound",
};

/** Rules inside the pod, by the addresses that the pod's own network-status lists. */
const inPods = { covers: "definition", selectorsWithoutIpam: "matchNothing", machines: "free" } as const;

const IPTABLES: SecondaryTraits = {
  ...inPods,
  impliedIngress: "ignored",
  operators: "policySkipped",
  barePeer: "allNamespaces",
  except: "veto",
};

const NFTABLES: SecondaryTraits = {
  ...inPods,
  impliedIngress: "isolates",
  operators: "read",
  barePeer: "ownNamespace",
  except: "merge",
};

const TC: SecondaryTraits = {
  covers: "definition",
  impliedIngress: "undefined",
  operators: "undefined",
  barePeer: "undefined",
  selectorsWithoutIpam: "undefined",
  except: "subtract",
  machines: "bound",
};

const secondary: Omit<Profile, "name"> = {
  ...SPECIFICATION,
  hostNetworkSubject: "free",
  hostNetworkPeer: "ignored",
  namedPort: "undefined",
  icmp: "withoutPorts",
};

/** What the enforcers of both directions agree on; where they do not, nothing is decided. */
export const SECONDARY_SPECIFICATION: Profile = {
  ...secondary,
  name: SPECIFICATION.name,
  secondary: [OVN_KUBERNETES, IPTABLES, NFTABLES],
};

export const SECONDARY_PROFILES: readonly Profile[] = [
  SECONDARY_SPECIFICATION,
  {
    ...secondary,
    name: "mnp-ovn-kubernetes",
    namedPort: "everyPort",
    established: "cut",
    secondary: [OVN_KUBERNETES],
  },
  { ...secondary, name: "mnp-iptables", established: "kept", secondary: [IPTABLES] },
  { ...secondary, name: "mnp-nftables", established: "kept", secondary: [NFTABLES] },
  { ...secondary, name: "mnp-tc", enforces: ["egress"], secondary: [TC] },
];

export const SECONDARY_PROFILE_NAMES: readonly string[] = SECONDARY_PROFILES.map(({ name }) => name);

export function secondaryProfileNamed(name: string): Profile | undefined {
  return SECONDARY_PROFILES.find((profile) => profile.name === name);
}

/** Who enforces policies on the networks of a plugin: a definition says itself which plugin makes its interfaces. */
const ENFORCERS: Readonly<Record<string, readonly string[]>> = {
  "ovn-k8s-cni-overlay": ["mnp-ovn-kubernetes"],
  macvlan: ["mnp-iptables", "mnp-nftables"],
  ipvlan: ["mnp-iptables", "mnp-nftables"],
  sriov: ["mnp-iptables", "mnp-nftables"],
  bond: ["mnp-iptables", "mnp-nftables"],
  "accelerated-bridge": ["mnp-tc"],
};

/** Those that may enforce policies on a network of these plugins: all there are, where one of the plugins is not known. */
export function enforcersFor(plugins: readonly string[]): readonly Profile[] {
  return knownEnforcers(plugins) ?? ALL;
}

const ALL = SECONDARY_PROFILES.filter(({ name }) => name !== SECONDARY_SPECIFICATION.name);

function knownEnforcers(plugins: readonly string[]): readonly Profile[] | undefined {
  const known = new Map(Object.entries(ENFORCERS));
  const names = plugins.map((plugin) => known.get(plugin));
  if (names.length === 0 || names.includes(undefined)) return undefined;
  return ALL.filter(({ name }) => names.some((each) => each?.includes(name)));
}

/** What is decided on a network of which only the plugins of its definitions are known. */
export function specificationFor(plugins: readonly string[]): Profile {
  const enforcers = knownEnforcers(plugins);
  if (enforcers === undefined) return SECONDARY_SPECIFICATION;
  const [first = SECONDARY_SPECIFICATION] = enforcers;
  const namedPorts = new Set(enforcers.map(({ namedPort }) => namedPort));
  return {
    ...SECONDARY_SPECIFICATION,
    enforces: enforcers.every(({ enforces }) => enforces.length === 1) ? first.enforces : BOTH,
    namedPort: namedPorts.size === 1 ? first.namedPort : "undefined",
    secondary: enforcers.flatMap(({ secondary: traits = [] }) => traits),
  };
}

const BOTH = SECONDARY_SPECIFICATION.enforces;
