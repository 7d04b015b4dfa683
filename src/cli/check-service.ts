import type { FlowPort } from "../core/answer.ts";
import { endpointText } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { explain } from "../core/explain.ts";
import type { Explanation } from "../core/explained.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import { BadInput } from "./bad-input.ts";
import type { WideVerdict } from "./check-every-port.ts";
import type { FoundService } from "./endpoint-index.ts";
import { explanationsJson, explanationsText } from "./explanations.ts";
import type { Io } from "./io.ts";
import { jsonLine, type Paint, painter, sidesText, table } from "./output.ts";
import { judgeService, type Reach, type ServiceAnswer, servicePort } from "./service-target.ts";

/** Who asks, and under which name. */
interface Asking {
  readonly text: string;
  readonly members: NonEmpty<Endpoint>;
}

/** A Service is judged by its endpoints, port by port where no port is asked about. */
export async function checkService(
  io: Io,
  evaluator: Evaluator,
  from: Asking,
  to: FoundService,
  port: FlowPort | undefined,
  output: "text" | "json",
): Promise<number> {
  const found = portsOf(to, port).map((each) => judgeService(evaluator, from.members, to, each));
  const verdict = overall(found);
  const names = { from: from.text, to: to.text };
  await io.stdout.write(
    output === "json"
      ? jsonLine(inJson(evaluator, names, found, port))
      : inText(evaluator, names, found, port, painter(io)),
  );
  return verdict === "Allowed" ? 0 : verdict === "Denied" ? 1 : 3;
}

function portsOf(to: FoundService, port: FlowPort | undefined): FoundService["service"]["ports"] {
  if (port === undefined) {
    if (to.service.ports.length > 0) return to.service.ports;
    throw new BadInput([`${to.text} names no ports; say which one is meant, as in ${to.text}:80`]);
  }
  const found = servicePort(to, port);
  if (typeof found === "string") throw new BadInput([found]);
  return [found];
}

function overall(found: readonly ServiceAnswer[]): WideVerdict {
  const verdicts = new Set(found.map(({ answer }) => answer.verdict));
  const [only = "Unknown"] = verdicts;
  if (verdicts.size <= 1) return only;
  return verdicts.has("Unknown") ? "Unknown" : "Partial";
}

interface Names {
  readonly from: string;
  readonly to: string;
}

function inJson(
  evaluator: Evaluator,
  names: Names,
  found: readonly ServiceAnswer[],
  port: FlowPort | undefined,
): object {
  const ports = found.map((each) => ({
    port: each.port.port,
    protocol: each.port.protocol,
    ...each.answer,
    service: each.reached.map(reachJson),
    explanation: explanationsJson(explanationsOf(evaluator, each)),
  }));
  const [only] = ports;
  return port === undefined ? { ...names, verdict: overall(found), ports } : { ...names, ...only };
}

function reachJson({ from, verdict, endpoints }: Reach): object {
  return {
    from: endpointText(from),
    reached: verdict,
    endpoints: endpoints.map(({ name, target, answer }) => ({
      endpoint: name,
      ...target,
      verdict: answer.verdict,
      reason: answer.reason,
    })),
  };
}

function inText(
  evaluator: Evaluator,
  { from, to }: Names,
  found: readonly ServiceAnswer[],
  port: FlowPort | undefined,
  paint: Paint,
): string {
  const heading = port === undefined ? `${paint(overall(found))}: ${from} -> ${to}\n\n` : "";
  const blocks = found.map((each) => {
    const flow = `${paint(each.answer.verdict)}: ${from} -> ${to} ${each.port.protocol}/${each.port.port}\n`;
    const unknown = each.answer.verdict === "Unknown" ? `\n${each.answer.reason}\n` : "";
    const explained = explanationsText(explanationsOf(evaluator, each));
    return `${flow}${sidesText(each.answer)}${unknown}${each.reached.map(reachText).join("")}${explained}`;
  });
  return heading + blocks.join("\n");
}

function reachText({ from, endpoints }: Reach): string {
  if (endpoints.length === 0) return "";
  const lines = endpoints.map(({ name, target, answer }) => [
    `  ${name}`,
    `${target.protocol}/${target.port}`,
    answer.verdict,
  ]);
  return `\n${table([[`  ENDPOINT FOR ${endpointText(from)}`, "PORT", "VERDICT"], ...lines])}`;
}

/** Of each pod that asks the first endpoint, and the first that is judged otherwise. */
function explanationsOf(evaluator: Evaluator, { reached }: ServiceAnswer): readonly Explanation[] {
  return reached.flatMap(({ from, endpoints }) => {
    const [first] = endpoints;
    const different = endpoints.find(({ answer }) => answer.verdict !== first?.answer.verdict);
    return [first, different].flatMap((each) =>
      each?.to === undefined ? [] : explain(evaluator, from, each.to, each.target),
    );
  });
}
