import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type {
  EgressRule,
  IngressRule,
  LabelSelector,
  NetworkPolicy,
  NetworkPolicySpec,
  PolicyPeer,
  RulePorts,
} from "../model/network-policy.ts";
import type { AccessEgressRule, Port, ServiceAccess } from "../model/service-access.ts";
import { type Intent, intentOf } from "./intent.ts";
import { isWithoutAddresses, type NetworkReference } from "./network.ts";
import { onNetwork } from "./on-network.ts";
import { holders, seenFromElsewhere, type Unresolved } from "./peers.ts";
import { peerRules, rulesToDns } from "./peer-rules.ts";
import { policyBeside, policyElsewhere } from "./policy-object.ts";
import { rulePorts } from "./ports.ts";
import type { References } from "./references.ts";
import { canonicalRules, type Rule } from "./rules.ts";

/** What a ServiceAccess comes to. */
export interface Generated {
  /** The rights before the permits: whoever applies them in this order admits clients before it isolates them. */
  readonly policies: readonly NetworkPolicy[];
  /** Why nothing can be decided now: the policies in the cluster are to be left as they are. */
  readonly undecided: Unresolved | undefined;
  /** Rules that are left out because something they name is not there; the policies are narrower for it. */
  readonly dropped: readonly Unresolved[];
}

/** The matching pair of policies; canonical, so that equal intents give equal objects. */
export function policiesFor(access: ServiceAccess, references: References): Generated {
  return onNetwork(askedFor(access, references), references.network);
}

/** What the object asks for, in the words of NetworkPolicy. */
export function askedFor(access: ServiceAccess, references: References): Generated {
  const { target } = references;
  if (target.kind === "missing") return { policies: [], undecided: target.why, dropped: [] };
  const intent = intentOf(access);
  const dropped: Unresolved[] = [...unreadableChoice(intent)];
  if (target.kind === "none") {
    const rules = egressRules(intent.permits.egress, "permits.egress", references, dropped);
    return { policies: permits(access, intent, rules, references, dropped), undecided: undefined, dropped };
  }
  const offered = offeredPorts(intent, target.ports);
  const towards: readonly Rule[] =
    offered === undefined ? [] : [{ peers: [{ podSelector: target.selector }], ports: offered }];
  const right = rights(access, intent, target.selector, offered, references, dropped);
  return {
    policies: [right, ...permits(access, intent, towards, references, dropped)],
    undecided: undefined,
    dropped,
  };
}

/** The ports that both halves use; undefined where the object offers none, and then nobody is let in or out for them. */
function offeredPorts(intent: Intent, targetPorts: readonly Port[]): RulePorts | undefined {
  return rulePorts(intent.ports ?? targetPorts);
}

function rights(
  access: ServiceAccess,
  intent: Intent,
  selector: LabelSelector,
  offered: RulePorts | undefined,
  references: References,
  dropped: Unresolved[],
): NetworkPolicy {
  const admitsHolders: readonly Rule[] =
    offered === undefined || !isLabelKnown(intent, references.network)
      ? []
      : [{ peers: clientPeers(intent), ports: offered }];
  const ingress = [...admitsHolders, ...ingressRules(intent, offered, references, dropped)];
  const egress = egressRules(intent.egress, "rights.egress", references, dropped);
  return policyBeside(access, "rights", {
    podSelector: selector,
    policyTypes: POLICY_TYPES.filter((type) => intent.policyTypes.includes(type)),
    ...(intent.policyTypes.includes("Ingress") ? ingressOf(ingress) : {}),
    ...(intent.policyTypes.includes("Egress") ? egressOf(egress) : {}),
  });
}

/** Where nobody knows whose an address is, an object that asks for no permits makes no use of its label. */
function isLabelKnown({ permits }: Intent, network: NetworkReference): boolean {
  return permits.generate || !isWithoutAddresses(network);
}

/** The holders of our own namespace, and of those that are chosen: consent is about policies there, not about getting in. */
function clientPeers({ clientLabel, permits }: Intent): NonEmpty<PolicyPeer> {
  const podSelector = holders(clientLabel);
  const { elsewhere } = permits;
  if (elsewhere === undefined || "reason" in elsewhere) return [{ podSelector }];
  return [{ podSelector }, { podSelector, namespaceSelector: elsewhere }];
}

function unreadableChoice({ permits: { elsewhere } }: Intent): readonly Unresolved[] {
  return elsewhere !== undefined && "reason" in elsewhere ? [elsewhere] : [];
}

/** A permits policy isolates whoever carries the label, so there is none without a way to go. */
function permits(
  access: ServiceAccess,
  intent: Intent,
  towards: readonly Rule[],
  references: References,
  dropped: Unresolved[],
): readonly NetworkPolicy[] {
  const isTowardsOthers = !intent.hasTarget && intent.permits.egress.length > 0;
  const wanted = intent.permits.generate && (towards.length > 0 || isTowardsOthers);
  if (!wanted) return [];
  const dns = intent.permits.dns ? rulesToDns(references, dropped) : [];
  const rules = [...towards, ...dns];
  const { namespace } = access.metadata;
  const fromElsewhere = rules.map((rule) => ruleElsewhere(rule, namespace));
  return [
    policyBeside(access, "permits", permitsSpec(intent, rules)),
    ...references.elsewhere.accepted.map((place) =>
      policyElsewhere(access, place, permitsSpec(intent, fromElsewhere)),
    ),
  ];
}

function permitsSpec({ clientLabel }: Intent, rules: readonly Rule[]): NetworkPolicySpec {
  return { podSelector: holders(clientLabel), policyTypes: ["Egress"], ...egressOf(rules) };
}

function ruleElsewhere({ peers, ports }: Rule, home: string): Rule {
  if (peers === "anyone") return { peers, ports };
  const [first, ...others] = peers;
  return {
    peers: [seenFromElsewhere(first, home), ...others.map((peer) => seenFromElsewhere(peer, home))],
    ports,
  };
}

function ingressRules(
  intent: Intent,
  offered: RulePorts | undefined,
  references: References,
  dropped: Unresolved[],
): readonly Rule[] {
  return intent.ingress.flatMap((rule, i) => {
    const ports = rule.ports === undefined ? offered : rulePorts(rule.ports);
    const asked = { peers: rule.from, ports, field: `rights.ingress[${i}]`, list: "from" } as const;
    return peerRules(asked, references, dropped);
  });
}

function egressRules(
  rules: readonly AccessEgressRule[],
  field: string,
  references: References,
  dropped: Unresolved[],
): readonly Rule[] {
  return rules.flatMap((rule, i) => {
    const ports = rule.ports === undefined ? undefined : rulePorts(rule.ports);
    const asked = { peers: rule.to, ports, field: `${field}[${i}]`, list: "to" } as const;
    return peerRules(asked, references, dropped);
  });
}

function ingressOf(rules: readonly Rule[]): { readonly ingress?: NonEmpty<IngressRule> } {
  const written = canonicalRules(rules).map(({ peers, ports }) => ({
    ...(peers === undefined ? {} : { from: peers }),
    ...(ports === undefined ? {} : { ports }),
  }));
  return isNonEmpty(written) ? { ingress: written } : {};
}

function egressOf(rules: readonly Rule[]): { readonly egress?: NonEmpty<EgressRule> } {
  const written = canonicalRules(rules).map(({ peers, ports }) => ({
    ...(peers === undefined ? {} : { to: peers }),
    ...(ports === undefined ? {} : { ports }),
  }));
  return isNonEmpty(written) ? { egress: written } : {};
}

const POLICY_TYPES = ["Ingress", "Egress"] as const;
