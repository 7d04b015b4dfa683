import type { Peer } from "./policy.ts";
import type { CompiledTierPeer, CompiledTierRule } from "./tier.ts";

/** Who some of the rules may accept, in the form in which NetworkPolicies name pods; names stand for no pod. */
export function acceptedBy(rules: readonly CompiledTierRule[]): "anyone" | readonly Peer[] {
  const accepting = rules.filter(({ action }) => action === "Accept");
  const named: Peer[] = [];
  for (const { peers } of accepting) {
    if (peers === "anyone") return "anyone";
    named.push(...peers.flatMap(asNamed));
  }
  return named;
}

function asNamed(peer: CompiledTierPeer): readonly Peer[] {
  switch (peer.kind) {
    case "pods": {
      const { namespaces, pods } = peer.scope;
      return [{ kind: "pods", namespaces: { kind: "selected", selector: namespaces }, pods }];
    }
    case "networks":
      return peer.isComplete ? peer.ranges.map(asBlock) : [UNDETERMINED];
    case "nodes":
      return peer.ranges.map(asBlock);
    case "domainNames":
      return [];
  }
}

const UNDETERMINED: Peer = { kind: "undetermined", reason: "a network is no CIDR" };

function asBlock(cidr: Extract<Peer, { kind: "block" }>["cidr"]): Peer {
  return { kind: "block", cidr, except: [] };
}
