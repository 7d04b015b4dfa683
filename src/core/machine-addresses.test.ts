import { expect, test } from "vitest";
import type { PodAttachment } from "../model/network-attachment.ts";
import type {
  CloudInitDevice,
  GuestInterface,
  ReportedInterface,
  VirtualMachineInstance,
} from "../model/virtual-machine.ts";
import { podOf } from "../testing/table.ts";
import { agentAddresses, cloudInitAddresses } from "./machine-addresses.ts";

const POD = {
  ...podOf("x/virt-launcher-vm-abcde", { ips: ["10.244.0.1"], labels: { "kubevirt.io": "virt-launcher" } }),
  owner: { kind: "VirtualMachineInstance", name: "vm" },
};

interface Sketch {
  readonly interfaces?: readonly GuestInterface[];
  readonly reported?: readonly Partial<ReportedInterface>[];
  readonly cloudInit?: readonly Partial<CloudInitDevice>[];
}

function world({ interfaces = [nic("pod"), nic("net", "x/net")], reported = [], cloudInit = [] }: Sketch) {
  const instance: VirtualMachineInstance = {
    kind: "VirtualMachineInstance",
    namespace: "x",
    name: "vm",
    uid: "vm",
    labels: {},
    owner: undefined,
    selector: undefined,
    template: { labels: {}, hostNetwork: false, ports: [] },
    replicas: 1,
    hostname: "vm",
    interfaces,
    cloudInit: cloudInit.map((each) => ({ name: "", mac: "", addresses: [], ...each })),
    node: "",
    activePods: [],
    migratesBridged: false,
    reported: reported.map((each) => ({
      name: "",
      mac: "",
      addresses: [],
      sources: ["guest-agent"],
      ...each,
    })),
  };
  return { virtualMachines: new Map(), virtualMachineInstances: new Map([["x/vm", instance]]) };
}

function nic(name: string, definition?: string, mac = ""): GuestInterface {
  const network =
    definition === undefined
      ? ({ kind: "pod" } as const)
      : ({ kind: "multus", attachment: definition, isDefault: false } as const);
  return { name, binding: "bridge", mac, ports: [], network };
}

function attachment(mac = ""): PodAttachment {
  return { definition: "x/net", interface: "", mac, claim: "", requested: [], status: undefined };
}

test.each<[string, NonNullable<Sketch["reported"]>, readonly string[]]>([
  [
    "of the network's interface",
    [
      { name: "pod", addresses: ["10.244.0.1"] },
      { name: "net", addresses: ["10.0.0.1"] },
    ],
    ["10.0.0.1"],
  ],
  [
    "and not what finds only its own link",
    [{ name: "net", addresses: ["fe80::1", "169.254.3.3", "fd00::1"] }],
    ["fd00::1"],
  ],
  [
    "and not what somebody else says",
    [{ name: "net", addresses: ["10.0.0.1"], sources: ["domain", "multus-status"] }],
    [],
  ],
  ["nothing where it does not know the interface", [{ name: "other", addresses: ["10.0.0.1"] }], []],
])("the agent in the guest is asked: %s", (_, reported, expected) => {
  expect(agentAddresses(POD, attachment(), world({ reported }))).toEqual(expected);
});

const MAC = "02:00:00:00:00:01";
const OTHER = "02:00:00:00:00:02";

test.each<[string, Sketch, string, readonly string[]]>([
  [
    "by the hardware address",
    {
      interfaces: [nic("pod"), nic("net", "x/net", MAC)],
      cloudInit: [
        { mac: OTHER, addresses: ["10.0.0.2"] },
        { mac: MAC, addresses: ["10.0.0.1"] },
      ],
    },
    "",
    ["10.0.0.1"],
  ],
  [
    "by that of the pod's interface",
    { cloudInit: [{ mac: MAC, addresses: ["10.0.0.1"] }] },
    MAC,
    ["10.0.0.1"],
  ],
  ["by the order", { cloudInit: [{ addresses: [] }, { addresses: ["10.0.0.1"] }] }, "", ["10.0.0.1"]],
  ["not by the order, where there are not as many", { cloudInit: [{ addresses: ["10.0.0.1"] }] }, "", []],
  [
    "not by the order, where hardware addresses say otherwise",
    { cloudInit: [{ mac: OTHER, addresses: ["10.0.0.2"] }, { addresses: ["10.0.0.1"] }] },
    "",
    [],
  ],
  [
    "of two interfaces on the network by theirs",
    {
      interfaces: [nic("a", "x/net", OTHER), nic("b", "x/net", MAC)],
      cloudInit: [
        { mac: OTHER, addresses: ["10.0.0.2"] },
        { mac: MAC, addresses: ["10.0.0.1"] },
      ],
    },
    MAC,
    ["10.0.0.1"],
  ],
  [
    "of two that nobody tells apart not at all",
    {
      interfaces: [nic("a", "x/net"), nic("b", "x/net")],
      cloudInit: [{ addresses: ["10.0.0.2"] }, { addresses: ["10.0.0.1"] }],
    },
    "",
    [],
  ],
])("cloud-init is asked %s", (_, sketch, mac, expected) => {
  expect(cloudInitAddresses(POD, attachment(mac), world(sketch))).toEqual(expected);
});

test("a pod of nobody's machine has no guest to ask", () => {
  const other = podOf("x/a", "10.244.0.1");
  const full = world({
    reported: [{ name: "net", addresses: ["10.0.0.1"] }],
    cloudInit: [{}, { addresses: ["10.0.0.1"] }],
  });
  expect([agentAddresses(other, attachment(), full), cloudInitAddresses(other, attachment(), full)]).toEqual([
    [],
    [],
  ]);
});
