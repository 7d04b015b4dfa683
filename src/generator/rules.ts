import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { PolicyPeer, PolicyPort, RulePeers, RulePorts } from "../model/network-policy.ts";
import { sortedSet } from "./canonical.ts";

/** A rule in which "everyone" and "every port" can only be said by name. */
export interface Rule {
  readonly peers: RulePeers;
  readonly ports: RulePorts;
}

/** A rule as it is written: peers under `from` or `to`. */
export interface WrittenRule {
  readonly peers?: NonEmpty<PolicyPeer>;
  readonly ports?: NonEmpty<PolicyPort>;
}

/** One rule for each set of ports, sorted; rules that are open to anyone stay apart from those that are not. */
export function canonicalRules(rules: readonly Rule[]): readonly WrittenRule[] {
  const byPorts = new Map<string, Rule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.peers === "anyone", rule.ports]);
    byPorts.set(key, joined(byPorts.get(key), rule));
  }
  const written = [...byPorts.values()].map(write);
  return isNonEmpty(written) ? sortedSet(written) : [];
}

function joined(known: Rule | undefined, rule: Rule): Rule {
  if (known === undefined || known.peers === "anyone" || rule.peers === "anyone") return rule;
  const [first, ...others] = known.peers;
  return { peers: [first, ...others, ...rule.peers], ports: rule.ports };
}

/** The only place where a list of peers is left out, which Kubernetes reads as "everyone". */
function write(rule: Rule): WrittenRule {
  return {
    ...(rule.peers === "anyone" ? {} : { peers: sortedSet(rule.peers) }),
    ...(rule.ports === "every" ? {} : { ports: rule.ports }),
  };
}
