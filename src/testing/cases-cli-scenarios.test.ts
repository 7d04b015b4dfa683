import { expect, test } from "vitest";
import type { Answer } from "../core/answer.ts";
import type { Service } from "../model/world.ts";
import { type LateCase, servicesOf } from "./decode-late-cases.ts";
import { readNetworkObjects } from "./decode-network-objects.ts";
import { readNetworkScenarios } from "./decode-network-scenarios.ts";
import {
  lettersOf,
  type ObjectScenario,
  readObjectScenarios,
  readScenarios,
  STANDING,
  underStanding,
} from "./decode-scenarios.ts";
import { comparable, readExpectation } from "./expectation.ts";
import { type FlowExpectation, manifestsOf, reachabilityTest } from "./manifests.ts";
import { clusterOf } from "./table.ts";
import { serviceaccess } from "./transcript.ts";

for (const row of readScenarios()) {
  for (const letter of lettersOf(row)) {
    const name = `${row.rule}, ${letter}, through the command line: ${row.name}`;
    test.each(STANDING[letter] ?? [letter])(`${name} (%s)`, async (profile) => {
      const each = underStanding(row, letter);
      await expectTested(each, profile);
      await expectPinged(each, profile);
    });
  }
}

// Validating an object takes longer than judging it, so all rows of a scene are asked at once, and under one profile.
for (const [name, rows] of Map.groupBy(readObjectScenarios(), (row) => row.name)) {
  for (const letter of new Set(rows.flatMap(lettersOf))) {
    test(`${idsOf(rows)}, ${letter}, by ServiceAccess objects: ${name}`, async () => {
      const cases = rows.map((row) => underStanding(row, letter));
      const expected = cases.flatMap((one) => Object.entries(one.expect));
      const [first] = cases;
      if (first === undefined) return;
      const each = { ...first, expect: Object.fromEntries(expected) };
      const [profile = letter] = STANDING[letter] ?? [];
      const [told] = rows;
      await expectTested(each, profile, told);
      await expectPinged(each, profile, told);
    });
  }
}

function idsOf(rows: readonly ObjectScenario[]): string {
  return rows.map(({ rule }) => rule).join(" ");
}

test("every scene that has policies is told by objects, too", () => {
  const told = new Set(readObjectScenarios().map(({ name }) => name));
  const scenes = readScenarios().filter(({ policies = [] }) => policies.length > 0);
  expect([...new Set(scenes.map(({ name }) => name))].filter((name) => !told.has(name))).toEqual([]);
});

/** Rows that no object tells, and why; L1 is about how a policy is written, and is no row here. */
const WITHOUT_OBJECTS: Readonly<Record<string, string>> = {
  K0: "the cluster has no policy",
  M0: "the network has no policy",
  N1: "the cluster has no policy",
};

test("every row is told by objects, too, but where there is nothing to tell", () => {
  const ofNetworks = new Set(readNetworkObjects().map(({ scene }) => scene));
  const told = new Set([
    ...readObjectScenarios().map(({ rule }) => rule),
    ...readNetworkScenarios().flatMap(({ rule, name }) => (ofNetworks.has(name) ? [rule] : [])),
  ]);
  const all = new Set([...readScenarios(), ...readNetworkScenarios()].map(({ rule }) => rule));
  expect([...all].filter((id) => !told.has(id)).toSorted()).toEqual(Object.keys(WITHOUT_OBJECTS));
});

test("a row that is answered otherwise ends with 1", async () => {
  const [row] = readScenarios().filter(({ rule }) => rule === "K2i");
  const { code } = row === undefined ? { code: 0 } : await testCommand(underStanding(row, "P"), "cilium");
  expect(code).toBe(1);
});

/** TCP, UDP and Services: one ReachabilityTest for all flows of the row. */
async function expectTested(each: LateCase, profile: string, told: Told = UNTOLD): Promise<void> {
  const flows = flowsOf(each).filter(({ port }) => port !== "ICMP");
  if (flows.length === 0) return;
  const { code, results, stderr } = await testCommand(each, profile, told);
  for (const [i, { flow, text, isService }] of flows.entries()) {
    const expectation = isService ? { verdict: verdictOf(text) } : readExpectation(text);
    const result = results[i];
    expect([flow, result && comparable(result, expectation)]).toEqual([flow, expectation]);
  }
  expect([code, stderr, results.length]).toEqual([0, "", flows.length]);
}

