import { expect } from "vitest";
import { check, connections } from "../core/check.ts";
import { type Evaluator, underProfile } from "../core/evaluator.ts";
import { icmpVerdict } from "../core/icmp.ts";
import { hasPort } from "../core/ports.ts";
import { type Profile, profileNamed } from "../core/profile.ts";
import { serviceReachability } from "../core/services.ts";
import { endpointOf } from "./ask.ts";
import { askedWithTiers } from "./ask-tiers.ts";
import { type LateCase, servicesOf } from "./decode-late-cases.ts";
import { tierManifests } from "./decode-tier-cases.ts";
import { comparable, readExpectation } from "./expectation.ts";
import { clusterOf, readPort, type SmallCluster } from "./table.ts";

/** Holds every flow of the case against the evaluator under the profile. */
export function expectLate(each: LateCase, profile: Profile): void {
  const { pods, namespaces, policies, nodes = {} } = each;
  const sketch = { pods, ...(namespaces && { namespaces }), ...(policies && { policies }) };
  const { evaluator } = askedWithTiers(sketch, {
    tierPolicies: tierManifests(each),
    nodes: Object.entries(nodes).map(([name, node]) => ({ name, ...node })),
  });
  const judged = underProfile(evaluator, profile);
  for (const [flow, text] of Object.entries(each.expect)) {
    const [, from = "", to = "", port = ""] = /^(\S+) > ((?:Service )?\S+) (\S+)$/.exec(flow) ?? [];
    if (to.startsWith("Service "))
      expectService(judged, each, clusterOf(sketch), { flow, from, to, port }, text);
    else expectFlow(judged, clusterOf(sketch), { flow, from, to, port }, text);
  }
}

interface FlowText {
  readonly flow: string;
  readonly from: string;
  readonly to: string;
  readonly port: string;
}

function expectFlow(
  evaluator: Evaluator,
  cluster: SmallCluster,
  { flow, from, to, port }: FlowText,
  text: string,
): void {
  const ends = [endpointOf(cluster, from), endpointOf(cluster, to)] as const;
  const expectation = readExpectation(text);
  const isIcmp = port === "ICMP";
  const { protocol, number } = readPort(isIcmp ? "TCP/1" : port);
  const answer = isIcmp
    ? icmpVerdict(evaluator, ...ends)
    : check(evaluator, ...ends, { protocol, port: number });
  expect([flow, comparable(answer, expectation)]).toEqual([flow, expectation]);
  const isByProfile = answer.reason.includes("decided by the profile");
  expect([flow, answer.profile]).toEqual([flow, isByProfile ? evaluator.profile.name : undefined]);
  if (isIcmp) return;
  const { allowed, unknown } = connections(evaluator, ...ends);
  const maybe = hasPort(unknown, protocol, number) ? "Unknown" : "Denied";
  expect([flow, hasPort(allowed, protocol, number) ? "Allowed" : maybe]).toEqual([flow, expectation.verdict]);
}

/** `Partly`, `Fully, endpoints x/a TCP/8080 and x/b TCP/80`, `Unknown, because no selector` */
function expectService(
  evaluator: Evaluator,
  each: LateCase,
  cluster: SmallCluster,
  { flow, from, to, port }: FlowText,
  text: string,
): void {
  const service = servicesOf(each).get(to.replace("Service ", ""));
  if (service === undefined) throw new Error(`there is no ${to} in ${each.name}`);
  const { protocol, number } = readPort(port);
  const { ports } = serviceReachability(evaluator, endpointOf(cluster, from), service, cluster.pods);
  const found = ports.find((one) => one.port.protocol === protocol && one.port.port === number);
  const [verdict, clause = ""] = text.split(", ");
  expect([flow, found?.verdict, found?.answer.reason]).toEqual([flow, verdict, found?.answer.reason]);
  const [, endpoints] = /^endpoints (.+)$/.exec(clause) ?? [];
  const [, because] = /^because (.+)$/.exec(clause) ?? [];
  if (endpoints !== undefined) {
    const given = found?.endpoints.map(({ name, target }) => `${name} ${target.protocol}/${target.port}`);
    expect(given?.join(" and ")).toBe(endpoints);
  }
  expect(found?.answer.reason).toContain(because ?? "");
}

export function profileOf(name: string): Profile {
  const profile = profileNamed(name);
  if (profile === undefined) throw new Error(`${name} is no profile`);
  return profile;
}
