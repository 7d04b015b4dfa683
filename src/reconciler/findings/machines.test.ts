import { expect, test } from "vitest";
import { DEFAULT_NAMESPACE } from "../../manifest/decode.ts";
import { readManifests } from "../../manifest/read.ts";
import { worldOf } from "../../manifest/world.ts";
import type { Finding, ServiceAccessSpec } from "../../model/service-access.ts";
import { instanceOf, launcher, listOf, type MachineSketch, virtualMachine } from "../../testing/machines.ts";
import { accessOf } from "../../testing/small-world.ts";
import { simulate } from "../in-memory.ts";

const SPEC: ServiceAccessSpec = {
  target: { virtualMachines: {} },
  ports: [{ port: 80 }],
  permits: { policy: "None" },
};

/** What the status says of an object in namespace vms. */
async function findings(spec: ServiceAccessSpec, ...cluster: readonly object[]): Promise<readonly Finding[]> {
  const { world } = worldOf(readManifests(listOf(...cluster), "vms.json").documents, {
    defaultNamespace: DEFAULT_NAMESPACE,
    decodeServiceAccess: () => ({ kind: "problems", problems: [] }),
  });
  const access = accessOf("vms/web", spec);
  const accesses = new Map([["vms/web", access]]);
  const after = await simulate({ ...world, accesses }, () => new Date(0));
  return after.world.accesses.get("vms/web")?.status?.findings ?? [];
}

/** `Warning VMReservedPort VirtualMachine/vm1`: what is about machines, and whether any is selected. */
async function found(spec: ServiceAccessSpec, ...cluster: readonly object[]): Promise<readonly string[]> {
  const all = await findings(spec, ...cluster);
  return all
    .filter(
      ({ type, object }) =>
        type.startsWith("VM") || object.startsWith("VirtualMachine/") || type === "SelectorMatchesNothing",
    )
    .map(({ type, severity, object }) => `${severity} ${type} ${object}`);
}

const vm1 = (sketch: MachineSketch) => virtualMachine("vms", "vm1", sketch);
const podNetwork = (how: object) => ({
  interfaces: [{ name: "default", ...how }],
  networks: [{ name: "default", pod: {} }],
});
const flat = (how: object, more: object = {}) => ({
  interfaces: [{ name: "flat", ...how }],
  networks: [{ name: "flat", multus: { networkName: "flatl2net", ...more } }],
});

test.each([
  ["masquerade that forwards every port", podNetwork({ masquerade: {} }), []],
  ["masquerade that forwards the port", podNetwork({ masquerade: {}, ports: [{ port: 80 }] }), []],
  [
    "masquerade that forwards another port",
    podNetwork({ masquerade: {}, ports: [{ port: 22 }] }),
    ["Warning VMPortNotForwarded"],
  ],
  [
    "passt that forwards another protocol",
    podNetwork({ passt: {}, ports: [{ port: 80, protocol: "UDP" }] }),
    ["Warning VMPortNotForwarded"],
  ],
  [
    "masquerade with a port of KubeVirt's own",
    podNetwork({ masquerade: {}, ports: [{ port: 80 }, { port: 49152 }] }),
    ["Warning VMReservedPort"],
  ],
  [
    "a bridge, which looks at no ports",
    podNetwork({ bridge: {}, ports: [{ port: 22 }] }),
    ["Info VMBridgeDoesNotMigrate"],
  ],
  ["a bridge to a secondary network only", flat({ bridge: {} }), ["Warning VMNotOnPodNetwork"]],
  ["a device passed through", flat({ sriov: {} }), ["Warning VMNotOnPodNetwork"]],
  [
    "another network in the place of the pod's",
    flat({ bridge: {} }, { default: true }),
    ["Info VMDefaultNetworkReplaced"],
  ],
])("a guest on %s", async (_, how, expected) => {
  expect(await found(SPEC, vm1(how))).toEqual(expected.map((each) => `${each} VirtualMachine/vm1`));
});

test("whoever opens every port of a machine means those that it forwards", async () => {
  const open: ServiceAccessSpec = { ...SPEC, ports: [{ protocol: "Any" }] };
  expect(await found(open, vm1(podNetwork({ masquerade: {}, ports: [{ port: 22 }] })))).toEqual([]);
});

test("the running instance says how the guest is joined, not what the machine will have after a restart", async () => {
  const machine = vm1(podNetwork({ masquerade: {} }));
  const running = instanceOf("vms", "vm1", podNetwork({ masquerade: {}, ports: [{ port: 22 }] }));
  const pod = launcher("vms", "vm1", { ip: "10.1.0.1" });
  const [first] = await findings(SPEC, machine, running, pod);
  expect(first?.type).toBe("VMPortNotForwarded");
  expect(first?.message).toContain("forwards only TCP/22 to the guest, so nobody gets through on TCP/80");
});

test("M7: a label on the machine's own metadata applies no policy to its pod", async () => {
  const spec: ServiceAccessSpec = {
    ...SPEC,
    target: { podSelector: { matchLabels: { name: "access-control" } } },
  };
  const label = { name: "access-control" };
  expect(await found(spec, vm1({ own: label }))).toEqual([
    "Warning PolicyNotApplied VirtualMachine/vm1",
    "Warning SelectorMatchesNothing vms/web",
  ]);
  expect(await found(spec, vm1({ labels: label }))).toEqual([]);
  const client = { "netpol/web": "true" };
  expect(await found(SPEC, vm1({ own: client }))).toEqual([
    "Warning ClientLabelOnController VirtualMachine/vm1",
  ]);
});

test("a label that the template got after the machine started needs a restart", async () => {
  const spec: ServiceAccessSpec = { ...SPEC, target: { virtualMachines: { matchLabels: { tier: "db" } } } };
  const machine = vm1({ labels: { tier: "db" } });
  const [before, after] = [{}, { tier: "db" }].map((labels) =>
    launcher("vms", "vm1", { ip: "10.1.0.1", labels }),
  );
  expect(await found(spec, machine, before ?? {})).toEqual([
    "Warning SelectorMatchesNothing vms/web",
    "Warning VMRestartNeeded VirtualMachine/vm1",
  ]);
  expect(await found(spec, machine, after ?? {})).toEqual([]);
  expect(await found(spec, machine)).toEqual([]);
});

const handler = (node: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    namespace: "vms",
    name: `virt-handler-${node}`,
    labels: { "kubevirt.io": "virt-handler" },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "DaemonSet", name: "virt-handler", controller: true }],
  },
  spec: { containers: [] },
});

test("a default deny in KubeVirt's own namespace stops migrations, unless virt-handlers reach each other", async () => {
  const closed: ServiceAccessSpec = {
    target: { podSelector: {} },
    rights: { policyTypes: ["Ingress", "Egress"] },
  };
  const peer = { podSelector: { matchLabels: { "kubevirt.io": "virt-handler" } } };
  const rule = { ports: [{ protocol: "TCP" }] } as const;
  const open: ServiceAccessSpec = {
    target: { podSelector: {} },
    rights: { ingress: [{ from: [peer], ...rule }], egress: [{ to: [peer], ...rule }] },
  };
  const handlers = [handler("a"), handler("b")];
  expect(await found(closed, ...handlers)).toContain("Warning VMMigrationBlocked DaemonSet/virt-handler");
  expect(await found(open, ...handlers)).toEqual([]);
  expect(await found(closed, handler("a"))).toEqual([]);
});
