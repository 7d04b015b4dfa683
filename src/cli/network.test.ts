import { expect, test } from "vitest";
import { readNetworkScenarios } from "../testing/decode-network-scenarios.ts";
import { transcript } from "../testing/transcript.ts";

const SIX = readNetworkScenarios().find(({ rule }) => rule === "M2")?.manifests ?? [];

const FILES = {
  "vms.json": list(SIX),
  "pods.json": list([
    { apiVersion: "v1", kind: "Pod", metadata: { namespace: "default", name: "elsewhere" }, spec: {} },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace: "default", name: "idle" },
      spec: { selector: { matchLabels: { a: "b" } }, template: { metadata: { labels: { a: "b" } } } },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: "default", name: "web" },
      spec: { selector: { name: "access-control" }, ports: [{ port: 80 }] },
    },
  ]),
};

function run(line: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  return transcript(line, { files: { ...FILES, ...files } });
}

const FOURTH_TO_FIRST = "check -f vms.json --network flatl2net VirtualMachine/vm4 VirtualMachine/vm1:22";

test("check says on which network, where the definition itself says who enforces policies", async () => {
  expect(await run(FOURTH_TO_FIRST)).toBe(
    `Denied: default/VirtualMachine/vm4 -> default/VirtualMachine/vm1 TCP/22 on default/flatl2net
  SIDE      VERDICT   BY                        REASON
  egress    Allowed   -                         no policy isolates the pod for egress
  ingress   Denied    default/ingress-ipblock   ingress is denied by default/ingress-ipblock

  Egress of default/VirtualMachine/vm4: no policy isolates the pod for egress.
  MultiNetworkPolicy default/ingress-ipblock isolates default/VirtualMachine/vm1 for ingress and has no rule that covers this flow.
  The nearest miss is spec.ingress[0].from[0] of default/ingress-ipblock: the port matches, the peer does not: 10.200.0.4 is not in 10.200.0.0/30.
exit 1
`,
  );
});

test("of what not all enforcers make the same check says what it hangs on", async () => {
  expect(await run(`${FOURTH_TO_FIRST} --network-profile specification`)).toContain(
    "MultiNetworkPolicy default/ingress-ipblock may or may not decide this ingress: some enforcers work inside the pod, " +
      "where a virtual machine's traffic does not come by.\nexit 3\n",
  );
});

test("another enforcer than the definition says is believed, and its word told from that", async () => {
  expect(await run(`${FOURTH_TO_FIRST} --network-profile mnp-nftables`)).toContain(
    "(decided by the profile mnp-nftables: the specification alone says Denied)",
  );
});

test("an address is whose it is on the network, and on the pod network somebody else's", async () => {
  const flow = "-f vms.json --network-profile mnp-ovn-kubernetes -o json 10.200.0.4 10.200.0.1:22";
  const there = await run(`check --network flatl2net ${flow}`);
  expect(there).toContain('"from":"10.200.0.4","to":"10.200.0.1","network":"default/flatl2net","port":22');
  expect(there).toContain('"end":"default/VirtualMachine/vm1"');
  expect(await run(`check ${flow}`)).toContain("neither end is a pod");
});

test("the matrix of a network has those who are attached to it", async () => {
  const line = "matrix -f vms.json -f pods.json --network default/flatl2net";
  expect(await run(`${line} --network-profile mnp-ovn-kubernetes`)).toBe(
    `    FROM \\ TO                    1   2   3   4   5   6
1   default/VirtualMachine/vm1   -   .   .   .   .   .
2   default/VirtualMachine/vm2   .   -   .   .   .   .
3   default/VirtualMachine/vm3   .   .   -   .   .   .
4   default/VirtualMachine/vm4   X   X   X   -   X   X
5   default/VirtualMachine/vm5   X   X   X   X   -   X
6   default/VirtualMachine/vm6   X   X   X   X   X   -

. everything   + some ports (see -o wide)   X nothing   ? unknown   - itself
`,
  );
  expect(await run(`${line} -o json`)).toContain('{"network":"default/flatl2net","pods":[');
});

