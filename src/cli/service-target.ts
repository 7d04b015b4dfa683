import type { Answer, FlowPort } from "../core/answer.ts";
import { agreeing } from "../core/check.ts";
import { classesOf } from "../core/classes.ts";
import type { Endpoint } from "../core/endpoint.ts";
import type { Evaluator } from "../core/evaluator.ts";
import { serviceReachability, type ServicePortReachability } from "../core/services.ts";
import type { NonEmpty } from "../model/nonempty.ts";
import type { Pod, ServicePort } from "../model/world.ts";
import type { FoundService } from "./endpoint-index.ts";

/** What is said of one port of a Service. */
export interface ServiceAnswer {
  readonly port: ServicePort;
  readonly answer: Answer;
  /** What the first of the pods reaches, and the first for which it is otherwise. */
  readonly reached: readonly Reach[];
}

export interface Reach extends ServicePortReachability {
  readonly from: Endpoint;
}

/** Every endpoint of the port must agree, for every pod that asks. */
export function judgeService(
  evaluator: Evaluator,
  sources: NonEmpty<Endpoint>,
  { service, pods }: FoundService,
  port: ServicePort,
): ServiceAnswer {
  const reached = representatives(evaluator, sources).flatMap((from): readonly Reach[] =>
    serviceReachability(evaluator, from, { ...service, ports: [port] }, pods).ports.map((found) => ({
      ...found,
      from,
    })),
  );
  const [first] = reached;
  const different = reached.find((each) => each.answer.verdict !== first?.answer.verdict);
  return {
    port,
    answer: agreeing(
      reached.map((each) => each.answer),
      "the pods do not agree",
    ),
    reached: [first, different].filter((each) => each !== undefined),
  };
}

/** Pods that no policy can tell apart reach the same; nodes' own pods are more than what policies see of them. */
function representatives(evaluator: Evaluator, sources: NonEmpty<Endpoint>): readonly Endpoint[] {
  const pods = sources.flatMap((end): Pod[] => (end.kind === "pod" && !end.pod.hostNetwork ? [end.pod] : []));
  if (sources.length === 1 || pods.length < sources.length) return sources;
  return classesOf(evaluator, pods).flatMap(({ members: [first] }) =>
    first === undefined ? [] : [{ kind: "pod", pod: first }],
  );
}

/** The port of the Service that is meant, or a sentence that says which there are; one that translates none has all of them. */
export function servicePort(
  { service, text }: FoundService,
  { protocol, port }: FlowPort,
): ServicePort | string {
  const found = service.ports.find((each) => each.protocol === protocol && each.port === port);
  if (found !== undefined) return found;
  if (service.headless || service.type === "ExternalName")
    return { name: "", protocol, port, targetPort: port };
  const ports = service.ports.map((each) => `${each.protocol}/${each.port}`).join(", ");
  return `${text} has no port ${protocol}/${port}${ports === "" ? "" : `; its ports are ${ports}`}`;
}
