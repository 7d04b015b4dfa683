import fc from "fast-check";
import { expect, test } from "vitest";
import type { TierPolicy } from "../model/tier-policy.ts";
import { askedWithTiers } from "../testing/ask-tiers.ts";
import { endpointOf } from "../testing/ask.ts";
import type { TieredCluster } from "../testing/naive-tiers.ts";
import { OUTSIDE, PROBED } from "../testing/random-cluster.ts";
import { tieredClusterArbitrary } from "../testing/random-tiers.ts";
import { type ClusterSketch, readPort } from "../testing/table.ts";
import { check } from "./check.ts";
import { endpointText } from "./endpoint.ts";
import { compileCluster } from "./evaluator.ts";
import { portTexts } from "./ports.ts";
import { equalPriorityConflicts } from "./tier-conflicts.ts";

const PODS: ClusterSketch = { pods: { "x/a": "10.0.1.1", "y/b": "10.0.2.1" } };
const X = { namespaces: { matchLabels: { "kubernetes.io/metadata.name": "x" } } };
const Y = { namespaces: { matchLabels: { "kubernetes.io/metadata.name": "y" } } };
const ALL = { namespaces: {} };

function policy(name: string, spec: object): object {
  return {
    kind: "ClusterNetworkPolicy",
    metadata: { name },
    spec: { tier: "Admin", priority: 5, subject: ALL, ...spec },
  };
}

function port(number: number): object {
  return { tcp: { destinationPort: { number } } };
}

function range(start: number, end: number): object {
  return { tcp: { destinationPort: { range: { start, end } } } };
}

function conflicts(sketch: ClusterSketch, ...tierPolicies: readonly object[]): readonly string[] {
  const { evaluator } = askedWithTiers(sketch, { tierPolicies });
  return equalPriorityConflicts(evaluator).map(({ tier, priority, direction, policies, example }) => {
    const flow = `${endpointText(example.from)} > ${endpointText(example.to)}`;
    return `${tier} ${priority} ${direction}: ${policies.join(", ")} on ${flow} ${portTexts(example.ports).join()}`;
  });
}

test("two policies that disagree are named with an example of where", () => {
  const accepts = policy("a", { ingress: [{ action: "Accept", from: [ALL], protocols: [range(80, 90)] }] });
  const denies = policy("b", {
    subject: X,
    ingress: [{ action: "Deny", from: [Y], protocols: [range(85, 99)] }],
  });
  expect(conflicts(PODS, accepts, denies)).toEqual([
    "Admin 5 ingress: ClusterNetworkPolicy/a, ClusterNetworkPolicy/b on y/b > x/a TCP/85-90",
  ]);
});

test("both directions are told apart, and addresses outside are looked at", () => {
  const accepts = policy("a", {
    egress: [{ action: "Accept", to: [{ networks: ["192.0.2.0/24"] }] }],
    ingress: [{ action: "Accept", from: [ALL] }],
  });
  const denies = policy("b", {
    egress: [{ action: "Deny", to: [{ networks: ["192.0.2.128/25"] }] }],
    ingress: [{ action: "Pass", from: [ALL] }],
  });
  const names = "ClusterNetworkPolicy/a, ClusterNetworkPolicy/b";
  expect(conflicts(PODS, accepts, denies)).toEqual([
    `Admin 5 egress: ${names} on x/a > 192.0.2.128/25 TCP/1-65535,UDP/1-65535,SCTP/1-65535`,
    `Admin 5 ingress: ${names} on y/b > x/a TCP/1-65535,UDP/1-65535,SCTP/1-65535`,
  ]);
});

test.each([
  ["another priority", { priority: 6 }],
  ["another tier", { tier: "Baseline" }],
  ["other subjects", { subject: Y }],
  ["another action, but other ports", { ingress: [{ action: "Deny", from: [ALL], protocols: [port(81)] }] }],
  ["another action, but other peers", { ingress: [{ action: "Deny", from: [X] }] }],
  ["the same action", { ingress: [{ action: "Accept", from: [ALL] }] }],
  ["another direction", { ingress: [], egress: [{ action: "Deny", to: [ALL] }] }],
])("%s is no conflict", (_, spec) => {
  const accepts = policy("a", {
    subject: X,
    ingress: [{ action: "Accept", from: [Y], protocols: [port(80)] }],
  });
  const other = policy("b", { ingress: [{ action: "Deny", from: [ALL] }], ...spec });
  expect(conflicts(PODS, accepts, policy("b", { ingress: [{ action: "Deny", from: [ALL] }] }))).toHaveLength(
    1,
  );
  expect(conflicts(PODS, accepts, other)).toEqual([]);
});

