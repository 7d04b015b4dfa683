import type { AddressRange } from "../core/addresses.ts";
import { portsOf } from "../core/admits.ts";
import type { Direction } from "../core/answer.ts";
import { compile } from "../core/compile.ts";
import { consent } from "../core/consent.ts";
import { type Endpoint, sharedFamilies } from "../core/endpoint.ts";
import { createEngine } from "../core/engine.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { SPECIFICATION } from "../core/profile.ts";
import type { Rule } from "../core/policy.ts";
import { NO_PORTS, type PortSet, union } from "../core/ports.ts";
import { blocksOf } from "../core/split.ts";
import { declaredPolicies } from "../generator/declared.ts";
import type { References } from "../generator/references.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import type { PodsOf } from "./named.ts";

/** What an object declares, as questions: it says nothing of what is in force. */
export interface Grant {
  /** The ports on which the source is named as a client of the destination: it is expected to get through. */
  expected(from: Endpoint, to: Endpoint): PortSet;
  /** The ports that the object opens for the source, by name or by preset: whoever comes there is no stranger. */
  granted(from: Endpoint, to: Endpoint): PortSet;
  /** The ports of the destination that the object speaks of. */
  concerned(to: Endpoint): PortSet;
  /** Equal for pods of one namespace that the object does not tell apart, whatever is in force. */
  classKey(pod: Pod): string;
  /** The pods that it names as clients, or as destinations of those: nobody else is expected. */
  readonly named: readonly PodsOf[];
  /** The ports that it speaks of by a name, as `TCP/http`. */
  readonly names: readonly string[];
  /** The ends of these ranges tell addresses apart. */
  readonly blocks: readonly AddressRange[];
}

export function grantOf(access: ServiceAccess, references: References, world: World): Grant {
  const direction = access.spec.target === undefined ? "egress" : "ingress";
  const expecting = declaredPolicies(access, references, "clients");
  const clients = alone(expecting, world);
  const everyone = declaredPolicies(access, references, "everyone");
  const all = alone(everyone, world);
  // Permits of several namespaces have the same ports and blocks.
  const [compiled] = everyone.map(compile);
  const rules = compiled?.[direction] ?? [];
  return {
    expected: (from, to) => admitted(clients, direction, from, to),
    granted: (from, to) => admitted(all, direction, from, to),
    concerned: (to) => rules.map((rule) => portsOf(rule, to, SPECIFICATION)).reduce(union, NO_PORTS),
    named: expecting.flatMap((policy) => podsNamed(compile(policy)[direction] ?? [])),
    names: [...new Set(rules.flatMap(portNames))].toSorted(),
    classKey: (pod) => all.classKey(pod),
    blocks: compiled === undefined ? [] : blocksOf(compiled, direction),
  };
}

function podsNamed(rules: readonly Rule[]): readonly PodsOf[] {
  const peers = rules.flatMap((rule) => (rule.peers === "anyone" ? [] : rule.peers));
  return peers.flatMap((peer) =>
    peer.kind === "pods" ? [{ namespaces: peer.namespaces, labels: peer.pods }] : [],
  );
}

function portNames({ ports }: Rule): readonly string[] {
  if (ports === "every") return [];
  return ports.flatMap((entry) => (entry.kind === "named" ? [`${entry.protocol}/${entry.name}`] : []));
}

/** A cluster in which these policies are the only ones; its namespaces are looked up where they are. */
function alone(policies: readonly NetworkPolicy[], { namespaces }: World): Evaluator {
  const engine = createEngine();
  for (const policy of policies) engine.putPolicy(policy);
  return { ...engine, namespaceOf: (name) => namespaces.get(name) ?? engine.namespaceOf(name) };
}

/** Ends without a common family are declared all the same; that they never meet is for the verdict to say. */
function admitted(evaluator: Evaluator, direction: Direction, from: Endpoint, to: Endpoint): PortSet {
  const families = sharedFamilies(from, to);
  return (families.length === 0 ? [undefined] : families)
    .flatMap((family) => consent(direction, named(from), named(to), family, evaluator).layers)
    .flatMap((layer) => (layer.kind === "union" ? layer.union.shares : []))
    .map((share) => share.sure)
    .reduce(union, NO_PORTS);
}

/** A pod is named by its labels, whether or not policies bind it: those on the node's network are named, too. */
function named(endpoint: Endpoint): Endpoint {
  return endpoint.kind === "pod" && endpoint.pod.hostNetwork
    ? { kind: "pod", pod: { ...endpoint.pod, hostNetwork: false } }
    : endpoint;
}
