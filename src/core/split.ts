import type { Direction } from "./answer.ts";
import { type AddressRange, parseRange } from "./addresses.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Policy } from "./policy.ts";
import type { CompiledTier } from "./tier.ts";

export interface Pair {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/**
 * Cuts a range of addresses where a policy of the other end begins or ends to tell addresses apart; a pair of pods stays
 * one. CIDRs have no precedence over each other (S61), so every boundary counts and nothing else does.
 */
export function splitAt(evaluator: Evaluator, from: Endpoint, to: Endpoint): readonly Pair[] {
  if (from.kind === "address" && to.kind === "pod") {
    return atoms(from.address, boundaries(evaluator, "ingress", to)).map((address) => ({
      from: { kind: "address", address },
      to,
    }));
  }
  if (to.kind === "address" && from.kind === "pod") {
    return atoms(to.address, boundaries(evaluator, "egress", from)).map((address) => ({
      from,
      to: { kind: "address", address },
    }));
  }
  return [{ from, to }];
}

/** The parts of a range between boundaries; each boundary is the first address of a part. */
export function atoms(range: AddressRange, starts: readonly AddressRange[]): readonly AddressRange[] {
  if (range.first === range.last) return [range];
  const cuts = starts
    .filter((start) => start.family === range.family)
    .flatMap((block) => [block.first, block.last + 1n])
    .filter((cut) => range.first < cut && cut <= range.last);
  const firsts = [range.first, ...new Set(cuts.toSorted((a, b) => (a < b ? -1 : Number(a > b))))];
  return firsts.map((first, i) => ({ ...range, first, last: (firsts[i + 1] ?? range.last + 1n) - 1n }));
}

/** The ranges that the policies of a pod tell apart, and the addresses of its own node. */
export function boundaries(
  evaluator: Evaluator,
  direction: Direction,
  endpoint: Extract<Endpoint, { kind: "pod" }>,
): readonly AddressRange[] {
  const blocks = evaluator
    .applyingTo(direction, endpoint.pod)
    .flatMap(({ policy }) => blocksOf(policy, direction));
  const tiers = TIERS.flatMap((tier) => evaluator.levelsFor(tier, endpoint.pod)).flat();
  const networks = tiers.flatMap(({ policy }) => networksOf(policy, direction));
  const nodes = direction === "ingress" ? endpoint.pod.nodeAddresses.map(parseRange) : [];
  return [...blocks, ...networks, ...nodes.filter((range) => range !== undefined)];
}

/** Every CIDR and every except that the policy's rules for the direction name. */
export function blocksOf(policy: Policy, direction: Direction): readonly AddressRange[] {
  return (policy[direction] ?? []).flatMap((rule) =>
    rule.peers === "anyone"
      ? []
      : rule.peers.flatMap((peer) => (peer.kind === "block" ? [peer.cidr, ...peer.except] : [])),
  );
}

const TIERS = ["Admin", "Baseline"] as const;

/** Every range of addresses that the rules of a cluster-scoped policy name. */
export function networksOf(policy: CompiledTier, direction: Direction): readonly AddressRange[] {
  return policy[direction].flatMap((rule) =>
    rule.peers === "anyone" ? [] : rule.peers.flatMap((peer) => ("ranges" in peer ? peer.ranges : [])),
  );
}