test("to pass in the Baseline tier is to accept, so that these two agree", () => {
  const base = { tier: "Baseline" };
  const accepts = policy("a", { ...base, ingress: [{ action: "Accept", from: [ALL] }] });
  const passes = policy("b", { ...base, ingress: [{ action: "Pass", from: [ALL] }] });
  const denies = policy("c", { ...base, ingress: [{ action: "Deny", from: [ALL] }] });
  expect(conflicts(PODS, accepts, passes)).toEqual([]);
  expect(conflicts(PODS, accepts, passes, denies)).toHaveLength(2);
});

test("a pod alone has nobody to disagree about, two of a class have each other", () => {
  const accepts = policy("a", { subject: X, ingress: [{ action: "Accept", from: [X] }] });
  const denies = policy("b", { subject: X, ingress: [{ action: "Deny", from: [X] }] });
  const alone = { pods: { "x/a": "10.0.1.1" } };
  const two = { pods: { "x/a": "10.0.1.1", "x/b": "10.0.1.2" } };
  expect(conflicts(alone, accepts, denies)).toEqual([]);
  expect(conflicts(two, accepts, denies)).toHaveLength(1);
  expect(conflicts({ pods: { "x/a": { replicas: 2 } } }, accepts, denies)).toHaveLength(1);
});

test("the names of ports are looked up in every subject", () => {
  const accepts = policy("a", {
    subject: X,
    ingress: [{ action: "Accept", from: [ALL], protocols: [{ destinationNamedPort: "web" }] }],
  });
  const denies = policy("b", {
    subject: X,
    ingress: [{ action: "Deny", from: [ALL], protocols: [port(80)] }],
  });
  const web = (text: string) => ({ ips: ["10.0.1.1"], ports: [`web=${text}`], labels: {} });
  expect(conflicts({ pods: { "x/a": web("TCP/81"), "x/b": web("TCP/82") } }, accepts, denies)).toEqual([]);
  const one = conflicts(
    { pods: { "x/a": web("TCP/81"), "x/b": web("TCP/82"), "x/c": web("TCP/80") } },
    accepts,
    denies,
  );
  expect(one).toEqual([expect.stringContaining("> x/c TCP/80")]);
});

test("where there is no conflict, it does not matter which of equal priorities comes first", () => {
  let calm = 0;
  const law = fc.property(tieredClusterArbitrary(), (cluster) => {
    if (equalPriorityConflicts(compileCluster(cluster)).length > 0) return;
    calm += 1;
    const [expected, ...others] = [cluster, inOrder(cluster, 1), inOrder(cluster, -1)].map(verdicts);
    for (const other of others) expect(other).toEqual(expected);
  });
  fc.assert(law, { numRuns: 60, seed: 20_261_121 });
  expect(calm).toBeGreaterThan(20);
});

/** The same policies, but no two of one priority. */
function inOrder(cluster: TieredCluster, sign: number): TieredCluster {
  const tierPolicies = cluster.tierPolicies.map((each, i): TierPolicy => ({
    ...each,
    priority: each.priority * 10 + sign * i,
  }));
  return { ...cluster, tierPolicies };
}

function verdicts(cluster: TieredCluster): readonly string[] {
  const evaluator = compileCluster(cluster);
  const names = cluster.pods.map(({ uid }) => uid);
  return names.flatMap((from) =>
    [...names, ...OUTSIDE].flatMap((to) =>
      PROBED.map((text) => {
        const { protocol, number } = readPort(text);
        const ends = [endpointOf(cluster, from), endpointOf(cluster, to)] as const;
        return `${from} > ${to} ${text} ${check(evaluator, ...ends, { protocol, port: number }).verdict}`;
      }),
    ),
  );
}