test("a matrix is held against another enforcer of the same network", async () => {
  const line = "matrix -f vms.json --network flatl2net --network-profile mnp-nftables -o csv --against";
  const rows = (await run(`${line} mnp-ovn-kubernetes`)).trim().split("\n");
  expect([rows.length, rows[1]]).toEqual([
    1 + 3 * 5,
    "default/VirtualMachine/vm4,default/VirtualMachine/vm1,TCP/1-65535 UDP/1-65535 SCTP/1-65535,Allowed,Denied",
  ]);
  expect(await run(`${line} cilium`)).toBe(
    "! error: --against cilium enforces no policies on a secondary network\nexit 2\n",
  );
});

test.each([
  [
    "default/flatl3net a b:22",
    "there is no NetworkAttachmentDefinition default/flatl3net in the input; did you mean default/flatl2net?",
  ],
  ["a/b/c a b:22", '"a/b/c" is no network; write namespace/name of a NetworkAttachmentDefinition'],
  [
    "flatl2net elsewhere VirtualMachine/vm1:22",
    "there is no pod default/elsewhere attached to default/flatl2net",
  ],
  ["flatl2net Deployment/idle VirtualMachine/vm1:22", "Deployment/idle is not attached to default/flatl2net"],
  ["flatl2net 10.200.0.1 Service/web:80", "Service/web is a Service, and those are on the pod network only"],
])("check --network %s is refused", async (asked, why) => {
  expect(await run(`check -f vms.json -f pods.json --network ${asked}`)).toBe(`! error: ${why}\nexit 2\n`);
});

test("a workload's template asks for networks, too; where nobody says its addresses they are unknown", async () => {
  const template = {
    metadata: { labels: { a: "b" }, annotations: { "k8s.v1.cni.cncf.io/networks": "flatl2net" } },
    spec: {},
  };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { replicas: 2, selector: { matchLabels: { a: "b" } }, template },
  };
  const files = { "web.json": JSON.stringify(deployment) };
  const line = "check -f vms.json -f web.json --network flatl2net Deployment/web VirtualMachine/vm1:22";
  expect(await run(line, files)).toContain("the address of default/Deployment/web is not known");
  const broken = { "web.json": files["web.json"].replace('"flatl2net"', '"a/b/c"') };
  expect(await run(line, broken)).toContain(
    'spec.template.metadata.annotations["k8s.v1.cni.cncf.io/networks"]: "a/b/c" is no network',
  );
});

test("cases of one test may be about several networks", async () => {
  const flow = { from: "VirtualMachine/vm4", to: "VirtualMachine/vm1", port: 22 };
  const cases = [
    { ...flow, expect: "Allowed" },
    { ...flow, network: "default/flatl2net", expect: "Denied" },
    { ...flow, network: "flatl2net" },
  ];
  const spec = { cases };
  const asked = JSON.stringify({ apiVersion: "serviceaccess.dev/v1alpha1", kind: "ReachabilityTest", spec });
  const line = "test -f vms.json --network-profile mnp-ovn-kubernetes cases.json";
  expect(await run(line, { "cases.json": asked })).toBe(
    "Denied: VirtualMachine/vm4 -> VirtualMachine/vm1 TCP/22 on flatl2net\n2 passed, 0 failed, 1 answered\n",
  );
  const strange = { "cases.json": asked.replaceAll("flatl2net", "nowhere") };
  expect(await run(line, strange)).toContain(
    "spec.cases[1].network: there is no NetworkAttachmentDefinition default/nowhere in the input",
  );
});

test("simulate prints the MultiNetworkPolicies, and a matrix of every network that they are for", async () => {
  const text = await run("simulate -f vms.json");
  expect(text).toContain("kind: MultiNetworkPolicy\nmetadata:\n  name: ingress-ipblock\n");
  expect(text).toContain("\n4   default/VirtualMachine/vm4   .   .   .   -   .   .\n");
  const [, onNetwork = ""] = text.split("# MATRIX ON flatl2net");
  expect(onNetwork).toContain("\n4   default/VirtualMachine/vm4   X   X   X   -   X   X\n");
});

function list(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