/** A ReachabilityTest has no word for ICMP; `check` has. */
async function expectPinged(each: LateCase, profile: string, told: Told = UNTOLD): Promise<void> {
  const files = filesOf(each, told);
  for (const { from, to, port, text, flow } of flowsOf(each)) {
    if (port !== "ICMP") continue;
    const line = `check --icmp -o json --profile ${profile} -f cluster.json -f services.json ${from} ${to}`;
    const { stdout } = await serviceaccess(line, { files });
    const expectation = readExpectation(text);
    expect([flow, comparable(answerOf(JSON.parse(stdout)), expectation)]).toEqual([flow, expectation]);
  }
}

type Told = Pick<ObjectScenario, "objects" | "resolved">;

const UNTOLD: Told = { objects: {}, resolved: {} };

async function testCommand(each: LateCase, profile: string, told: Told = UNTOLD) {
  const line = `test -o json --profile ${profile} -f cluster.json -f services.json flows.json`;
  const { stdout, stderr, code } = await serviceaccess(line, { files: filesOf(each, told) });
  return { code, stderr, results: resultsOf(JSON.parse(stdout)) };
}

function filesOf(each: LateCase, { objects, resolved }: Told): Readonly<Record<string, string>> {
  const { pods, namespaces, policies } = each;
  const cluster = clusterOf({ pods, ...(namespaces && { namespaces }), ...(policies && { policies }) });
  const accesses = Object.entries(objects).map(([key, spec]) => accessManifest(key, spec, resolved));
  const items = [...[...servicesOf(each).values()].map(serviceManifest), ...accesses];
  return {
    "cluster.json": manifestsOf(cluster, pods),
    "services.json": JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    "flows.json": reachabilityTest(
      cluster,
      flowsOf(each).filter(({ port }) => port !== "ICMP"),
    ),
  };
}

function accessManifest(key: string, spec: Told["objects"][string], resolved: Told["resolved"]): object {
  const [namespace = "", name = ""] = key.split("/");
  return {
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ServiceAccess",
    metadata: { namespace, name },
    spec,
    status: { names: Object.entries(resolved).map(answered) },
  };
}

function answered([name, addresses]: readonly [string, readonly string[]]): object {
  const answers = addresses.map((address) => ({ address, lastSeen: "2026-01-02T03:04:05Z" }));
  return { name, reason: "Resolved", answers };
}

function serviceManifest(service: Service): object {
  const { namespace, name, type, externalTrafficPolicy, selector, ports } = service;
  const written = ports.map(({ port, protocol, targetPort }) => ({ port, protocol, targetPort }));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name },
    spec: { type, externalTrafficPolicy, selector, ports: written },
  };
}

interface Flow extends FlowExpectation {
  readonly flow: string;
  readonly text: string;
  readonly isService: boolean;
}

function flowsOf({ expect: expected }: LateCase): readonly Flow[] {
  return Object.entries(expected).map(([flow, text]) => {
    const [, from = "", service, to = "", port = ""] = /^(\S+) > (Service )?(\S+) (\S+)$/.exec(flow) ?? [];
    const isService = service !== undefined;
    const end = isService ? to.replace("/", "/Service/") : to;
    return { flow, text, isService, from, to: end, port, expect: verdictOf(text) };
  });
}

/** A Service is reached as its endpoints are. */
function verdictOf(text: string): FlowExpectation["expect"] {
  if (text.startsWith("Fully")) return "Allowed";
  return text.startsWith("Not") ? "Denied" : readExpectation(text).verdict;
}

interface Result extends Answer {
  readonly expect: string;
}

function resultsOf(printed: unknown): readonly Result[] {
  return (printed as { readonly results: readonly Result[] }).results;
}

function answerOf(printed: unknown): Answer {
  return printed as Answer;
}
