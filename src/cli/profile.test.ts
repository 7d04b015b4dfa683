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

test("simulate judges secondary networks by what enforces policies there", async () => {
  const input = {
    files: {
      "in.yaml": `apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {name: lan, namespace: x}
spec: {config: '{"cniVersion": "0.4.0", "name": "lan", "type": "accelerated-bridge"}'}
---
apiVersion: serviceaccess.dev/v1alpha1
kind: ServiceAccess
metadata: {name: s, namespace: x}
spec:
  network: {name: lan}
  target: {podSelector: {matchLabels: {pod: a}}}
  rights: {ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 80}]}]}
  permits: {policy: None}
`,
    },
  };
  const said = async (flags: string): Promise<readonly (string | undefined)[]> => {
    const text = await transcript(`simulate -f in.yaml${flags}`, input);
    return [/Enforced +(.*)/.exec(text)?.[1], /Portable +(.*)/.exec(text)?.[1]];
  };
  const portable =
    "False PluginsDiffer by mnp-tc policies are enforced in one direction only, and it is for ingress";
  const plain = (texts: readonly (string | undefined)[]) => texts.map((text) => text?.replaceAll(/ +/g, " "));
  expect(plain(await said(""))).toEqual([
    "False NotEnforced what there is for this network enforces policies for egress only: what they say of ingress has no effect",
    portable,
  ]);
  expect(plain(await said(" --network-profile mnp-tc"))).toEqual([
    "False NotEnforced mnp-tc enforces policies for egress only: what they say of ingress has no effect",
    portable,
  ]);
  expect(plain(await said(" --network-profile mnp-ovn-kubernetes"))[0]).toMatch(/^True EnforcedByPlugin/);
});

test.each(["check x/a x/b:80", "matrix", "test t.yaml", "simulate"])(
  "a profile that does not exist is bad input to %s, and the answer lists those that do",
  async (line) => {
    const { stdout, stderr, code } = await serviceaccess(`${line} -f a.yaml --profile nonsense`, { files });
    expect([stdout, code]).toEqual(["", 2]);
    for (const { name } of PROFILES) expect(stderr).toContain(name);
  },
);

test("matrix --against prints only what the two profiles judge otherwise, and the ports of it", async () => {
  expect(await transcript("matrix -f a.yaml --profile calico --against cilium", { files })).toBe(
    `FROM   TO    PORTS       calico    cilium
x/b    x/a   TCP/80-81   Allowed   Denied
`,
  );
  expect(await transcript("matrix -f a.yaml --against cilium-before-1.16 --port 81 -o csv", { files })).toBe(
    `from,to,ports,specification,cilium-before-1.16
x/b,x/a,TCP/81,Allowed,Denied
`,
  );
  expect(await transcript("matrix -f a.yaml --against cilium -o md", { files })).toBe(
    `| from | to | ports | specification | cilium |
| --- | --- | --- | --- | --- |
| x/b | x/a | TCP/80-81 | Allowed | Denied |
`,
  );
});

test("matrix --against in JSON has both answers with their reasons", async () => {
  const { stdout, code } = await serviceaccess("matrix -f a.yaml --against cilium -o json", { files });
  expect(JSON.parse(stdout)).toEqual({
    profiles: ["specification", "cilium"],
    rows: [
      {
        from: "x/b",
        to: "x/a",
        ports: ["TCP/80-81"],
        answers: [
          {
            profile: "specification",
            verdict: "Allowed",
            reason: "no policy isolates the pod for egress; ingress is allowed by x/p",
          },
          {
            profile: "cilium",
            verdict: "Denied",
            reason:
              "ingress is denied by x/p (decided by the profile cilium: the specification alone says Allowed)",
          },
        ],
      },
    ],
  });
  expect(code).toBe(0);
});

test("profiles that agree differ in nothing", async () => {
  expect(await transcript("matrix -f a.yaml --against calico", { files })).toBe(
    "nothing differs between specification and calico\n",
  );
  const { stdout } = await serviceaccess("matrix -f a.yaml --against calico -o json", { files });
  expect(JSON.parse(stdout)).toEqual({ profiles: ["specification", "calico"], rows: [] });
  expect(await transcript("matrix -f a.yaml --against none -n y -o csv", { files })).toBe(
    "from,to,ports,specification,none\n",
  );
});

test("workloads are one line in text, their pods one each in CSV, and a node's own pods are left out", async () => {
  const pod = (name: string, node: string, more: string): string =>
    `---\n{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: x, labels: {app: ${name[0]}}, ownerReferences: [{kind: DaemonSet, name: ${name[0]}, controller: true}]}, spec: {nodeName: ${node}${more}}}\n`;
  const policy = `---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {podSelector: {matchLabels: {app: a}}, ingress: [{from: [{podSelector: {matchLabels: {app: h}}}]}]}}
`;
  const cluster = [
    pod("a1", "one", ""),
    pod("a2", "two", ""),
    pod("h1", "one", ", hostNetwork: true"),
    pod("h2", "two", ", hostNetwork: true"),
    policy,
  ].join("");
  const input = { files: { "a.yaml": cluster } };
  expect(await transcript("matrix -f a.yaml --profile calico --against aws-vpc-cni", input)).toBe(
    `FROM            TO              PORTS                                  calico   aws-vpc-cni
x/DaemonSet/h   x/DaemonSet/a   TCP/1-65535,UDP/1-65535,SCTP/1-65535   Denied   Allowed
`,
  );
  const { stdout } = await serviceaccess(
    "matrix -f a.yaml --profile calico --against aws-vpc-cni -o csv",
    input,
  );
  expect(stdout.split("\n").map((line) => line.split(",").slice(0, 2).join(","))).toEqual([
    "from,to",
    "x/h1,x/a2",
    "x/h2,x/a1",
    "",
  ]);
});

test("an unknown profile to compare with is bad input", async () => {
  const { stderr, code } = await serviceaccess("matrix -f a.yaml --against nonsense", { files });
  expect([code, stderr]).toEqual([2, expect.stringContaining("kube-router")]);
});
