import fc from "fast-check";
import { expect, test } from "vitest";
import type { Io } from "../cli/io.ts";
import { run } from "../cli/run.ts";
import type { Answer } from "../core/answer.ts";
import { asked } from "./ask.ts";
import { type RuleCase, readComparison, readRules, readTables, type TableStep } from "./decode-cases.ts";
import { comparable, readExpectation } from "./expectation.ts";
import { type FlowExpectation, manifestsOf, reachabilityTest } from "./manifests.ts";
import { clusterArbitrary, OUTSIDE, PROBED } from "./random-cluster.ts";
import { type ClusterSketch, clusterOf, type SmallCluster } from "./table.ts";

for (const { id, name, steps } of readTables("e2e.yaml")) {
  test(`${id} through the command line: ${name}`, async () => {
    for (const step of steps) {
      const { code, results, errors } = await testCommand(step, flowsOf(step));
      expect(results.filter(({ verdict, expect: expected }) => verdict !== expected)).toEqual([]);
      expect([code, errors, results.length]).toEqual([0, "", flowsOf(step).length]);
    }
  });
}

for (const each of [...readRules("rules.yaml"), ...readComparison("comparison.yaml")].filter(isReadable)) {
  test(`${each.rule} through the command line: ${each.name}`, async () => {
    const { results, errors } = await testCommand(each, flowsOfRule(each));
    for (const [i, [flow, text]] of Object.entries(each.expect).entries()) {
      const [expectation, result] = [readExpectation(text), results[i]];
      expect([flow, result && comparable(result, expectation)]).toEqual([flow, expectation]);
    }
    for (const field of each.problems ?? []) expect(errors).toContain(field);
    if (each.problems?.length === 0) expect(errors).toBe("");
  });
}

test("a policy type that is none is refused before anything is judged", async () => {
  const unreadable = readRules("rules.yaml").filter((each) => !isReadable(each));
  expect(unreadable.map(({ rule }) => rule)).toEqual(["S4"]);
  for (const each of unreadable) {
    const { code, errors } = await testCommand(each, flowsOfRule(each));
    expect([code, errors]).toEqual([2, expect.stringContaining("policyTypes[0]")]);
  }
});

test("an expectation that does not hold ends with 1", async () => {
  const pods = { "x/a": "10.0.1.1", "x/b": "10.0.1.2" };
  const { code } = await testCommand({ pods }, [
    { from: "x/a", to: "x/b", port: "TCP/80", expect: "Denied" },
  ]);
  expect(code).toBe(1);
});

test("an address that is a pod's is that pod, and its own reaches it (S62, S71)", async () => {
  const sketch: ClusterSketch = {
    pods: { "x/a": "10.0.1.1", "x/b": "10.0.1.2", "x/old": { ips: ["10.0.1.2"], phase: "Succeeded" } },
    policies: [
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { namespace: "x", name: "to-b" },
        spec: {
          podSelector: {},
          policyTypes: ["Ingress", "Egress"],
          ingress: [{ from: [{ podSelector: { matchLabels: { pod: "a" } } }] }],
          egress: [{ to: [{ podSelector: { matchLabels: { pod: "b" } } }] }],
        },
      },
    ],
  };
  const { code, results } = await testCommand(sketch, [
    { from: "x/a", to: "10.0.1.2", port: "TCP/80", expect: "Allowed" },
    { from: "10.0.1.1", to: "x/b", port: "TCP/80", expect: "Allowed" },
    { from: "10.0.1.1", to: "10.0.1.1", port: "TCP/80", expect: "Allowed" },
    { from: "x/a", to: "10.0.1.3", port: "TCP/80", expect: "Denied" },
  ]);
  expect(results.map(({ verdict }) => verdict)).toEqual(["Allowed", "Allowed", "Allowed", "Denied"]);
  expect(code).toBe(0);
});

test("a namespace has its name as a label, whatever its manifest says (S23)", async () => {
  const labels = { "kubernetes.io/metadata.name": "x" };
  const lying = { apiVersion: "v1", kind: "Namespace", metadata: { name: "y", labels } };
  const sketch: ClusterSketch = {
    pods: { "x/a": "10.0.1.1", "y/a": "10.0.2.1" },
    namespaces: { y: "unknown" },
    policies: [
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { namespace: "x", name: "from-y" },
        spec: {
          ingress: [
            { from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "y" } } }] },
          ],
        },
      },
    ],
  };
  const flows: readonly FlowExpectation[] = [{ from: "y/a", to: "x/a", port: "TCP/80", expect: "Allowed" }];
  const { code } = await testCommand(sketch, flows, { "lying.json": JSON.stringify(lying) });
  expect(code).toBe(0);
});

