import { parseRange } from "../core/addresses.ts";
import { connections } from "../core/check.ts";
import { type Endpoint, endpointText } from "../core/endpoint.ts";
import { compileCluster } from "../core/evaluator.ts";
import { intersect, isEmptySet, type PortSet, portTexts, subtract, union } from "../core/ports.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Namespace, Pod } from "../model/world.ts";

/** What stays the same while policies change. */
export interface Surroundings {
  readonly pods: readonly Pod[];
  readonly namespaces: ReadonlyMap<string, Namespace>;
  /** Addresses outside the cluster that are asked about. */
  readonly outside: readonly string[];
}

export interface Gaps {
  /** What is allowed in the first state and in the last, and not in one between: `2: x/a -> x/b TCP/80`. */
  readonly cut: readonly string[];
  /** What is denied in the first state and in the last, and not in one between. */
  readonly opened: readonly string[];
}

/** What happens, on the way through these states, to flows that are the same before and after. */
export function gapsIn(surroundings: Surroundings, states: readonly (readonly NetworkPolicy[])[]): Gaps {
  const seen = states.map((policies) => flowsIn(surroundings, policies));
  const [before, after] = [seen.at(0), seen.at(-1)];
  const [cut, opened] = [new Array<string>(), new Array<string>()];
  if (before === undefined || after === undefined) return { cut, opened };
  for (const [index, between] of seen.entries()) {
    for (const [pair, ports] of between) {
      const [first, last] = [before.get(pair) ?? ports, after.get(pair) ?? ports];
      const lost = subtract(intersect(first.allowed, last.allowed), ports.allowed);
      const gained = subtract(ports.allowed, union(first.possible, last.possible));
      if (!isEmptySet(lost)) cut.push(`${index}: ${pair} ${portTexts(lost).join(" ")}`);
      if (!isEmptySet(gained)) opened.push(`${index}: ${pair} ${portTexts(gained).join(" ")}`);
    }
  }
  return { cut, opened };
}

interface Flows {
  readonly allowed: PortSet;
  /** With what is not determined. */
  readonly possible: PortSet;
}

function flowsIn(
  { pods, namespaces, outside }: Surroundings,
  policies: readonly NetworkPolicy[],
): ReadonlyMap<string, Flows> {
  const evaluator = compileCluster({ pods, namespaces, policies });
  const inside = pods.map((pod): Endpoint => ({ kind: "pod", pod }));
  const pairs = inside.flatMap((pod) => [
    ...inside.filter((other) => other !== pod).map((other) => [pod, other] as const),
    ...outside.map(address).flatMap((other) => [[pod, other] as const, [other, pod] as const]),
  ]);
  return new Map(
    pairs.map(([from, to]) => {
      const { allowed, unknown } = connections(evaluator, from, to);
      return [`${endpointText(from)} -> ${endpointText(to)}`, { allowed, possible: union(allowed, unknown) }];
    }),
  );
}

function address(text: string): Endpoint {
  const range = parseRange(text);
  if (range === undefined) throw new Error(`${text} is no address`);
  return { kind: "address", address: range };
}
