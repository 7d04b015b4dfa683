import { expect, test } from "vitest";

import { unknownFields } from "./read-strictly.ts";
import { parseYaml } from "./read-yaml.ts";
import { decodeVirtualMachine, decodeVirtualMachineInstance } from "./decode-virtual-machine.ts";

/** A machine as people write it: on the pod network and on a secondary one. */
const VM1 = `
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: vm1, namespace: default, uid: u1, labels: {team: net}}
spec:
  runStrategy: Always
  template:
    metadata: {labels: {name: access-control, kubevirt.io/vm: vm1}}
    spec:
      termination/GracePeriodSeconds: 0
      hostname: front.example.org
      domain:
        devices:
          interfaces:
          - {name: pods, masquerade: {}, ports: [{port: 80, name: http}, {port: 53, protocol: UDP}]}
          - {name: flat, bridge: {}, macAddress: "02:AA:BB:00:00:01"}
      networks:
      - {name: pods, pod: {}}
      - {name: flat, multus: {networkName: flatl2net}}
      volumes:
      - name: init
        cloudInitNoCloud:
          networkData: |
            version: 2
            ethernets:
              eth0: {dhcp4: true}
              eth1: {match: {macaddress: "02:AA:BB:00:00:01"}, addresses: [10.200.0.1/24]}
`;

const VMI1 = `
kind: VirtualMachineInstance
metadata:
  {name: vm1, namespace: default, uid: i1, labels: {name: access-control}, ownerReferences: [{kind: VirtualMachine, name: vm1, controller: true}]}
spec:
  domain: {devices: {interfaces: [{name: flat, binding: {name: passt}}]}}
  networks: [{name: flat, multus: {networkName: net/flat, default: true}}]
status:
  phase: Running
  nodeName: node1
  activePods: {pod-2: node2, pod-1: node1}
  interfaces:
  - {name: flat, mac: "02:AA", ipAddress: 10.1.1.11/24, ipAddresses: [10.1.1.11/24, "fd00::11"], infoSource: "domain, guest-agent"}
  - {interfaceName: docker0, ipAddress: 172.17.0.1, infoSource: guest-agent}
`;

const read = (text: string): unknown => {
  const parsed = parseYaml(text);
  return parsed.kind === "parsed" ? parsed.value : parsed.message;
};
const machine = (text: string) => value(decodeVirtualMachine(read(text)));
const instance = (text: string) => value(decodeVirtualMachineInstance(read(text)));

function value<T>(
  result: { readonly kind: "decoded"; readonly value: T } | { readonly kind: "problems" },
): T {
  if (result.kind === "problems") throw new Error(JSON.stringify(result));
  return result.value;
}

test("a machine's pod carries the labels of its template and KubeVirt's own, and none of the machine's", () => {
  expect(machine(VM1)).toMatchObject({
    labels: { team: "net" },
    template: {
      labels: {
        name: "access-control",
        "kubevirt.io/vm": "vm1",
        "kubevirt.io": "virt-launcher",
        "vm.kubevirt.io/name": "front",
        "vmi.kubevirt.io/id": "vm1",
      },
      ports: [{ name: "http", protocol: "TCP", number: 80 }],
    },
    replicas: 1,
  });
  expect(machine(VM1).template.labels).not.toHaveProperty("team");
});

test("interfaces are joined with their networks, and cloud-init's addresses keep their order", () => {
  expect(machine(VM1)).toMatchObject({
    interfaces: [
      {
        name: "pods",
        binding: "masquerade",
        network: { kind: "pod" },
        ports: [
          { name: "http", protocol: "TCP", number: 80 },
          { name: "", protocol: "UDP", number: 53 },
        ],
      },
      {
        name: "flat",
        binding: "bridge",
        mac: "02:aa:bb:00:00:01",
        network: { kind: "multus", attachment: "default/flatl2net", isDefault: false },
      },
    ],
    cloudInit: [
      { name: "eth0", mac: "", addresses: [] },
      { name: "eth1", mac: "02:aa:bb:00:00:01", addresses: ["10.200.0.1"] },
    ],
  });
});

test("an instance says where it runs and what the guest's agent saw, without the lengths of prefixes", () => {
  expect(instance(VMI1)).toMatchObject({
    owner: { kind: "VirtualMachine", name: "vm1" },
    node: "node1",
    activePods: ["pod-1", "pod-2"],
    template: { labels: { "kubevirt.io/created-by": "i1" } },
    interfaces: [{ binding: "passt", network: { attachment: "net/flat", isDefault: true } }],
    reported: [
      { name: "flat", addresses: ["10.1.1.11", "fd00::11"], sources: ["domain", "guest-agent"] },
      { name: "", addresses: ["172.17.0.1"], sources: ["guest-agent"] },
    ],
  });
});

test("M10: a field that KubeVirt does not know is overlooked", () => {
  expect(VM1).toContain("termination/GracePeriodSeconds");
  expect(unknownFields("VirtualMachine", read(VM1))).toEqual([]);
  expect(unknownFields("VirtualMachine", { ...OTHERS, "spec/running": true })).toEqual([]);
});

const OTHERS = { apiVersion: "kubevirt.io/v1", kind: "VirtualMachine", metadata: { name: "vm1" } };

const spec = (text: string) => `{metadata: {name: vm1}, spec: {${text}}}`;

test.each([
  ["running: true", 1],
  ["running: false", 0],
  ["runStrategy: Halted", 0],
  ["runStrategy: Manual", 1],
  ["runStrategy: RerunOnFailure", 1],
])("a machine with %s stands for %d pods", (how, pods) => {
  expect(machine(spec(`${how}, template: {spec: {}}`)).replicas).toBe(pods);
});

test("without interfaces a guest gets one on the pod network, unless it is told not to", () => {
  const given = (devices: string) =>
    machine(spec(`template: {spec: {domain: {devices: ${devices}}}}`)).interfaces.map(
      (each) => each.network.kind,
    );
  expect(given("{}")).toEqual(["pod"]);
  expect(given("{autoattachPodInterface: false}")).toEqual([]);
});

test("addresses of cloud-init's first version are read as well, and of what cannot be read there are none", () => {
  const config =
    "config: [{type: physical, name: eth0, mac_address: '02:AA', subnets: [{type: static, address: 10.200.0.4/24}]}]";
  const volume = (data: string) =>
    machine(spec(`template: {spec: {volumes: [{name: init, cloudInitConfigDrive: ${data}}]}}`)).cloudInit;
  const found = [{ name: "eth0", mac: "02:aa", addresses: ["10.200.0.4"] }];
  const encoded = Buffer.from(`version: 1\n${config}`).toString("base64");
  expect(volume(`{networkDataBase64: ${encoded}}`)).toEqual(found);
  expect(volume(`{networkData: "network: {version: 1, ${config}}"}`)).toEqual(found);
  expect(volume(`{networkData: "a: [b"}`)).toEqual([]);
  expect(volume(`{networkDataSecretRef: {name: secret}}`)).toEqual([]);
});

test("a name that does not fit into a label is cut by KubeVirt in its own way, so that label is not foretold", () => {
  const long = machine(`{metadata: {name: ${"a".repeat(70)}}, spec: {template: {spec: {}}}}`);
  expect(long.template.labels).not.toHaveProperty("vmi.kubevirt.io/id");
  expect(long.template.labels["vm.kubevirt.io/name"]).toHaveLength(63);
});