test("random clusters in files are judged as the naive reference judges them", async () => {
  for (const random of fc.sample(clusterArbitrary(), { numRuns: 40, seed: 20_261_121 })) {
    // A workload's manifest has neither an address nor a phase.
    const cluster = {
      ...random,
      pods: random.pods.map((pod) => ({ ...pod, replicas: 1, fromTemplate: false })),
    };
    const expected = everyFlow(cluster);
    const { code, results } = await testFiles(
      { "cluster.json": manifestsOf(cluster) },
      reachabilityTest(cluster, expected),
    );
    expect(results.filter(({ verdict, expect: naive }) => verdict !== naive)).toEqual([]);
    expect([code, results.length]).toEqual([0, expected.length]);
  }
});

function everyFlow(cluster: SmallCluster): readonly FlowExpectation[] {
  const { naively } = asked(cluster);
  const names = cluster.pods.map(({ uid }) => uid);
  const pairs = names.flatMap((pod) => [
    ...names.map((other) => [pod, other] as const),
    ...OUTSIDE.flatMap((address) => [[pod, address] as const, [address, pod] as const]),
  ]);
  return pairs.flatMap(([from, to]) =>
    PROBED.map((port) => ({ from, to, port, expect: naively(`${from} > ${to} ${port}`) })),
  );
}

/** What the command prints of a case: the answer, and what was expected. */
interface Result extends Answer {
  readonly expect: string;
}

interface Outcome {
  readonly code: number;
  readonly results: readonly Result[];
  readonly errors: string;
}

/** `serviceaccess test` over the sketch's manifests, in this process. */
async function testCommand(
  sketch: ClusterSketch,
  flows: readonly FlowExpectation[],
  others: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const cluster = clusterOf(sketch);
  return await testFiles(
    { "cluster.json": manifestsOf(cluster, sketch.pods), ...others },
    reachabilityTest(cluster, flows),
  );
}

async function testFiles(
  manifests: Readonly<Record<string, string>>,
  expectations: string,
): Promise<Outcome> {
  const [out, err] = [new Array<string>(), new Array<string>()];
  const named = Object.keys(manifests).flatMap((file) => ["-f", file]);
  const io = memoryIo({ ...manifests, "flows.json": expectations }, out, err);
  const code = await run(["test", "-o", "json", ...named, "flows.json"], io);
  return { code, results: resultsOf(out.join("")), errors: err.join("") };
}

function memoryIo(files: Readonly<Record<string, string>>, out: string[], err: string[]): Io {
  return {
    stdout: { isTTY: false, write: async (text) => void out.push(text) },
    stderr: { isTTY: false, write: async (text) => void err.push(text) },
    env: {},
    readStdin: async () => "",
    files: {
      kind: async (path) => (files[path] === undefined ? "missing" : "file"),
      list: async () => [],
      read: async (path) => files[path] ?? "",
      real: async (path) => path,
    },
  };
}

function resultsOf(text: string): readonly Result[] {
  return text === "" ? [] : (JSON.parse(text) as { readonly results: readonly Result[] }).results;
}

/** Every ordered pair of different pods on every port of the table. */
function flowsOf(step: TableStep): readonly FlowExpectation[] {
  const names = Object.keys(step.pods);
  return Object.entries(step.denied).flatMap(([port, denied]) =>
    names.flatMap((from) =>
      names
        .filter((to) => to !== from)
        .map(
          (to) =>
            ({ from, to, port, expect: denied.includes(`${from} > ${to}`) ? "Denied" : "Allowed" }) as const,
        ),
    ),
  );
}

function flowsOfRule({ expect: expected }: RuleCase): readonly FlowExpectation[] {
  return Object.entries(expected).map(([flow, text]) => {
    const [from = "", to = "", port = ""] = flow.split(/ > | /);
    return { from, to, port, expect: readExpectation(text).verdict };
  });
}

/** A policy that no reader of manifests accepts never reaches the evaluator. */
function isReadable({ policies }: RuleCase): boolean {
  return (policies ?? []).every(({ spec }) =>
    (spec.policyTypes ?? []).every((type) => /^(Ingress|Egress)$/.test(type)),
  );
}
