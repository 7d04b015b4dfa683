import { expect, test } from "vitest";
import { type ObjectScene, readNetworkObjects, verdictIn } from "./decode-network-objects.ts";
import { NETWORK_STANDING, type NetworkScenario, readNetworkScenarios } from "./decode-network-scenarios.ts";
import { readExpectation } from "./expectation.ts";
import { readPort } from "./table.ts";
import { type Outcome, serviceaccess } from "./transcript.ts";

const told = readNetworkObjects();
const rows = readNetworkScenarios();

/** Scenes that no object tells, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  "six machines and no policy": "nobody has asked for anything",
  "a policy that names no network": "whatever an object with spec.network writes names its network",
};

test("every scene on secondary networks is told by objects, too, but where there is nothing to tell", () => {
  const scenes = new Set([...told.map(({ scene }) => scene), ...Object.keys(WITHOUT)]);
  expect([...new Set(rows.map(({ name }) => name))].toSorted()).toEqual([...scenes].toSorted());
});

for (const { scene, objects } of told.filter(({ refused }) => refused === undefined)) {
  test(`${idsOf(scene)}, by ServiceAccess objects: ${scene}`, async () => {
    for (const row of rowsOf(scene)) await expectTested(row, objects);
  });
}

test.each(told.filter(({ refused }) => refused !== undefined))(
  "M8, by ServiceAccess objects, is refused: $scene",
  async ({ scene, objects, refused }) => {
    expect(idsOf(scene)).toBe("M8");
    for (const row of rowsOf(scene)) {
      const { stdout, stderr, code } = await run("render", row, objects);
      expect([stdout, code]).toEqual(["", 2]);
      expect(stderr).toContain(refused);
    }
  },
);

function rowsOf(scene: string): readonly NetworkScenario[] {
  return rows.filter(({ name }) => name === scene);
}

function idsOf(scene: string): string {
  return [...new Set(rowsOf(scene).map(({ rule }) => rule))].join(" ");
}

async function expectTested(row: NetworkScenario, objects: ObjectScene["objects"]): Promise<void> {
  for (const letter of new Set(row.flows.flatMap(({ expected }) => Object.keys(expected)))) {
    for (const profile of NETWORK_STANDING[letter] ?? [])
      await expectUnder(row, letter, profileFlag(row, profile), objects);
  }
}

/** Without a flag the network's plugin says who enforces policies there. */
function profileFlag({ network }: NetworkScenario, profile: string): string {
  if (profile === "by plugin") return "";
  return network === undefined ? `--profile ${profile}` : `--network-profile ${profile}`;
}

async function expectUnder(
  row: NetworkScenario,
  letter: string,
  profile: string,
  objects: ObjectScene["objects"],
): Promise<void> {
  const asked = row.flows.flatMap(({ flow, expected }) => {
    const text = expected[letter];
    return text === undefined ? [] : [{ flow, verdict: readExpectation(text).verdict }];
  });
  const cases = asked.filter(({ flow }) => !flow.endsWith(" ICMP")).map((each) => caseOf(row, each));
  if (cases.length > 0) {
    const { stdout, stderr, code } = await run(`test ${profile} flows.json`, row, objects, cases);
    expect([letter, code, stderr, stdout]).toEqual([letter, 0, "", `${cases.length} passed, 0 failed\n`]);
  }
  // A ReachabilityTest has no word for ICMP; `check` has. One flow of a row will do: the core is asked for each.
  const [pinged] = asked.filter(({ flow }) => flow.endsWith(" ICMP"));
  if (pinged === undefined) return;
  const [from = "", to = ""] = pinged.flow.split(/ > | /);
  const network = row.network === undefined ? "" : `--network ${row.network}`;
  const { stdout } = await run(`check --icmp -o json ${profile} ${network} ${from} ${to}`, row, objects);
  expect([pinged.flow, verdictIn(stdout)]).toEqual([pinged.flow, pinged.verdict]);
}

function caseOf(
  { network }: NetworkScenario,
  asked: { readonly flow: string; readonly verdict: string },
): object {
  const [from = "", to = "", text = ""] = asked.flow.split(/ > | /);
  const { protocol, number } = readPort(text);
  return { from, to, port: number, protocol, expect: asked.verdict, ...(network && { network }) };
}

/** One command on the scene's cluster with the objects, and no policy of the document. */
async function run(
  line: string,
  { manifests }: NetworkScenario,
  objects: ObjectScene["objects"],
  cases: readonly object[] = [],
): Promise<Outcome> {
  const accesses = Object.entries(objects).map(([key, spec]) => {
    const [namespace, name] = key.split("/");
    return {
      apiVersion: "serviceaccess.dev/v1alpha1",
      kind: "ServiceAccess",
      metadata: { namespace, name },
      spec,
    };
  });
  const items = [...manifests.filter(({ kind }) => kind !== "MultiNetworkPolicy"), ...accesses];
  const files = {
    "cluster.json": JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    "flows.json": JSON.stringify({
      apiVersion: "serviceaccess.dev/v1alpha1",
      kind: "ReachabilityTest",
      spec: { cases },
    }),
  };
  return await serviceaccess(`${line} -f cluster.json`, { files });
}
