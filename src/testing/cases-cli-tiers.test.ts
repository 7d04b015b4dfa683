import fc from "fast-check";
import { expect, test } from "vitest";
import type { Answer } from "../core/answer.ts";
import type { Node } from "../model/world.ts";
import { naiveEndOf } from "./ask.ts";
import { readTierCases, tierManifests, type TierCase } from "./decode-tier-cases.ts";
import { comparable, readExpectation } from "./expectation.ts";
import { type FlowExpectation, manifestsOf, reachabilityTest } from "./manifests.ts";
import { naiveVerdictWithTiers, type TieredCluster } from "./naive-tiers.ts";
import { OUTSIDE, PROBED } from "./random-cluster.ts";
import { tieredClusterArbitrary } from "./random-tiers.ts";
import { clusterOf, readPort } from "./table.ts";
import { tierManifest, tierManifestsOf } from "./tier-manifests.ts";
import { serviceaccess } from "./transcript.ts";

for (const each of readTierCases()) {
  test(`tiers through the command line: ${each.name}`, async () => {
    const { results, stderr } = await testFiles(filesOf(each));
    for (const [i, [flow, text]] of Object.entries(each.expect).entries()) {
      const [expectation, result] = [readExpectation(text), results[i]];
      expect([flow, result && comparable(result, expectation)]).toEqual([flow, expectation]);
    }
    for (const field of each.problems ?? []) expect(stderr).toContain(`${field}: `);
    if (each.problems?.length === 0) expect(stderr).toBe("");
  });
}

test("a problem of a cluster-scoped policy is told with its place", async () => {
  const tiers = `apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: p}
spec:
  tier: Admin
  priority: 5
  subject: {namespaces: {}}
  egress:
  - action: Deny
    to:
    - namespaces: {}
    - sameLabels: [team]
`;
  const pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}}";
  const files = { "tiers.yaml": tiers, "pod.yaml": pod };
  const { stderr, code } = await serviceaccess("matrix -f tiers.yaml -f pod.yaml", { files });
  expect(code).toBe(0);
  expect(stderr).toBe(
    "warning: tiers.yaml: document 1, line 12: ClusterNetworkPolicy p: spec.egress[0].to[1]: " +
      "is a peer of no known kind: the rule is read as one that denies everything\n",
  );
});

test("check and matrix ask the tiers and the nodes of the input", async () => {
  const [each] = readTierCases().filter(({ nodes }) => nodes !== undefined && "n2" in nodes);
  const files = each === undefined ? {} : filesOf(each);
  const input = "-f cluster.json -f tiers.json";
  const denied = await serviceaccess(`check x/a 10.9.0.2:80 ${input}`, { files });
  const accepted = await serviceaccess(`check x/a 10.9.0.1:80 ${input}`, { files });
  expect([denied.code, accepted.code]).toEqual([1, 0]);
  expect(denied.stdout).toContain("ClusterNetworkPolicy/p");
});

test("random clusters with tiers in files are judged as the naive reference judges them", async () => {
  for (const random of fc.sample(tieredClusterArbitrary(), { numRuns: 25, seed: 20_261_121 })) {
    const cluster = plainly(random);
    const expected = everyFlow(cluster);
    const { code, results } = await testFiles({
      "cluster.json": manifestsOf(cluster),
      "tiers.json": tierManifestsOf(cluster.tierPolicies.map(tierManifest), cluster.nodes),
      "flows.json": reachabilityTest(cluster, expected),
    });
    expect(results.filter(({ verdict, expect: naive }) => verdict !== naive)).toEqual([]);
    expect([code, results.length]).toEqual([0, expected.length]);
  }
});

/** A workload's manifest has neither an address nor a phase, and there is one BaselineAdminNetworkPolicy. */
function plainly(cluster: TieredCluster): TieredCluster {
  const baselines = cluster.tierPolicies.filter(({ kind }) => kind === "BaselineAdminNetworkPolicy");
  return {
    ...cluster,
    pods: cluster.pods.map((pod) => ({ ...pod, replicas: 1, fromTemplate: false })),
    tierPolicies: cluster.tierPolicies.filter((policy) => !baselines.slice(1).includes(policy)),
  };
}

function everyFlow(cluster: TieredCluster): readonly FlowExpectation[] {
  const names = cluster.pods.map(({ uid }) => uid);
  const pairs = names.flatMap((pod) => [
    ...names.map((other) => [pod, other] as const),
    ...OUTSIDE.flatMap((address) => [[pod, address] as const, [address, pod] as const]),
  ]);
  return pairs.flatMap(([from, to]) =>
    PROBED.map((port) => {
      const { protocol, number } = readPort(port);
      const ends = [naiveEndOf(cluster, from), naiveEndOf(cluster, to)] as const;
      return { from, to, port, expect: naiveVerdictWithTiers(cluster, ...ends, protocol, number) };
    }),
  );
}

function filesOf(each: TierCase): Readonly<Record<string, string>> {
  const { pods, namespaces, policies, nodes = {} } = each;
  const sketch = { pods, ...(namespaces && { namespaces }), ...(policies && { policies }) };
  const cluster = clusterOf(sketch);
  const known = Object.entries(nodes).map(([name, node]): Node => ({ name, ...node }));
  const flows = Object.entries(each.expect).map(([flow, text]): FlowExpectation => {
    const [from = "", to = "", port = ""] = flow.split(/ > | /);
    return { from, to, port, expect: readExpectation(text).verdict };
  });
  return {
    "cluster.json": manifestsOf(cluster, pods),
    "tiers.json": tierManifestsOf(tierManifests(each), known),
    "flows.json": reachabilityTest(cluster, flows),
  };
}

interface Result extends Answer {
  readonly expect: string;
}

async function testFiles(files: Readonly<Record<string, string>>) {
  const line = "test -o json -f cluster.json -f tiers.json flows.json";
  const { stdout, stderr, code } = await serviceaccess(line, { files });
  const printed: unknown = stdout === "" ? { results: [] } : JSON.parse(stdout);
  return { code, stderr, results: resultsOf(printed) };
}

function resultsOf(printed: unknown): readonly Result[] {
  return (printed as { readonly results: readonly Result[] }).results;
}
