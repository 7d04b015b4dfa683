import { expect, test } from "vitest";
import { profileNamed, SPECIFICATION } from "../core/profile.ts";
import type { ServiceAccessSpec, ServiceAccessStatus } from "../model/service-access.ts";
import { readScenarios, type Scenario, STANDING } from "../testing/decode-scenarios.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import { type PodDetails, readPort } from "../testing/table.ts";
import { simulate } from "./in-memory.ts";

const SCENARIOS = readScenarios();

/** Rows that the two kinds of plugins answer differently, and who has to let the senders in for an object to tell of it. */
const ROWS: readonly (readonly [id: string, letIn: "Anywhere" | "as it is"])[] = [
  ["C1b", "Anywhere"],
  ["K2i", "as it is"],
  ["K4c", "Anywhere"],
  ["K4d", "Anywhere"],
  ["K4g", "as it is"],
  ["K4i", "Anywhere"],
];

test("these are all the rows between pods that the two kinds answer differently", () => {
  const differing = SCENARIOS.filter(({ flows }) => flows.some(({ expected: { P, E } }) => P !== E));
  expect([...new Set(differing.map(({ rule }) => rule))].toSorted()).toEqual(
    ROWS.map(([id]) => id).toSorted(),
  );
});

test.each(ROWS)(
  "%s: the status of an object for the destination tells what the kinds differ in",
  async (id, letIn) => {
    for (const scene of SCENARIOS.filter(({ rule }) => rule === id)) {
      for (const { flow, expected } of scene.flows) {
        const [from = "", , to = "", port = ""] = flow.split(" ");
        const expectation = expected["P"] === expected["E"] ? [] : [`${expected["P"]}/${expected["E"]}`];
        for (const profile of STANDING["E"] ?? []) {
          const status = await statusOf(scene, to, port, letIn, profile);
          expect([flow, profile, told(status, from, port, profile)]).toEqual([flow, profile, expectation]);
        }
        const unsaid = await statusOf(scene, to, port, letIn, SPECIFICATION.name);
        expect([flow, told(unsaid, from, port, "cilium")]).toEqual([flow, expectation]);
      }
    }
  },
);

test("N9: with a plugin that lets ping through the status says so, with others it does not", async () => {
  const [scene] = SCENARIOS.filter(({ rule }) => rule === "N2");
  if (scene === undefined) throw new Error("there is no row N2");
  const found = async (profile: string) => {
    const { findings = [] } = await statusOf(scene, "default/test-np", "TCP/80", "as it is", profile);
    return findings.filter(({ type }) => type === "PingNotPoliced").map(({ message }) => message);
  };
  expect(await found("k3s")).toEqual([
    "kube-router lets ping through to every pod, whatever policies say: do not count on its being closed",
  ]);
  expect(await found("canal")).toEqual([]);
});

test("N10: where no plugin enforces policies Enforced is False, and Exclusive says what that means", async () => {
  const [scene] = SCENARIOS.filter(({ rule }) => rule === "N2");
  if (scene === undefined) throw new Error("there is no row N2");
  const said = async (profile: string) => {
    const { conditions = [] } = await statusOf(scene, "default/test-np", "TCP/80", "as it is", profile);
    const found = ["Exclusive", "Enforced"].map((name) => conditions.find(({ type }) => type === name));
    return found.map((each) => `${each?.type} ${each?.status} ${each?.reason}`);
  };
  expect(await said("flannel")).toEqual(["Exclusive False OthersAllowed", "Enforced False NotEnforced"]);
  expect((await said("canal"))[1]).toBe("Enforced True EnforcedByPlugin");
});

/** What an object that is for the destination says, beside the policies of the row. */
async function statusOf(
  scene: Scenario,
  to: string,
  port: string,
  letIn: "Anywhere" | "as it is",
  profile: string,
): Promise<ServiceAccessStatus> {
  const [namespace = ""] = to.split("/");
  const { protocol, number } = readPort(port);
  const spec: ServiceAccessSpec = {
    target: { podSelector: { matchLabels: detailsOf(scene, to).labels ?? {} } },
    ports: [{ protocol, port: number }],
    ...(letIn === "Anywhere" ? { rights: { ingress: [{ from: [{ preset: "Anywhere" }] }] } } : {}),
    permits: { policy: "None" },
  };
  const pods = Object.fromEntries(Object.keys(scene.pods).map((name) => [name, detailsOf(scene, name)]));
  const { namespaces = {}, policies = [] } = scene;
  const world = smallWorld({ pods, namespaces, policies, accesses: [accessOf(`${namespace}/it`, spec)] });
  const { world: after } = await simulate(world, () => new Date(0), profileNamed(profile));
  return after.accesses.get(`${namespace}/it`)?.status ?? {};
}

function detailsOf({ pods }: Scenario, name: string): PodDetails {
  const details = pods[name] ?? {};
  return typeof details === "string" ? { ips: [details] } : details;
}

/** `Allowed/Denied` of this flow, with that plugin. */
function told({ divergences = [] }: ServiceAccessStatus, from: string, port: string, profile: string) {
  const [namespace, name] = from.split("/");
  return divergences
    .filter((row) => row.profile === profile && row.ports.some((text) => isWithin(port, text)))
    .filter((row) => row.from.namespace === namespace && row.from.workload === `Pod/${name}`)
    .map(({ portable, verdict }) => `${portable}/${verdict}`);
}

/** `TCP/80` in `TCP/1-65535` */
function isWithin(port: string, text: string): boolean {
  const { protocol, number } = readPort(port);
  const [, of, first, last = first] = /^(\w+)\/(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return of === protocol && Number(first) <= number && number <= Number(last);
}
