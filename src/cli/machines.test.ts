import { expect, test } from "vitest";
import type { ServiceAccessStatus } from "../model/service-access.ts";
import { instanceOf, launcher, listOf, virtualMachine } from "../testing/machines.ts";
import { serviceaccess } from "../testing/transcript.ts";

const pod = (name: string, labels: object, ip: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "vms", name, labels },
  status: { phase: "Running", podIP: ip },
});

const access = (target: object) => ({
  apiVersion: "serviceaccess.dev/v1alpha1",
  kind: "ServiceAccess",
  metadata: { namespace: "vms", name: "web" },
  spec: { target, ports: [{ port: 80 }], permits: { dns: false } },
});

const CLIENT = pod("client", { "netpol/web": "true" }, "10.1.0.9");

interface Shown {
  readonly spec: { readonly podSelector?: unknown };
  readonly status?: ServiceAccessStatus;
}

function items(stdout: string): readonly Shown[] {
  return (JSON.parse(stdout) as { readonly items: readonly Shown[] }).items;
}

/** The selector of the rights, or why there are none. */
async function selected(target: object, ...cluster: readonly object[]): Promise<unknown> {
  const files = { "vms/all.json": listOf(access(target), ...cluster) };
  const { stdout, stderr } = await serviceaccess("render -f vms -o json", { files });
  return stdout === "" ? stderr : items(stdout)[0]?.spec.podSelector;
}

const VM1 = { virtualMachine: { name: "vm1" } };

test("a machine is named by the label that its launcher has, and before it has one by its hostname", async () => {
  const machine = virtualMachine("vms", "vm1", { hostname: "front" });
  const old = launcher("vms", "vm1", { ip: "10.1.0.1", hostname: "front", isOld: true });
  const moved = launcher("vms", "vm1", { ip: "10.1.0.2", hostname: "front", suffix: "b" });
  const byHostname = { matchLabels: { "kubevirt.io": "virt-launcher", "vm.kubevirt.io/name": "front" } };
  const byName = { matchLabels: { "vmi.kubevirt.io/id": "vm1" } };
  expect(await selected(VM1, machine)).toEqual(byName);
  expect(await selected(VM1, virtualMachine("vms", "vm1", { hostname: "front", running: false }))).toEqual(
    byHostname,
  );
  expect(await selected(VM1, machine, old)).toEqual(byHostname);
  // While it moves from an old KubeVirt to a new one, both of its pods are meant.
  expect(await selected(VM1, machine, old, moved)).toEqual(byHostname);
  expect(await selected(VM1, machine, moved)).toEqual(byName);
  const ended = launcher("vms", "vm1", {
    ip: "10.1.0.1",
    hostname: "front",
    isOld: true,
    phase: "Succeeded",
  });
  expect(await selected(VM1, machine, ended, moved)).toEqual(byName);
});

test("a machine that is not there, or cannot be told from another, is no target", async () => {
  expect(await selected(VM1)).toContain("target.virtualMachine: there is no VirtualMachine vms/vm1");
  const twins = ["vm1", "vm2"].map((name) =>
    virtualMachine("vms", name, { hostname: "front", running: false }),
  );
  expect(await selected(VM1, ...twins)).toContain(
    "its hostname front is that of vm2 as well: start it, or select it",
  );
});

test("all machines of a namespace are its launchers, and no other pods of KubeVirt", async () => {
  const all = { matchLabels: { "kubevirt.io": "virt-launcher" } };
  expect(await selected({ virtualMachines: {} })).toEqual(all);
  const some = { virtualMachines: { matchLabels: { tier: "db" } } };
  expect(await selected(some)).toEqual({ matchLabels: { ...all.matchLabels, tier: "db" } });
  const disks = { virtualMachines: { matchLabels: { "kubevirt.io": "hotplug-disk" } } };
  expect(await selected(disks)).toMatchObject({
    matchExpressions: [{ key: "kubevirt.io", operator: "In", values: ["virt-launcher"] }],
  });
});

const MOVING = [
  virtualMachine("vms", "vm1"),
  instanceOf("vms", "vm1"),
  launcher("vms", "vm1", { ip: "10.1.0.1", suffix: "a" }),
  launcher("vms", "vm1", { ip: "10.1.0.2", suffix: "b" }),
  pod("hp-volume", { "kubevirt.io": "hotplug-disk" }, "10.1.0.3"),
  pod("virt-exporter", { "kubevirt.io": "virt-exporter" }, "10.1.0.4"),
  pod("importer", { app: "containerized-data-importer" }, "10.1.0.5"),
];

test("a machine that moves has two launchers and is one endpoint", async () => {
  const files = { "vms/all.json": listOf(access({ virtualMachines: {} }), CLIENT, ...MOVING) };
  const { stdout } = await serviceaccess("simulate -f vms -o json", { files });
  const status = items(stdout).at(-1)?.status;
  expect(status?.summary).toBe("1 client reaches 1 of 1 pods on TCP/80");
  expect(status?.target).toEqual({
    clients: 1,
    pods: 1,
    selector: "kubevirt.io=virt-launcher",
    workloads: ["VirtualMachine/vm1"],
  });
  const ends = status?.reachability?.map(({ from, to }) => ({ from, to }));
  expect(ends).toEqual([
    {
      from: { namespace: "vms", workload: "Pod/client", permit: true, pods: 1 },
      to: { namespace: "vms", workload: "VirtualMachine/vm1", pods: 1 },
    },
  ]);
});

test("a machine is asked about by its name, with or without pods", async () => {
  for (const machine of [MOVING, [virtualMachine("vms", "vm1")], MOVING.toSpliced(1, 1)]) {
    const files = { "vms/all.json": listOf(access(VM1), CLIENT, pod("other", {}, "10.1.0.8"), ...machine) };
    const verdict = async (line: string) => (await serviceaccess(`check -f vms ${line}`, { files })).code;
    expect(await verdict("vms/client vms/VirtualMachine/vm1:80")).toBe(0);
    expect(await verdict("vms/other vms/VirtualMachine/vm1:80")).toBe(1);
    expect(await verdict("vms/client vms/VirtualMachine/vm1:81")).toBe(1);
    const { stdout } = await serviceaccess("matrix -f vms --port 80", { files });
    expect(stdout).toContain("vms/VirtualMachine/vm1");
    expect(stdout).not.toContain("virt-launcher");
    expect(stdout).toMatch(/VirtualMachine\/vm1 .*-/);
  }
});

test("where the two launchers of a machine are judged otherwise, both verdicts are told", async () => {
  const closed = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { namespace: "vms", name: "moved" },
    spec: {
      podSelector: { matchLabels: { "kubevirt.io/migrationJobUID": "job" } },
      policyTypes: ["Ingress"],
    },
  };
  const moved = launcher("vms", "vm1", {
    ip: "10.1.0.2",
    suffix: "b",
    labels: { "kubevirt.io/migrationJobUID": "job" },
  });
  const files = { "vms/all.json": listOf(closed, CLIENT, ...MOVING.slice(0, 3), moved) };
  const { stdout, code } = await serviceaccess("check -f vms vms/client vms/VirtualMachine/vm1:80", {
    files,
  });
  expect(code).toBe(3);
  expect(stdout).toContain(
    "vms/client -> vms/virt-launcher-vm1-a is Allowed (no policy isolates the pod for egress; no policy isolates the pod for ingress), vms/client -> vms/virt-launcher-vm1-b is Denied",
  );
});
