import type { Answer, FlowPort } from "../core/answer.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import { PROTOCOLS } from "../model/world.ts";
import { DEFAULT_NAMESPACE } from "../manifest/decode.ts";
import { BadInput } from "./bad-input.ts";
import { checkEveryPort } from "./check-every-port.ts";
import { type EndpointIndex, indexEndpoints } from "./endpoint-index.ts";
import { evaluate, type ProfileOptions } from "./evaluation.ts";
import { type InputOptions, loadInput } from "./input.ts";
import type { Io } from "./io.ts";
import { judge, pairsOf } from "./judge.ts";
import { EXIT_CODES, jsonLine, type Paint, painter, sidesText } from "./output.ts";

export interface CheckOptions extends InputOptions, ProfileOptions {
  readonly output: "text" | "json";
}

/** One flow, its verdict and the reasons of both sides. */
export async function check(io: Io, from: string, to: string, options: CheckOptions): Promise<number> {
  const destination = parseDestination(to);
  const { world, evaluator } = await evaluate(io, await loadInput(io, options), options);
  const index = indexEndpoints(world, options.namespace ?? DEFAULT_NAMESPACE);
  const ends = findBoth(index, from, destination.name);
  const pairs = pairsOf(evaluator, ends.from.members, ends.to.members);
  const names = { from: ends.from.text, to: ends.to.text };
  if (destination.port === undefined)
    return await checkEveryPort(io, evaluator, names, pairs, options.output);
  const { port } = destination;
  const answer = judge(evaluator, pairs, port);
  const asked = { ...names, port: port.port, protocol: port.protocol };
  await io.stdout.write(
    options.output === "json" ? jsonLine({ ...asked, ...answer }) : inText(asked, answer, painter(io)),
  );
  return EXIT_CODES[answer.verdict];
}

interface Asked extends FlowPort {
  readonly from: string;
  readonly to: string;
}

function inText({ from, to, port, protocol }: Asked, answer: Answer, paint: Paint): string {
  const families = (answer.families ?? []).map(({ family, verdict }) => `  ${family}: ${paint(verdict)}\n`);
  return [
    `${paint(answer.verdict)}: ${from} -> ${to} ${protocol}/${port}\n`,
    ...families,
    sidesText(answer),
    answer.verdict === "Unknown" ? `\n${answer.reason}\n` : "",
  ].join("");
}

interface Named {
  readonly text: string;
  readonly members: NonEmpty<Endpoint>;
}

function findBoth(
  index: EndpointIndex,
  from: string,
  to: string,
): { readonly from: Named; readonly to: Named } {
  const [source, target] = [index.find(from), index.find(to)];
  if (source.kind === "found" && target.kind === "found") return { from: source, to: target };
  throw new BadInput([source, target].flatMap((end) => (end.kind === "missing" ? [end.message] : [])));
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
