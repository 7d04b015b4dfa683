import type { Problem } from "../model/problem.ts";
import type { Tier, TierAction } from "../model/tier-policy.ts";
import type { Protocol } from "../model/world.ts";
import type { AddressRange } from "./addresses.ts";
import type { Direction } from "./answer.ts";
import type { Peer } from "./policy.ts";
import type { Selector } from "./selector.ts";

/** A cluster-scoped policy after `compileTier`: unknown shapes have been made closed, ports are ranges or names. */
export interface CompiledTier {
  /** `Kind/name`. */
  readonly name: string;
  readonly tier: Tier;
  readonly priority: number;
  readonly subject: CompiledScope;
  readonly egress: readonly CompiledTierRule[];
  readonly ingress: readonly CompiledTierRule[];
  /**
   * Who some rule of a direction may accept, in the form in which NetworkPolicies name their peers: all others are denied,
   * or left to the next tier.
   */
  readonly accepts: Readonly<Record<Direction, "anyone" | readonly Peer[]>>;
  readonly problems: readonly Problem[];
  /** Only where nothing of it could be read: why. */
  readonly unread?: string;
}

export interface CompiledScope {
  readonly namespaces: Selector;
  readonly pods: Selector;
}

/** The first rule that matches decides; rules, peers and ports stand where they were written. */
export interface CompiledTierRule {
  readonly action: TierAction;
  readonly peers: "anyone" | readonly CompiledTierPeer[];
  readonly ports: "every" | readonly CompiledTierPort[];
}

export type CompiledTierPeer =
  | { readonly kind: "pods"; readonly scope: CompiledScope }
  /** Incomplete where a range that was written is none: any address may have been meant. */
  | { readonly kind: "networks"; readonly ranges: readonly AddressRange[]; readonly isComplete: boolean }
  /** The addresses of the nodes that are selected, surely or perhaps. */
  | { readonly kind: "nodes"; readonly ranges: readonly AddressRange[]; readonly selects: "yes" | "maybe" }
  /** Which addresses a name stands for is not in the policy: an address outside may be one of them. */
  | { readonly kind: "domainNames" };

export type CompiledTierPort =
  | { readonly kind: "range"; readonly protocol: Protocol; readonly from: number; readonly to: number }
  | { readonly kind: "named"; readonly name: string };
