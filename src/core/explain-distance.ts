import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { Labels } from "../model/labels.ts";
import type { Namespace, Pod } from "../model/world.ts";
import { type AddressRange, contains, rangeText } from "./addresses.ts";
import { matches } from "./admits.ts";
import { addressesOf, endpointText, podText } from "./endpoint.ts";
import type { Asked } from "./explain-match.ts";
import type { Lack } from "./explained.ts";
import type { NamespaceScope, Peer } from "./policy.ts";
import { type Requirement, type Selector, unmet } from "./selector.ts";
import type { CompiledTierPeer } from "./tier.ts";
import { matchesTier } from "./tier-walk.ts";

/** How far a part of a rule is from matching the flow; the weight only compares it with others. */
export interface Distance {
  readonly weight: number;
  /** In words only for the nearest of many. */
  readonly lacks: () => readonly Lack[];
}

export const NO_DISTANCE: Distance = { weight: 0, lacks: () => [] };

/** A label is soon changed, a block of addresses was drawn around something else, and a pod never becomes an address. */
const WEIGHTS: Readonly<Record<Lack["kind"], number>> = {
  port: 1,
  except: 1,
  label: 2,
  namespace: 2,
  hostNetwork: 2,
  profile: 2,
  portName: 3,
  cidr: 4,
  sort: 6,
  never: 9,
  rules: 99,
};

export function distanceOf(kind: Lack["kind"], lack: () => Lack): Distance {
  return { weight: WEIGHTS[kind], lacks: () => [lack()] };
}

export function peerDistance(peer: Peer, asked: Asked): Distance {
  const { other, family, evaluator } = asked;
  if (matches(peer, other, family, evaluator) !== "no") return NO_DISTANCE;
  switch (peer.kind) {
    case "nothing":
    case "undetermined":
      return distanceOf("never", () => ({ kind: "never", what: "peer" }));
    case "block":
      return blockDistance(peer, asked);
    case "pods":
      return other.kind === "address"
        ? notOfSort("pods", asked)
        : podDistance(other.pod, peer.namespaces, peer.pods, asked);
  }
}

export function tierPeerDistance(peer: CompiledTierPeer, asked: Asked): Distance {
  const { other, family, evaluator } = asked;
  if (matchesTier(peer, other, family, evaluator) !== "no") return NO_DISTANCE;
  switch (peer.kind) {
    case "networks":
      return outside(peer.ranges, asked);
    case "nodes":
      return notOfSort("nodes", asked);
    case "domainNames":
      return notOfSort("names outside", asked);
    case "pods": {
      if (other.kind === "address") return notOfSort("pods", asked);
      const scope: NamespaceScope = { kind: "selected", selector: peer.scope.namespaces };
      return podDistance(other.pod, scope, peer.scope.pods, asked);
    }
  }
}

function notOfSort(needs: Extract<Lack, { kind: "sort" }>["needs"], { other }: Asked): Distance {
  return distanceOf("sort", () => ({ kind: "sort", end: endpointText(other), needs }));
}

/** What the labels do not lack, the node's network does. */
function podDistance(pod: Pod, scope: NamespaceScope, selector: Selector, { evaluator }: Asked): Distance {
  const ofNamespace = namespaceDistance(scope, evaluator.namespaceOf(pod.namespace));
  const ofPod = unmet(selector, pod.labels);
  const weight = ofNamespace.weight + ofPod.length * WEIGHTS.label;
  if (weight === 0) return distanceOf("hostNetwork", () => ({ kind: "hostNetwork", pod: podText(pod) }));
  const podLack = (requirement: Requirement) => labelLack("pod", podText(pod), requirement, pod.labels);
  return { weight, lacks: () => [...ofNamespace.lacks(), ...ofPod.map(podLack)] };
}

/** Labels that the input does not say are no lack: they may be as they should. */
function namespaceDistance(scope: NamespaceScope, { name, labels, labelsKnown }: Namespace): Distance {
  if (scope.kind === "own") {
    const needs = scope.namespace;
    if (needs === name) return NO_DISTANCE;
    return distanceOf("namespace", () => ({ kind: "namespace", namespace: name, needs }));
  }
  const lacking = unmet(scope.selector, labels).filter(
    ({ key }) => labelsKnown || key === NAMESPACE_NAME_LABEL,
  );
  return {
    weight: lacking.length * WEIGHTS.label,
    lacks: () => lacking.map((requirement) => labelLack("namespace", name, requirement, labels)),
  };
}

function labelLack(of: "pod" | "namespace", name: string, requirement: Requirement, labels: Labels): Lack {
  const { key } = requirement;
  const lack = { kind: "label", of, name, needs: requirementText(requirement) } as const;
  return Object.hasOwn(labels, key) ? { ...lack, has: `${key}=${labels[key] ?? ""}` } : lack;
}

/** As kubectl writes it. */
function requirementText(requirement: Requirement): string {
  const { key } = requirement;
  switch (requirement.operator) {
    case "In":
      return requirement.values.length === 1
        ? `${key}=${requirement.values[0] ?? ""}`
        : `${key} in (${requirement.values.join(",")})`;
    case "NotIn":
      return `${key} notin (${requirement.values.join(",")})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
  }
}

/** In the block and in none of its exceptions it would match, if the network plugin asked. */
function blockDistance({ cidr, except }: Extract<Peer, { kind: "block" }>, asked: Asked): Distance {
  const { other, family, evaluator } = asked;
  const address = addressesOf(other, family).find((each) => contains(cidr, each));
  if (address === undefined) return outside([cidr], asked);
  const taken = except.find((each) => contains(each, address));
  if (taken === undefined) {
    const profile = evaluator.profile.name;
    return distanceOf("profile", () => ({ kind: "profile", end: endpointText(other), profile }));
  }
  return distanceOf("except", () => ({
    kind: "except",
    address: rangeText(address),
    cidr: rangeText(cidr),
    except: rangeText(taken),
  }));
}

function outside(ranges: readonly AddressRange[], { other, family }: Asked): Distance {
  return distanceOf("cidr", () => {
    const address = addressesOf(other, family).map(rangeText).join(", ");
    return { kind: "cidr", address, cidrs: ranges.map(rangeText) };
  });
}
