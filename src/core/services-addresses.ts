import type { Pod, Service } from "../model/world.ts";
import type { AddressRange } from "./addresses.ts";
import type { Answer, Family, FlowPort } from "./answer.ts";
import { agreeing, answerOf, check } from "./check.ts";
import { type Endpoint, familiesOf } from "./endpoint.ts";
import type { Evaluator } from "./evaluator.ts";

const EVERYWHERE: Readonly<Record<Family, AddressRange>> = {
  IPv4: { family: "IPv4", first: 0n, last: (1n << 32n) - 1n },
  IPv6: { family: "IPv6", first: 0n, last: (1n << 128n) - 1n },
};

/**
 * The API server answers at addresses of nodes or hosts, which the input does not say (S80): the verdict is that of every
 * address, where there is one.
 */
export function toApiServer(evaluator: Evaluator, from: Endpoint, port: FlowPort): Answer {
  const families: readonly Family[] = familiesOf(from).length > 0 ? familiesOf(from) : ["IPv4", "IPv6"];
  const answers = families.flatMap((family) =>
    whoeverHasIt(evaluator, (each) => check(each, from, everywhere(family), port)),
  );
  const answer = agreeing(answers, "the families differ");
  const reason = `the API server's addresses are not in the input: ${answer.reason}`;
  return answer.verdict === "Unknown" ? { ...answer, reason } : answer;
}

/**
 * Whoever comes from outside to a Service may show the pods its own address, a load balancer's or a node's (S60): only a
 * pod that lets everyone in surely lets it in. Where only pods of the node take what comes to it, nobody has to replace
 * the sender's address.
 */
export function fromOutside(
  evaluator: Evaluator,
  from: Extract<Endpoint, { kind: "address" }>,
  service: Service,
  pod: Pod,
  port: FlowPort,
): Answer {
  const to: Endpoint = { kind: "pod", pod };
  if (isForOutside(service) && service.externalTrafficPolicy === "Local")
    return check(evaluator, from, to, port);
  const source = everywhere(from.address.family);
  const answer = agreeing(
    whoeverHasIt(evaluator, (each) => check(each, source, to, port)),
    "the addresses of nodes differ from others",
  );
  if (answer.verdict === "Allowed") return answer;
  const reason = isForOutside(service)
    ? "externalTrafficPolicy is Cluster: the pod sees the address of a node or a load balancer in place of the sender's (SourceNATed), and who else comes with that is not known"
    : "whether the pod sees the sender's address or that of a load balancer or node is not defined";
  return answerOf(answer.egress, { ...answer.ingress, verdict: "Unknown", reason });
}

function isForOutside({ type }: Service): boolean {
  return type === "LoadBalancer" || type === "NodePort";
}

function everywhere(family: Family): Endpoint {
  return { kind: "address", address: EVERYWHERE[family] };
}

/** Asked twice: the address may be a node's, and it may be none. */
function whoeverHasIt(evaluator: Evaluator, ask: (evaluator: Evaluator) => Answer): readonly Answer[] {
  return [ask(evaluator), ask({ ...evaluator, isNodeAddress: () => true })];
}
