import { expect, test } from "vitest";
import { PROFILES } from "../core/profile.ts";
import { serviceaccess, transcript } from "../testing/transcript.ts";

/** Pods that an address block lets in, which not every network plugin holds against pods. */
const CLUSTER = `apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x, labels: {pod: a}}
status: {phase: Running, podIP: 10.0.1.1}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: x, labels: {pod: b}}
status: {phase: Running, podIP: 10.0.1.2}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: x}
spec:
  podSelector: {matchLabels: {pod: a}}
  policyTypes: [Ingress]
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80, endPort: 81}]}]
`;

const EXPECTATIONS = `apiVersion: serviceaccess.dev/v1alpha1
kind: ReachabilityTest
spec:
  cases:
  - {from: x/b, to: x/a, port: 80, protocol: TCP, expect: Allowed}
  - {from: x/a, to: x/b, port: 80, protocol: TCP, expect: Allowed}
`;

const files = { "a.yaml": CLUSTER, "t.yaml": EXPECTATIONS };

test("check answers as the profile has it, and says that the profile decided", async () => {
  const text = await transcript("check -f a.yaml --profile cilium x/b x/a:80", { files });
  expect(text).toMatch(/^Denied: x\/b -> x\/a TCP\/80\n/);
  const { stdout, code } = await serviceaccess("check -f a.yaml --profile cilium x/b x/a:80 -o json", {
    files,
  });
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: "Denied",
    profile: "cilium",
    reason: "ingress is denied by x/p (decided by the profile cilium: the specification alone says Allowed)",
  });
  expect(code).toBe(1);
});

test("matrix shows what passes under the profile", async () => {
  const row = async (flags: string): Promise<string | undefined> => {
    const { stdout } = await serviceaccess(`matrix -f a.yaml -o csv${flags}`, { files });
    return stdout.split("\n").find((line) => line.startsWith("x/b,x/a"));
  };
  expect(await row("")).toBe("x/b,x/a,Partial,TCP/80-81");
  expect(await row(" --profile calico")).toBe("x/b,x/a,Partial,TCP/80-81");
  expect(await row(" --profile cilium")).toBeUndefined();
});

test("the results of test name the profile where it decides, and in no others", async () => {
  const results = async (flags: string): Promise<readonly unknown[]> => {
    const { stdout } = await serviceaccess(`test -f a.yaml t.yaml -o json${flags}`, { files });
    const { results: rows } = JSON.parse(stdout) as { readonly results: readonly Record<string, unknown>[] };
    return rows.map((row) => [row["verdict"], "profile" in row ? row["profile"] : "none named"]);
  };
  expect(await results("")).toEqual([
    ["Allowed", "none named"],
    ["Allowed", "none named"],
  ]);
  expect(await results(" --profile cilium")).toEqual([
    ["Denied", "cilium"],
    ["Allowed", "none named"],
  ]);
});

test("simulate draws its matrix and works its statuses out under the profile", async () => {
  const client = CLUSTER.replace("{pod: b}", '{pod: b, netpol/s: "true"}').replace(
    "labels: {pod: a}}",
    "labels: {pod: a}}\nspec: {containers: [{name: web, ports: [{name: web, containerPort: 9090}]}]}",
  );
  const access = `apiVersion: serviceaccess.dev/v1alpha1
kind: ServiceAccess
metadata: {name: s, namespace: x}
spec:
  target: {podSelector: {matchLabels: {pod: a}}}
  ports: [{port: web}]
  permits: {dns: false}
`;
  const input = { files: { "in/a.yaml": client, "in/s.yaml": access } };
  const run = async (flags: string): Promise<readonly (string | undefined)[]> => {
    const text = await transcript(`simulate -f in${flags}`, input);
    return [/Effective +(\w+)/.exec(text)?.[1], /x\/b +(\S)/.exec(text.slice(text.indexOf("MATRIX")))?.[1]];
  };
  expect(await run("")).toEqual(["True", "+"]);
  expect(await run(" --profile kube-ovn")).toEqual(["Unknown", "?"]);
});

test.each(["check x/a x/b:80", "matrix", "test t.yaml", "simulate"])(
  "a profile that does not exist is bad input to %s, and the answer lists those that do",
  async (line) => {
    const { stdout, stderr, code } = await serviceaccess(`${line} -f a.yaml --profile nonsense`, { files });
    expect([stdout, code]).toEqual(["", 2]);
    for (const { name } of PROFILES) expect(stderr).toContain(name);
  },
);
