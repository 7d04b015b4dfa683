import { expect, test } from "vitest";
import { endpointOf } from "../testing/ask.ts";
import { askedWithTiers } from "../testing/ask-tiers.ts";
import { readRules, readTables } from "../testing/decode-cases.ts";
import { type LateCase, readLateCases, servicesOf } from "../testing/decode-late-cases.ts";
import { tierManifests } from "../testing/decode-tier-cases.ts";
import { comparable, readExpectation } from "../testing/expectation.ts";
import { clusterOf, readPort, type SmallCluster } from "../testing/table.ts";
import { serviceaccess } from "../testing/transcript.ts";
import { check, connections } from "./check.ts";
import { compileCluster, type Evaluator, underProfile } from "./evaluator.ts";
import { icmpVerdict } from "./icmp.ts";
import { hasPort } from "./ports.ts";
import { type Profile, PROFILES, profileNamed, SPECIFICATION } from "./profile.ts";
import { serviceReachability } from "./services.ts";

const CASES = readLateCases();

for (const each of CASES) {
  for (const profile of profilesOf(each)) {
    test(`${each.rule}, ${profile.name}: ${each.name}`, () => {
      expectLate(each, profile);
    });
  }
}

/** Rules that say nothing about a verdict: what a status or a page has to say instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  S76: "what becomes of open connections: docs/profiles.md, and no verdict is about them",
  S83: "policies apply some time after they are written: a status carries the generation it was computed from",
};

test("every rule about endpoints, Services and the rest has a case here or among the rules, or a reason to have none", () => {
  const covered = [...CASES, ...readRules("rules.yaml")].map(({ rule }) => rule);
  const all = Array.from({ length: 25 }, (_, i) => `S${i + 60}`);
  expect(all.filter((rule) => !covered.includes(rule))).toEqual(Object.keys(ELSEWHERE));
});

test("S71: of two pods that claim one address the running one has it", async () => {
  const pod = (name: string, phase: string): string =>
    `---\n{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: x, labels: {pod: ${name}}}, status: {phase: ${phase}, podIP: 10.0.1.7}}\n`;
  const policy = `---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {podSelector: {matchLabels: {pod: new}}}}
`;
  const code = async (...pods: readonly string[]): Promise<number> => {
    const files = { "a.yaml": pods.join("") + policy + pod("a", "Running").replace("10.0.1.7", "10.0.1.1") };
    return (await serviceaccess("check -f a.yaml x/a 10.0.1.7:80", { files })).code;
  };
  expect(await code(pod("new", "Running"), pod("old", "Pending"))).toBe(1);
  expect(await code(pod("old", "Pending"), pod("new", "Running"))).toBe(1);
  expect(await code(pod("new", "Pending"), pod("old", "Running"))).toBe(0);
  expect(await code(pod("new", "Succeeded"), pod("old", "Running"))).toBe(0);
});

/** The cases of the Kubernetes suite that a plugin gives another answer than the suite wants. */
const OTHERWISE: Readonly<Record<string, string>> = {
  cilium: "E34 E35 E36 E36-together",
  "cilium-before-1.16": "E34 E35 E36 E36-together",
  "terway-ebpf": "E34 E35 E36 E36-together",
  "ovn-kubernetes": "E17 E18 E19",
  "kube-ovn": "E17 E18 E19",
  "kube-ovn-lax": "E17 E18 E19",
};

test.each(PROFILES.filter(({ enforces }) => enforces).map(({ name }) => name))(
  "the Kubernetes suite under the profile %s",
  (name) => {
    const different = readTables("e2e.yaml").filter(({ steps }) =>
      steps.some((step) => !isAsInTables(clusterOf(step), step.denied, profileOf(name))),
    );
    expect(different.map(({ id }) => id).join(" ")).toBe(OTHERWISE[name] ?? "");
  },
);

function isAsInTables(
  cluster: SmallCluster,
  denied: Readonly<Record<string, readonly string[]>>,
  profile: Profile,
): boolean {
  const evaluator = compileCluster({ ...cluster, profile });
  const names = cluster.pods.map(({ uid }) => uid);
  return Object.entries(denied).every(([text, pairs]) => {
    const { protocol, number } = readPort(text);
    return names.every((from) =>
      names.every((to) => {
        if (from === to) return true;
        const ends = [endpointOf(cluster, from), endpointOf(cluster, to)] as const;
        const wanted = pairs.includes(`${from} > ${to}`) ? "Denied" : "Allowed";
        return check(evaluator, ...ends, { protocol, port: number }).verdict === wanted;
      }),
    );
  });
}

function profilesOf({ profiles = [SPECIFICATION.name] }: LateCase): readonly Profile[] {
  return profiles === "all" ? PROFILES : profiles.map(profileOf);
}

function profileOf(name: string): Profile {
  const profile = profileNamed(name);
  if (profile === undefined) throw new Error(`${name} is no profile`);
  return profile;
}

function expectLate(each: LateCase, profile: Profile): void {
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
