import { describe, expect, test } from "vitest";
import { instanceOf, launcher, listOf, type MachineSketch, virtualMachine } from "../testing/machines.ts";
import { serviceaccess } from "../testing/transcript.ts";

/** One of the cases that KubeVirt itself tests on clusters, as policy and as object, and who gets through. */
interface Case {
  readonly name: string;
  readonly policy: object;
  readonly access: object;
  /** `client > server TCP/80`, machines by their names; `other` lies in another namespace. */
  readonly expect: Readonly<Record<string, "Allowed" | "Denied">>;
}

const all = { podSelector: {}, policyTypes: ["Ingress"] };
const machines = { target: { virtualMachines: {} }, permits: { policy: "None" } };
const http = (...numbers: readonly number[]) => numbers.map((port) => ({ protocol: "TCP", port }));

const CASES: readonly Case[] = [
  {
    name: "deny all, by ping",
    policy: all,
    access: machines,
    expect: {
      "client > server ICMP": "Denied",
      "server > client ICMP": "Denied",
      "other > server ICMP": "Denied",
    },
  },
  {
    name: "deny all, by HTTP",
    policy: all,
    access: machines,
    expect: {
      "client > server TCP/80": "Denied",
      "client > server TCP/81": "Denied",
      "server > client TCP/80": "Denied",
    },
  },
  ...(["client", "other"] as const).map((source): Case => ({
    name: `allow the same namespace, from ${source}`,
    policy: { ...all, ingress: [{ from: [{ podSelector: {} }] }] },
    access: {
      ...machines,
      rights: { ingress: [{ from: [{ podSelector: {} }], ports: [{ protocol: "Any" }] }] },
    },
    expect: {
      [`${source} > server ICMP`]: source === "client" ? "Allowed" : "Denied",
      [`${source} > server TCP/80`]: source === "client" ? "Allowed" : "Denied",
    },
  })),
  ...(["server", "client"] as const).map((target): Case => ({
    name: `deny by a label, to ${target}`,
    policy: { ...all, podSelector: { matchLabels: { test: "networkpolicy" } } },
    access: { ...machines, target: { virtualMachines: { matchLabels: { test: "networkpolicy" } } } },
    expect: {
      [`other > ${target} ICMP`]: target === "server" ? "Denied" : "Allowed",
      [`other > ${target} TCP/80`]: target === "server" ? "Denied" : "Allowed",
    },
  })),
  ...[[80, 81], [80]].map((ports): Case => ({
    name: `allow TCP ${ports.join(" and ")}`,
    policy: { ...all, ingress: [{ ports: http(...ports) }] },
    access: { ...machines, rights: { ingress: [{ from: [{ preset: "Anywhere" }], ports: http(...ports) }] } },
    expect: {
      "client > server TCP/80": "Allowed",
      "client > server TCP/81": ports.includes(81) ? "Allowed" : "Denied",
      "other > server TCP/80": "Allowed",
      "client > server ICMP": "Denied",
    },
  })),
];

const MACHINES: readonly (readonly [string, string, MachineSketch])[] = [
  ["vms", "client", {}],
  ["vms", "server", { labels: { test: "networkpolicy" } }],
  ["elsewhere", "other", {}],
];

const WORLDS: Readonly<Record<string, readonly object[]>> = {
  "machines as they are in Git": MACHINES.map((each) => virtualMachine(...each)),
  "machines that run": MACHINES.flatMap(([namespace, name, { labels = {} }], n) => [
    virtualMachine(namespace, name, { labels }),
    instanceOf(namespace, name, { labels }),
    launcher(namespace, name, { labels, ip: `10.1.0.${n + 1}` }),
  ]),
  "machines of which a dump has the pods only": MACHINES.flatMap(([namespace, name, { labels = {} }], n) => [
    virtualMachine(namespace, name, { labels }),
    launcher(namespace, name, { labels, ip: `10.1.0.${n + 1}` }),
  ]),
};

const policyOf = (spec: object) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { namespace: "vms", name: "case" },
  spec,
});
const accessOf = (spec: object) => ({
  apiVersion: "serviceaccess.dev/v1alpha1",
  kind: "ServiceAccess",
  metadata: { namespace: "vms", name: "case" },
  spec,
});

const VERDICTS = new Map([
  [0, "Allowed"],
  [1, "Denied"],
  [3, "Unknown"],
]);

/** As `check` ends. */
async function verdict(files: Readonly<Record<string, string>>, flow: string): Promise<string | undefined> {
  const [from = "", , to = "", port = ""] = flow.split(" ");
  const end = (name: string) => `${name === "other" ? "elsewhere" : "vms"}/VirtualMachine/${name}`;
  const [protocol, number] = port.split("/");
  const what = number === undefined ? `${end(to)} --icmp` : `${end(to)}:${number}/${protocol}`;
  const { code, stderr } = await serviceaccess(`check -f vms --profile calico ${end(from)} ${what}`, {
    files,
  });
  return VERDICTS.get(code) ?? stderr;
}

async function expectCase(
  object: { readonly kind: string },
  cluster: readonly object[],
  { expect: flows }: Case,
) {
  const files = { "vms/all.json": listOf(object, ...cluster) };
  for (const [flow, wanted] of Object.entries(flows))
    expect([object.kind, flow, await verdict(files, flow)]).toEqual([object.kind, flow, wanted]);
}

describe.each(Object.entries(WORLDS))("KubeVirt's own cases, %s", (_, cluster) => {
  test.each(CASES)("$name", (one) => expectCase(policyOf(one.policy), cluster, one));
});

// Validating an object takes longer than judging it, so one of the worlds has to do.
test.each(CASES)("KubeVirt's own cases, by ServiceAccess objects: $name", (one) =>
  expectCase(accessOf(one.access), WORLDS["machines that run"] ?? [], one),
);

test("KubeVirt has eight of them", () => {
  expect(CASES).toHaveLength(8);
});
