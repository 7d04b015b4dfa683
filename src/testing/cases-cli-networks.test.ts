import { expect, test } from "vitest";
import type { Answer } from "../core/answer.ts";
import { NETWORK_STANDING, type NetworkScenario, readNetworkScenarios } from "./decode-network-scenarios.ts";
import { comparable, readExpectation } from "./expectation.ts";
import { readPort } from "./table.ts";
import { serviceaccess } from "./transcript.ts";

for (const row of readNetworkScenarios()) {
  const letters = [...new Set(row.flows.flatMap(({ expected }) => Object.keys(expected)))];
  for (const letter of letters) {
    test.each(NETWORK_STANDING[letter] ?? [])(
      `${row.rule}, ${letter}, through the command line: ${row.name} (%s)`,
      async (profile) => {
        const flows = row.flows.flatMap(({ flow, expected }) => {
          const text = expected[letter];
          return text === undefined ? [] : [{ ...readFlow(flow), flow, text }];
        });
        await expectTested(row, profile, flows);
        await expectPinged(row, profile, flows);
      },
    );
  }
}

interface Flow {
  readonly flow: string;
  readonly text: string;
  readonly from: string;
  readonly to: string;
  readonly port: string;
}

/** One ReachabilityTest for all flows of the row. */
async function expectTested(row: NetworkScenario, profile: string, flows: readonly Flow[]): Promise<void> {
  const tested = flows.filter(({ port }) => port !== "ICMP");
  if (tested.length === 0) return;
  const cases = tested.map(({ from, to, port, text }) => {
    const { protocol, number } = readPort(port);
    const { verdict } = readExpectation(text);
    return {
      from,
      to,
      port: number,
      protocol,
      expect: verdict,
      ...(row.network && { network: row.network }),
    };
  });
  const line = `test -o json ${profileFlag(row, profile)} -f cluster.json flows.json`;
  const { stdout, stderr, code } = await serviceaccess(line, { files: filesOf(row, cases) });
  expect([code, stderr]).toEqual([0, ""]);
  for (const [i, result] of resultsOf(JSON.parse(stdout)).entries()) {
    const expectation = readExpectation(tested[i]?.text ?? "");
    expect([tested[i]?.flow, comparable(result, expectation)]).toEqual([tested[i]?.flow, expectation]);
    expect(result.network).toBe(row.network);
  }
}

/** A ReachabilityTest has no word for ICMP; `check` has. One of a row will do: the core is asked for each. */
async function expectPinged(row: NetworkScenario, profile: string, flows: readonly Flow[]): Promise<void> {
  const asked = flows.find(({ port }) => port === "ICMP");
  if (asked === undefined) return;
  const { from, to, text, flow } = asked;
  const network = row.network === undefined ? "" : `--network ${row.network}`;
  const line = `check --icmp -o json ${profileFlag(row, profile)} ${network} -f cluster.json ${from} ${to}`;
  const { stdout } = await serviceaccess(line, { files: filesOf(row, []) });
  const expectation = readExpectation(text);
  expect([flow, comparable(answerOf(JSON.parse(stdout)), expectation)]).toEqual([flow, expectation]);
}

interface Result extends Answer {
  readonly network?: string;
}

function resultsOf(printed: unknown): readonly Result[] {
  return (printed as { readonly results: readonly Result[] }).results;
}

function answerOf(printed: unknown): Answer {
  return printed as Answer;
}

function profileFlag({ network }: NetworkScenario, profile: string): string {
  if (profile === "by plugin") return "";
  return network === undefined ? `--profile ${profile}` : `--network-profile ${profile}`;
}

function filesOf({ manifests }: NetworkScenario, cases: readonly object[]): Readonly<Record<string, string>> {
  const test = { apiVersion: "serviceaccess.dev/v1alpha1", kind: "ReachabilityTest", spec: { cases } };
  return {
    "cluster.json": JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }),
    "flows.json": JSON.stringify(test),
  };
}

function readFlow(flow: string): Pick<Flow, "from" | "to" | "port"> {
  const [from = "", to = "", port = ""] = flow.split(/ > | /);
  return { from, to, port };
}
