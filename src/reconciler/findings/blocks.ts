import { type AddressRange, contains, parseRange, rangeText } from "../../core/addresses.ts";
import type { Direction } from "../../core/answer.ts";
import type { Evaluator } from "../../core/evaluator.ts";
import type { Peer, Policy, Rule } from "../../core/policy.ts";
import { ALL_PORTS, equalSets, intersect, isEmptySet, type PortSet, portTexts } from "../../core/ports.ts";
import type { Finding } from "../../model/service-access.ts";
import type { Pod } from "../../model/world.ts";
import type { Scene } from "./findings.ts";
import { DIRECTIONS, type Other, othersOn, otherText } from "./others.ts";

/** What the address blocks of policies of others leave open, or closed, beside what they say. */
export function blockFindings({ access, reach, world, evaluator }: Scene): readonly Finding[] {
  return othersOn(reach, world, evaluator).flatMap((other) =>
    DIRECTIONS.flatMap((direction): readonly Finding[] => {
      const object = otherText(other, access);
      const [undone, closed] = [
        exclusionUndone(other, direction, evaluator),
        closedFamily(other, direction, evaluator),
      ];
      return [
        ...(undone === undefined
          ? []
          : [{ type: "ExclusionShadowed", severity: "Warning", object, message: undone } as const]),
        ...(closed === undefined
          ? []
          : [{ type: "IPv6Blocked", severity: "Warning", object, message: closed } as const]),
      ];
    }),
  );
}

type Block = Extract<Peer, { kind: "block" }>;

/** Rules only ever add up: what one takes out, another lets through all the same. */
export function exclusionUndone(
  other: Other,
  direction: Direction,
  evaluator: Evaluator,
): string | undefined {
  const applying = rulesOn(
    other.groups.map(({ pod }) => pod),
    direction,
    evaluator,
  );
  for (const rule of other.policy[direction] ?? []) {
    for (const block of blocksOf(rule)) {
      for (const except of block.except) {
        const hole = applying.find((each) => undoes(each.rule, except, block, rule));
        if (hole === undefined) continue;
        const by = hole.policy === other.policy ? "another of its rules" : hole.policy.name;
        return `takes ${rangeText(except)} out of ${rangeText(block.cidr)}, but ${by} lets it through on ${portsText(hole.rule.fixed)}: rules add up, so take it out there as well`;
      }
    }
  }
  return undefined;
}

/**
 * Whether a rule lets what another one takes out through without speaking of it: a block for just these addresses, or a
 * rule for everyone on other ports, as for the DNS, says that it is meant.
 */
function undoes(rule: Rule, except: AddressRange, taken: Block, from: Rule): boolean {
  if (rule.peers === "anyone") return !isEmptySet(intersect(portsOf(rule), portsOf(from)));
  return blocksOf(rule).some(
    (block) =>
      block !== taken &&
      contains(block.cidr, except) &&
      !contains(except, block.cidr) &&
      !block.except.some((each) => contains(each, except)),
  );
}

/** Names may stand for any port. */
function portsOf({ fixed }: Rule): PortSet {
  return fixed ?? ALL_PORTS;
}

function portsText(ports: PortSet | undefined): string {
  if (ports === undefined) return "its named ports";
  return equalSets(ports, ALL_PORTS) ? "every port" : portTexts(ports).join(", ");
}

/** Who writes 0.0.0.0/0 means the world, and has only half of it where there are two families. */
function closedFamily(other: Other, direction: Direction, evaluator: Evaluator): string | undefined {
  if (!(other.policy[direction] ?? []).flatMap(blocksOf).some(isAllOfIPv4)) return undefined;
  const closed = other.groups.find(
    ({ members, pod }) =>
      members.some(hasIPv6) && !rulesOn([pod], direction, evaluator).some(({ rule }) => isForIPv6(rule)),
  );
  if (closed === undefined) return undefined;
  const what = direction === "egress" ? "they reach nobody outside" : "nobody outside reaches them";
  return `opens 0.0.0.0/0, which is IPv4 only, while its pods have IPv6 addresses, too: by those ${what}; add ::/0 if that is not meant`;
}

const IPV4 = parseRange("0.0.0.0/0");

function isAllOfIPv4({ cidr }: Block): boolean {
  return IPV4 !== undefined && contains(cidr, IPV4);
}

function isForIPv6(rule: Rule): boolean {
  return rule.peers === "anyone" || blocksOf(rule).some(({ cidr }) => cidr.family === "IPv6");
}

function hasIPv6({ addresses }: Pod): boolean {
  return addresses.some((address) => parseRange(address)?.family === "IPv6");
}

interface Applied {
  readonly policy: Policy;
  readonly rule: Rule;
}

/** The rules of all policies that surely isolate some of the pods, ours among them. */
function rulesOn(pods: readonly Pod[], direction: Direction, evaluator: Evaluator): readonly Applied[] {
  const applying = pods.flatMap((pod) => evaluator.applyingTo(direction, pod));
  const policies = new Set(applying.flatMap(({ policy, selects }) => (selects === "yes" ? [policy] : [])));
  return [...policies].flatMap((policy) => (policy[direction] ?? []).map((rule) => ({ policy, rule })));
}

function blocksOf({ peers }: Rule): readonly Block[] {
  return peers === "anyone" ? [] : peers.filter((peer) => peer.kind === "block");
}
