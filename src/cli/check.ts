import type { Answer, FlowPort } from "../core/answer.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { icmpVerdict } from "../core/icmp.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import { PROTOCOLS } from "../model/world.ts";
import { BadInput } from "./bad-input.ts";
import { checkEveryPort } from "./check-every-port.ts";
import { checkService } from "./check-service.ts";
import type { EndpointIndex, FoundEnd, FoundService } from "./endpoint-index.ts";
import { explanationsJson, explanationsOf, explanationsText } from "./explanations.ts";
import { loadInput } from "./input.ts";
import type { Io } from "./io.ts";
import { judge, judgeAll, type Pair, pairsOf } from "./judge.ts";
import { askingOf, type NetworkOptions, onNetworkText } from "./on-network.ts";
import { EXIT_CODES, jsonLine, type Paint, painter, sidesText } from "./output.ts";

export interface CheckOptions extends NetworkOptions {
  readonly output: "text" | "json";
  readonly icmp?: boolean;
}

/** One flow, its verdict and the reasons of both sides. */
export async function check(io: Io, from: string, to: string, options: CheckOptions): Promise<number> {
  const { name, port } = parseDestination(to);
  const { index, evaluator, network } = await askingOf(io, await loadInput(io, options), options);
  const ends = findBoth(index, from, name, network);
  if (options.icmp === true) return await checkIcmp(io, evaluator, ends, port, options.output);
  if (ends.to.kind === "service")
    return await checkService(io, evaluator, ends.from, ends.to, port, options.output);
  const pairs = pairsOf(evaluator, ends.from.members, ends.to.members);
  const names = namesOf(ends);
  return port === undefined
    ? await checkEveryPort(io, evaluator, names, pairs, options.output)
    : await checkPort(io, evaluator, { ...names, ...port }, pairs, options.output);
}

async function checkPort(
  io: Io,
  evaluator: Evaluator,
  asked: Asked & FlowPort,
  pairs: NonEmpty<Pair>,
  output: CheckOptions["output"],
): Promise<number> {
  const { port, protocol, ...names } = asked;
  const answer = judge(evaluator, pairs, asked);
  const explanations = explanationsOf(evaluator, pairs, asked);
  await io.stdout.write(
    output === "json"
      ? jsonLine({ ...names, port, protocol, ...answer, explanation: explanationsJson(explanations) })
      : answerText({ ...names, what: `${protocol}/${port}` }, answer, painter(io)) +
          explanationsText(explanations),
  );
  return EXIT_CODES[answer.verdict];
}

async function checkIcmp(
  io: Io,
  evaluator: Evaluator,
  ends: Ends,
  port: FlowPort | undefined,
  output: CheckOptions["output"],
): Promise<number> {
  const { from, to } = ends;
  if (port !== undefined) throw new BadInput(["ICMP has no ports; leave the port out"]);
  if (to.kind === "service")
    throw new BadInput([`${to.text} answers no ICMP; name its pods or their workload`]);
  const pairs = pairsOf(evaluator, from.members, to.members);
  const answer = judgeAll(pairs, (pair) => icmpVerdict(evaluator, pair.from, pair.to));
  const names = namesOf(ends);
  await io.stdout.write(
    output === "json"
      ? jsonLine({ ...names, protocol: "ICMP", ...answer })
      : answerText({ ...names, what: "ICMP" }, answer, painter(io)),
  );
  return EXIT_CODES[answer.verdict];
}

interface Asked {
  readonly from: string;
  readonly to: string;
  /** Only on a secondary network. */
  readonly network?: string;
}

function namesOf({ from, to, network }: Ends): Asked {
  const names = { from: from.text, to: to.text };
  return network === undefined ? names : { ...names, network };
}

function answerText(
  { from, to, network, what }: Asked & { readonly what: string },
  answer: Answer,
  paint: Paint,
): string {
  const families = (answer.families ?? []).map(({ family, verdict }) => `  ${family}: ${paint(verdict)}\n`);
  return [
    `${paint(answer.verdict)}: ${from} -> ${to} ${what}${onNetworkText(network)}\n`,
    ...families,
    sidesText(answer),
    answer.verdict === "Unknown" || answer.profile !== undefined ? `\n${answer.reason}\n` : "",
  ].join("");
}

interface Ends {
  readonly from: FoundEnd;
  readonly to: FoundEnd | FoundService;
  readonly network: string | undefined;
}

function findBoth(index: EndpointIndex, from: string, to: string, network: string | undefined): Ends {
  const [source, target] = [index.find(from), index.find(to)];
  if (source.kind === "found" && target.kind !== "missing") return { from: source, to: target, network };
  const messages = [source, target].flatMap((end) => (end.kind === "missing" ? [end.message] : []));
  throw new BadInput(source.kind === "service" ? [onlyReceives(source), ...messages] : messages);
}

/** Why a Service can be no source. */
export function onlyReceives({ text }: FoundService): string {
  return `${text} sends nothing; name its pods or their workload`;
}

/** `TO[:PORT[/PROTOCOL]]`; an IPv6 address with a port stands in brackets. */
function parseDestination(to: string): { readonly name: string; readonly port: FlowPort | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(to);
  if (bracketed !== null) return { name: bracketed[1] ?? "", port: parsePort(bracketed[2]) };
  const colon = to.indexOf(":");
  if (colon < 0 || to.includes(":", colon + 1)) return { name: to, port: undefined };
  return { name: to.slice(0, colon), port: parsePort(to.slice(colon + 1)) };
}

/** `80`, `80/TCP`, `53/udp`, and `UDP/53` as we print it ourselves. */
export function parsePort(text: string | undefined): FlowPort | undefined {
  if (text === undefined) return undefined;
  const parts = text.toUpperCase().split("/");
  const [number = "", word = "TCP"] = /^[A-Z]/.test(parts[0] ?? "") ? parts.toReversed() : parts;
  const protocol = PROTOCOLS.find((known) => known === word);
  const port = /^\d{1,5}$/.test(number) ? Number(number) : 0;
  if (parts.length > 2 || protocol === undefined || port < 1 || port > 65_535) {
    throw new BadInput([
      `"${text}" is no port; write 80, 80/TCP, 53/UDP or 9/SCTP, with a number from 1 to 65535`,
    ]);
  }
  return { port, protocol };
}
