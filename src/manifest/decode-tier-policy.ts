import type {
  Tier,
  TierAction,
  TierPeer,
  TierPolicy,
  TierPolicyKind,
  TierPort,
  TierRule,
} from "../model/tier-policy.ts";
import {
  both,
  type Decoder,
  decoded,
  defaulted,
  integer,
  isRecord,
  list,
  map,
  mismatch,
  object,
  oneOf,
  problem,
  text,
} from "./decode-json.ts";
import { objectName } from "./decode-metadata.ts";
import { egressPeer, ingressPeer, podScope } from "./decode-tier-peer.ts";
import { adminPort, clusterPort } from "./decode-tier-port.ts";

export const TIER_POLICY_GROUP = "policy.networking.k8s.io";

/** The one version of each kind whose meaning we know. */
export const TIER_POLICY_VERSIONS: Readonly<Record<TierPolicyKind, string>> = {
  AdminNetworkPolicy: "v1alpha1",
  BaselineAdminNetworkPolicy: "v1alpha1",
  ClusterNetworkPolicy: "v1alpha2",
};

export const TIER_POLICY_KINDS: readonly TierPolicyKind[] = [
  "AdminNetworkPolicy",
  "BaselineAdminNetworkPolicy",
  "ClusterNetworkPolicy",
];

/**
 * Brings the three kinds into one shape. What is of the wrong type is a problem; a subject, peer or port of no known kind,
 * such as one of an older version, is kept as unknown: `core/compile-tier.ts` closes it.
 */
export function decodeTierPolicy(kind: TierPolicyKind): Decoder<TierPolicy> {
  return DECODERS[kind];
}

const name = defaulted(text, "");

interface Peers {
  readonly peers: readonly TierPeer[];
}

interface Ports {
  readonly ports: readonly TierPort[] | undefined;
}

/** No peers at all is what the API server refuses; it is kept, and closed later. */
const from: Decoder<Peers> = map(object({ from: defaulted(list(ingressPeer), []) }), (rule) => ({
  peers: rule.from,
}));

function to(kind: TierPolicyKind): Decoder<Peers> {
  return map(object({ to: defaulted(list(egressPeer(kind)), []) }), (rule) => ({ peers: rule.to }));
}

const adminPorts: Decoder<Ports> = object({ ports: defaulted(list(adminPort), undefined) });

const clusterPorts: Decoder<Ports> = map(
  object({ protocols: defaulted(list(clusterPort), undefined) }),
  ({ protocols }) => ({ ports: protocols }),
);

/** v1alpha1 says Allow for what v1alpha2 calls Accept. */
function actions(...words: readonly ("Allow" | TierAction)[]): Decoder<TierAction> {
  return map(oneOf(...words), (word) => (word === "Allow" ? "Accept" : word));
}

function rules(
  action: Decoder<TierAction>,
  peers: Decoder<Peers>,
  ports: Decoder<Ports>,
): Decoder<readonly TierRule[]> {
  const rule: Decoder<TierRule> = both(both(object({ name, action }), peers), ports);
  // Three readings of what is no object would complain three times.
  const whole: Decoder<TierRule> = (raw) => (isRecord(raw) ? rule(raw) : problem(mismatch("an object", raw)));
  return defaulted(list(whole), []);
}

/** The directions of a kind differ in their peers only. */
function directions(kind: TierPolicyKind, action: Decoder<TierAction>, ports: Decoder<Ports>) {
  return {
    subject: podScope,
    ingress: rules(action, from, ports),
    egress: rules(action, to(kind), ports),
  };
}

/** Priorities are compared within a tier, the lowest first. */
const priority = integer(0, 1000);

/** There is at most one BaselineAdminNetworkPolicy, and its name says so. */
const defaultName: Decoder<string> = (raw) =>
  raw === "default" ? decoded(raw) : problem(`${mismatch("default", raw)}: a cluster has only one`);

const adminPolicy: Decoder<TierPolicy> = map(
  object({
    metadata: object({ name: objectName }),
    spec: object({
      priority,
      ...directions("AdminNetworkPolicy", actions("Allow", "Deny", "Pass"), adminPorts),
    }),
  }),
  ({ metadata, spec }) => ({ kind: "AdminNetworkPolicy", name: metadata.name, tier: "Admin", ...spec }),
);

const baselinePolicy: Decoder<TierPolicy> = map(
  object({
    metadata: object({ name: defaultName }),
    spec: object(directions("BaselineAdminNetworkPolicy", actions("Allow", "Deny"), adminPorts)),
  }),
  ({ metadata, spec }) => ({
    kind: "BaselineAdminNetworkPolicy",
    name: metadata.name,
    tier: "Baseline",
    priority: 0,
    ...spec,
  }),
);

const clusterPolicy: Decoder<TierPolicy> = map(
  object({
    metadata: object({ name: objectName }),
    spec: object({
      tier: oneOf<Tier>("Admin", "Baseline"),
      priority,
      ...directions("ClusterNetworkPolicy", actions("Accept", "Deny", "Pass"), clusterPorts),
    }),
  }),
  ({ metadata, spec }) => ({ kind: "ClusterNetworkPolicy", name: metadata.name, ...spec }),
);

const DECODERS: Readonly<Record<TierPolicyKind, Decoder<TierPolicy>>> = {
  AdminNetworkPolicy: adminPolicy,
  BaselineAdminNetworkPolicy: baselinePolicy,
  ClusterNetworkPolicy: clusterPolicy,
};
