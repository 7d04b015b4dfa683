import { PROTOCOLS } from "../model/world.ts";
import type { FlowPort } from "./answer.ts";
import { type PortSet, portSet } from "./ports.ts";

/** Ports that nothing tells apart, and one of them to ask about. */
export interface PortAtom {
  readonly ports: PortSet;
  readonly example: FlowPort;
}

/** Cuts a set where one of the others begins or ends. */
export function portAtoms(set: PortSet, others: readonly PortSet[]): readonly PortAtom[] {
  return PROTOCOLS.flatMap((protocol) => {
    const starts = others.flatMap((other) => other[protocol].flatMap(({ from, to }) => [from, to + 1]));
    const cuts = [...new Set(starts)].toSorted((a, b) => a - b);
    return set[protocol].flatMap(({ from, to }) => {
      const firsts = [from, ...cuts.filter((cut) => from < cut && cut <= to)];
      return firsts.map((first, i) => ({
        ports: portSet(protocol, first, (firsts[i + 1] ?? to + 1) - 1),
        example: { protocol, port: first },
      }));
    });
  });
}
