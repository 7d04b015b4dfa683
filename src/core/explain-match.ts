import type { Pod } from "../model/world.ts";
import { matches, portsOfEntry } from "./admits.ts";
import type { Direction, Family, FlowPort } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import { doubtAboutPeer, doubtAboutPorts, doubtAboutTierPeer } from "./explain-doubts.ts";
import type { RuleAt } from "./explained.ts";
import type { PortEntry, Rule } from "./policy.ts";
import { hasPort } from "./ports.ts";
import { and, type Ternary } from "./ternary.ts";
import type { CompiledTierPort, CompiledTierRule } from "./tier.ts";
import { matchesTier, tierPortsOfEntry } from "./tier-walk.ts";

/** One end of one flow, as its policies are asked about it. */
export interface Asked {
  readonly evaluator: Evaluator;
  readonly direction: Direction;
  readonly subject: Pod;
  readonly other: Endpoint;
  readonly destination: Endpoint;
  readonly family: Family | undefined;
  readonly port: FlowPort;
}

/** Whether a rule covers the flow, and by which peer and which port entry. */
export interface Match {
  readonly holds: Ternary;
  readonly at: RuleAt;
  readonly doubts: readonly string[];
}

/** Of what does not match, nobody asks where. */
const NO_MATCH: Match = { holds: "no", at: { rule: 0 }, doubts: [] };

export function matchRule(rule: Rule, index: number, asked: Asked): Match {
  const { other, family, evaluator } = asked;
  const peer = best(rule.peers, (each) => matches(each, other, family, evaluator));
  if (peer.holds === "no") return NO_MATCH;
  const port = best(rule.ports, (entry) => coversPort(entry, asked));
  const doubts = () => [
    ...(peer.holds === "maybe" && peer.found !== undefined ? [doubtAboutPeer(peer.found, asked)] : []),
    ...(port.holds === "maybe" ? [doubtAboutPorts(asked)] : []),
  ];
  return matchAt(index, peer, port, doubts);
}

export function matchTierRule(rule: CompiledTierRule, index: number, asked: Asked): Match {
  const { other, family, evaluator } = asked;
  const peer = best(rule.peers, (each) => matchesTier(each, other, family, evaluator));
  if (peer.holds === "no") return NO_MATCH;
  const port = best(rule.ports, (entry) => coversTierPort(entry, asked));
  const doubts = () =>
    peer.holds === "maybe" && peer.found !== undefined ? [doubtAboutTierPeer(peer.found, asked)] : [];
  return matchAt(index, peer, port, doubts);
}

export function coversPort(entry: PortEntry, { destination, port, evaluator }: Asked): Ternary {
  const { profile } = evaluator;
  if (entry.kind === "named" && profile.namedPort === "undefined")
    return entry.protocol === port.protocol ? "maybe" : "no";
  if (entry.kind !== "nothing" && entry.protocol !== port.protocol) return "no";
  return hasPort(portsOfEntry(entry, destination, profile), port.protocol, port.port) ? "yes" : "no";
}

export function coversTierPort(entry: CompiledTierPort, { destination, port }: Asked): Ternary {
  return hasPort(tierPortsOfEntry(entry, destination), port.protocol, port.port) ? "yes" : "no";
}

interface Best<T> {
  readonly holds: Ternary;
  readonly index?: number;
  readonly found?: T;
}

/** The first of a list that surely matches, else the first that may; a list that is not there matches everything. */
function best<T>(list: "anyone" | "every" | readonly T[], test: (each: T) => Ternary): Best<T> {
  if (typeof list === "string") return { holds: "yes" };
  let maybe: Best<T> = { holds: "no" };
  for (const [index, found] of list.entries()) {
    const holds = test(found);
    if (holds === "yes") return { holds, index, found };
    if (holds === "maybe" && maybe.holds === "no") maybe = { holds, index, found };
  }
  return maybe;
}

function matchAt(
  rule: number,
  peer: Best<unknown>,
  port: Best<unknown>,
  doubts: () => readonly string[],
): Match {
  const at = {
    rule,
    ...(peer.index === undefined ? {} : { peer: peer.index }),
    ...(port.index === undefined ? {} : { port: port.index }),
  };
  const holds = and(peer.holds, port.holds);
  return { holds, at, doubts: holds === "maybe" ? doubts() : [] };
}
