import type { TierPolicyKind } from "../model/tier-policy.ts";
import type { Unreadable } from "../model/world.ts";
import type { Peer, Policy, Rule } from "./policy.ts";
import { ALL_PORTS } from "./ports.ts";
import { EVERYTHING, type Selector } from "./selector.ts";
import type { CompiledTier, CompiledTierRule } from "./tier.ts";

/**
 * A policy that is there and cannot be read may isolate whom it wants, and admit whom it wants. Only what others decide
 * surely stays decided: policies add up, so what one of them admits is open whatever this one says.
 */
export function unreadablePolicy({ namespace, name, reason, policyTypes }: Unreadable): Policy {
  const unread = unreadText(reason);
  const rules: readonly Rule[] = [{ peers: [anybody(unread)], ports: "every", fixed: ALL_PORTS }];
  const subject: Selector = { kind: "invalid", reason: unread };
  return {
    name: `${namespace}/${name}`,
    namespace,
    subject,
    egress: policyTypes?.includes("Egress") === false ? undefined : rules,
    ingress: policyTypes?.includes("Ingress") === false ? undefined : rules,
    problems: [],
    unread,
  };
}

/** Nobody knows its place in the order, so it comes before all others and may leave a flow to them. */
export function unreadableTier({ kind, name, reason }: Unreadable): CompiledTier {
  const unread = unreadText(reason);
  const rules = [ruleFor("Accept"), ruleFor("Deny")];
  return {
    name: `${kind}/${name}`,
    tier: kind === "BaselineAdminNetworkPolicy" ? "Baseline" : "Admin",
    priority: -1,
    subject: { namespaces: { kind: "invalid", reason: unread }, pods: EVERYTHING },
    egress: rules,
    ingress: rules,
    accepts: { egress: "anyone", ingress: "anyone" },
    problems: [],
    unread,
  };
}

/** What kind of policy it is; undefined for all that is none. */
export function unreadKind({ kind }: Unreadable): "NetworkPolicy" | "TierPolicy" | undefined {
  if (kind === "NetworkPolicy") return kind;
  return TIER_KINDS.some((each) => each === kind) ? "TierPolicy" : undefined;
}

const TIER_KINDS: readonly TierPolicyKind[] = [
  "AdminNetworkPolicy",
  "BaselineAdminNetworkPolicy",
  "ClusterNetworkPolicy",
];

function unreadText(reason: string): string {
  return `it cannot be read: ${reason}`;
}

function anybody(reason: string): Peer {
  return { kind: "undetermined", reason };
}

/** No range is named and none is left out: it may mean everyone and nobody. */
function ruleFor(action: CompiledTierRule["action"]): CompiledTierRule {
  return { action, peers: [{ kind: "networks", ranges: [], isComplete: false }], ports: "every" };
}
