import { expect, test } from "vitest";
import { endpointOf } from "../testing/ask.ts";
import { readRules, readTables } from "../testing/decode-cases.ts";
import { type LateCase, readLateCases } from "../testing/decode-late-cases.ts";
import { expectLate, profileOf } from "../testing/expect-late.ts";
import { clusterOf, readPort, type SmallCluster } from "../testing/table.ts";
import { serviceaccess } from "../testing/transcript.ts";
import { check } from "./check.ts";
import { compileCluster } from "./evaluator.ts";
import { type Profile, PROFILES, SPECIFICATION } from "./profile.ts";

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

test.each(PROFILES.filter(({ enforces }) => enforces.length > 0).map(({ name }) => name))(
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
