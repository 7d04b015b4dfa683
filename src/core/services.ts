import type { Labels } from "../model/labels.ts";
import type { Pod, Service, ServicePort } from "../model/world.ts";
import type { Answer, FlowPort, Verdict } from "./answer.ts";
import { agreeing, check, unknownAnswer } from "./check.ts";
import { type Endpoint, podText } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";
import { fromOutside, toApiServer } from "./services-addresses.ts";
import { isSamePod, throughServiceToItself } from "./services-hairpin.ts";

/** Whether policies let someone reach a Service, port by port (S78-S80). */
export interface ServiceReachability {
  readonly verdict: Reached;
  readonly reason: string;
  readonly ports: readonly ServicePortReachability[];
}

/** `Partly`: some of the endpoints let it pass and some do not, so that it depends on which one is chosen. */
export type Reached = "Fully" | "Partly" | "Not" | "Unknown";

export interface ServicePortReachability {
  readonly port: ServicePort;
  readonly verdict: Reached;
  readonly endpoints: readonly ServiceEndpoint[];
  /** The endpoints' answers as one: Unknown where they differ. */
  readonly answer: Answer;
}

/** Where a connection to a port of the Service may end. */
export interface ServiceEndpoint {
  /** `namespace/pod`, or a description of the addresses. */
  readonly name: string;
  readonly target: FlowPort;
  readonly answer: Answer;
  /** What `explain` can be asked about; absent where the way there is not that of an ordinary flow. */
  readonly to?: Endpoint;
}

/**
 * Asks about every pod that the Service selects, on the port that it translates to. Running pods count as ready: that one
 * of them does not answer its probe, the input does not say.
 */
export function serviceReachability(
  evaluator: Evaluator,
  from: Endpoint,
  service: Service,
  pods: Iterable<Pod>,
): ServiceReachability {
  const ends = endpointsOf(service, pods);
  const ports = service.ports.map((port) => portReachability(evaluator, from, service, port, ends));
  const verdict = ports.length === 0 ? "Unknown" : together(ports.map((port) => port.verdict));
  const reasons = [...new Set(ports.map(({ answer }) => answer.reason))];
  return { verdict, ports, reason: reasons.join("; ") || `${nameOf(service)} has no ports` };
}

/** The ready pods of a Service; none where it has no selector. */
function endpointsOf({ namespace, selector }: Service, pods: Iterable<Pod>): readonly Pod[] {
  if (selector === undefined) return [];
  return [...pods].filter(
    (pod) => pod.namespace === namespace && isReady(pod) && carries(pod.labels, selector),
  );
}

function isReady({ phase, terminating }: Pod): boolean {
  return phase === "Running" && !terminating;
}

function carries(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

function portReachability(
  evaluator: Evaluator,
  from: Endpoint,
  service: Service,
  port: ServicePort,
  pods: readonly Pod[],
): ServicePortReachability {
  const elsewhere = endsElsewhere(evaluator, from, service, port);
  const endpoints =
    elsewhere ??
    pods.flatMap((pod) => podEndpoints(evaluator, from, service, pod, targetOf(service, port, pod)));
  if (endpoints.length === 0) return undetermined(port, missing(service, port, pods));
  const answers = endpoints.map(({ answer }) => answer);
  return {
    port,
    verdict: together(answers.map(({ verdict }) => REACHED[verdict])),
    endpoints,
    answer: agreeing(answers, `the endpoints of ${nameOf(service)} differ`),
  };
}

const REACHED: Readonly<Record<Verdict, Reached>> = { Allowed: "Fully", Denied: "Not", Unknown: "Unknown" };

/** Some reached and some not is Partly, whatever is unknown beside them. */
function together(parts: readonly Reached[]): Reached {
  const [first = "Unknown"] = parts;
  if (parts.every((part) => part === first)) return first;
  const isSome = parts.some((part) => part === "Fully" || part === "Partly");
  return isSome && parts.some((part) => part === "Not" || part === "Partly") ? "Partly" : "Unknown";
}

/** The API server's Service ends at addresses; undefined for one that ends at pods. */
function endsElsewhere(
  evaluator: Evaluator,
  from: Endpoint,
  service: Service,
  port: ServicePort,
): readonly ServiceEndpoint[] | undefined {
  if (service.namespace !== "default" || service.name !== "kubernetes" || service.selector !== undefined)
    return undefined;
  const number = typeof port.targetPort === "number" ? port.targetPort : port.port;
  const target: FlowPort = { protocol: port.protocol, port: number };
  return [{ name: "the API server", target, answer: toApiServer(evaluator, from, target) }];
}

/** A pod of the Service, twice where one of several replicas may come back to itself. */
function podEndpoints(
  evaluator: Evaluator,
  from: Endpoint,
  service: Service,
  pod: Pod,
  target: FlowPort | undefined,
): readonly ServiceEndpoint[] {
  if (target === undefined) return [];
  const name = podText(pod);
  if (from.kind === "address")
    return [{ name, target, answer: fromOutside(evaluator, from, service, pod, target) }];
  const to: Endpoint = { kind: "pod", pod };
  const another = { name, target, answer: check(evaluator, from, to, target), to };
  if (!isSamePod(from.pod, pod)) return [another];
  const itself = { name: `${name} itself`, target, answer: throughServiceToItself(evaluator, pod, target) };
  return pod.replicas > 1 ? [another, itself] : [itself];
}

/** A name means the first of that name in the pod, unlike in a policy (S44); behind a headless Service nothing is translated. */
function targetOf({ headless }: Service, port: ServicePort, pod: Pod): FlowPort | undefined {
  const { protocol, targetPort } = port;
  if (headless) return { protocol, port: port.port };
  if (typeof targetPort === "number") return { protocol, port: targetPort };
  const named = pod.ports.find((each) => each.name === targetPort && each.protocol === protocol);
  return named === undefined ? undefined : { protocol, port: named.number };
}

function undetermined(port: ServicePort, reason: string): ServicePortReachability {
  return { port, verdict: "Unknown", endpoints: [], answer: unknownAnswer(reason) };
}

/** Why there is nothing to ask about. */
function missing(service: Service, { targetPort }: ServicePort, pods: readonly Pod[]): string {
  const name = nameOf(service);
  if (service.type === "ExternalName") return `${name} stands for a name outside the cluster`;
  if (service.selector === undefined) return `${name} has no selector: its endpoints are not in the input`;
  if (pods.length === 0) return `${name} selects no running pod`;
  return `no running pod of ${name} has a port named ${targetPort}`;
}

function nameOf({ namespace, name }: Service): string {
  return `Service ${namespace}/${name}`;
}
