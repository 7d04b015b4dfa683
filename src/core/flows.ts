import type { Answer, FlowPort } from "./answer.ts";
import { check } from "./check.ts";
import { consent, type Layer } from "./consent.ts";
import { type Endpoint, sharedFamilies } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import { portAtoms } from "./port-atoms.ts";
import { isEmptySet, type PortSet, union } from "./ports.ts";
import { splitAt } from "./split.ts";

/** Ports between two endpoints on which the same policies give the same verdict. */
export interface Flow {
  readonly ports: PortSet;
  /** One of them. */
  readonly example: FlowPort;
  readonly answer: Answer;
}

/** Every verdict there is between two endpoints on the ports asked about, with its causes. */
export function flows(evaluator: Evaluator, from: Endpoint, to: Endpoint, ports: PortSet): readonly Flow[] {
  if (isEmptySet(ports)) return [];
  const byAnswer = new Map<string, Flow>();
  for (const atom of portAtoms(ports, boundariesBetween(evaluator, from, to))) {
    const answer = check(evaluator, from, to, atom.example);
    const key = JSON.stringify([answer.verdict, answer.egress.by, answer.ingress.by, answer.families]);
    const known = byAnswer.get(key);
    byAnswer.set(
      key,
      known === undefined
        ? { ...atom, answer }
        : { ports: union(known.ports, atom.ports), example: known.example, answer },
    );
  }
  return [...byAnswer.values()];
}

/** All port sets that some policy of either end draws for some of the addresses. */
function boundariesBetween(evaluator: Evaluator, from: Endpoint, to: Endpoint): readonly PortSet[] {
  return splitAt(evaluator, from, to).flatMap((pair) =>
    sharedFamilies(pair.from, pair.to).flatMap((family) =>
      (["egress", "ingress"] as const).flatMap((direction) => {
        const { layers, forwarded } = consent(direction, pair.from, pair.to, family, evaluator);
        return [...layers.flatMap(setsOf), ...(forwarded === undefined ? [] : [forwarded])];
      }),
    ),
  );
}

function setsOf(layer: Layer): readonly PortSet[] {
  if (layer.kind === "union") return layer.union.shares.flatMap((share) => [share.sure, share.maybe]);
  return layer.outcome.shares.flatMap(({ can, silent }) => [can.Accept, can.Deny, can.Pass, silent]);
}
