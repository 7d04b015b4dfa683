import { flows } from "../core/flows.ts";
import type { Answer } from "../core/answer.ts";
import type { Evaluator } from "../core/evaluator.ts";
import {
  ALL_PORTS,
  complement,
  equalSets,
  intersect,
  isEmptySet,
  NO_PORTS,
  type PortSet,
  portTexts,
  union,
} from "../core/ports.ts";
import { connections } from "../core/check.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import { explanationsJson, explanationsOf, explanationsText } from "./explanations.ts";
import type { Io } from "./io.ts";
import { type Pair, pairText } from "./judge.ts";
import { onNetworkText } from "./on-network.ts";
import { jsonLine, painter, sidesText } from "./output.ts";

/** Like a verdict on one port; Partial where the answer depends on the port. */
export type WideVerdict = Answer["verdict"] | "Partial";

/** What may pass and what may not between two ends, on every port there is; disjoint and together all ports. */
export interface Sets {
  readonly allowed: PortSet;
  readonly unknown: PortSet;
  readonly denied: PortSet;
}

/** Without a port the question is which ports; the exit code of a mixed answer promises neither. */
export async function checkEveryPort(
  io: Io,
  evaluator: Evaluator,
  names: { readonly from: string; readonly to: string; readonly network?: string },
  pairs: NonEmpty<Pair>,
  output: "text" | "json",
): Promise<number> {
  const sets = setsOf(evaluator, pairs);
  const verdict = wideVerdict(sets.allowed, sets.unknown);
  const [first] = pairs;
  const disagreement = disagreementOf(evaluator, pairs);
  const found = disagreement === undefined ? flows(evaluator, first.from, first.to, ALL_PORTS) : [];
  const parts = found.map((flow) => ({
    ...flow,
    explanations: explanationsOf(evaluator, [first], flow.example),
  }));
  if (output === "json") {
    await io.stdout.write(
      jsonLine({
        ...names,
        verdict,
        ...texts(sets),
        ports: parts.map(({ ports, answer, explanations }) => ({
          ports: portTexts(ports),
          ...answer,
          explanation: explanationsJson(explanations),
        })),
        ...(disagreement === undefined ? {} : { reason: disagreement }),
      }),
    );
  } else {
    const paint = painter(io);
    const lines = parts.map(
      ({ ports, answer, explanations }) =>
        `\n${paint(answer.verdict)}: ${portTexts(ports).join(", ")}\n${sidesText(answer)}${explanationsText(explanations)}`,
    );
    const sum = disagreement === undefined ? "" : `\n${disagreement}\n${inWords(sets)}`;
    await io.stdout.write(
      `${paint(verdict)}: ${names.from} -> ${names.to}${onNetworkText(names.network)}\n${sum}${lines.join("")}`,
    );
  }
  return verdict === "Allowed" ? 0 : verdict === "Denied" ? 1 : 3;
}

/** Allowed and Denied are said only of all ports; Unknown comes before Partial. */
export function wideVerdict(allowed: PortSet, unknown: PortSet, asked: PortSet = ALL_PORTS): WideVerdict {
  if (equalSets(allowed, asked)) return "Allowed";
  if (!isEmptySet(unknown)) return "Unknown";
  return isEmptySet(allowed) ? "Denied" : "Partial";
}

/** A port is allowed or denied when it is so for every pair; what the pairs differ in is unknown. */
function setsOf(evaluator: Evaluator, pairs: NonEmpty<Pair>): Sets {
  const each = pairs.map(({ from, to }) => connections(evaluator, from, to));
  const allowed = each.map((one) => one.allowed).reduce(intersect, ALL_PORTS);
  const denied = complement(each.map((one) => union(one.allowed, one.unknown)).reduce(union, NO_PORTS));
  return { allowed, denied, unknown: complement(union(allowed, denied)) };
}

function disagreementOf(evaluator: Evaluator, pairs: NonEmpty<Pair>): string | undefined {
  const [first, ...others] = pairs;
  const ours = connections(evaluator, first.from, first.to);
  const other = others.find(({ from, to }) => {
    const theirs = connections(evaluator, from, to);
    return !equalSets(ours.allowed, theirs.allowed) || !equalSets(ours.unknown, theirs.unknown);
  });
  return other && `the pods do not agree: ${pairText(first)} and ${pairText(other)} differ`;
}

function texts({ allowed, unknown, denied }: Sets): Readonly<Record<keyof Sets, readonly string[]>> {
  return { allowed: portTexts(allowed), unknown: portTexts(unknown), denied: portTexts(denied) };
}

function inWords(sets: Sets): string {
  return Object.entries(texts(sets))
    .filter(([, ports]) => ports.length > 0)
    .map(([word, ports]) => `  ${word}: ${ports.join(", ")}\n`)
    .join("");
}
