import { expect, test } from "vitest";
import { decodeIpamClaim, decodeNetworkAttachment } from "./decode-network-attachment.ts";

function read(config: unknown): unknown {
  const written = typeof config === "string" || config === undefined ? config : JSON.stringify(config);
  const raw = { metadata: { namespace: "x", name: "net" }, spec: { config: written } };
  const result = decodeNetworkAttachment(raw);
  if (result.kind === "problems") return result.problems.map(({ field, message }) => `${field}: ${message}`);
  const { network, plugin, ipam, subnets } = result.value;
  return [network, plugin, ipam, subnets.join(" ")].join(" | ");
}

const OVN = { name: "shared", type: "ovn-k8s-cni-overlay", topology: "layer2", netAttachDefName: "x/net" };

test.each([
  ["OVN-Kubernetes without subnets", OVN, "shared | ovn-k8s-cni-overlay | none | "],
  [
    "with two",
    { ...OVN, subnets: "10.0.0.0/24, fd00::/64" },
    "shared | ovn-k8s-cni-overlay | subnets | 10.0.0.0/24 fd00::/64",
  ],
  [
    "with addresses that are kept",
    { ...OVN, subnets: "10.0.0.0/24", allowPersistentIPs: true },
    "shared | ovn-k8s-cni-overlay | persistent | 10.0.0.0/24",
  ],
  [
    "kept addresses without subnets",
    { ...OVN, allowPersistentIPs: true },
    "shared | ovn-k8s-cni-overlay | none | ",
  ],
  ["without a name", { ...OVN, name: "" }, "x/net | ovn-k8s-cni-overlay | none | "],
  [
    "a name of another plugin",
    { name: "conf", type: "macvlan", master: "eth1" },
    "x/net | macvlan | none | ",
  ],
  ["an empty section", { type: "macvlan", ipam: {} }, "x/net | macvlan | none | "],
  ["dhcp", { type: "macvlan", ipam: { type: "dhcp" } }, "x/net | macvlan | dhcp | "],
  ["static", { type: "macvlan", ipam: { type: "static", addresses: [] } }, "x/net | macvlan | static | "],
  [
    "host-local",
    {
      type: "macvlan",
      ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.0/24" }], [{ subnet: "fd01::/64" }]] },
    },
    "x/net | macvlan | subnets | 10.1.0.0/24 fd01::/64",
  ],
  [
    "whereabouts",
    { type: "ipvlan", ipam: { type: "whereabouts", range: "10.2.0.0/16" } },
    "x/net | ipvlan | subnets | 10.2.0.0/16",
  ],
  ["somebody else's", { type: "macvlan", ipam: { type: "calico-ipam" } }, "x/net | macvlan | other | "],
  [
    "a chain",
    { name: "c", plugins: [{ type: "bridge", ipam: { type: "dhcp" } }, { type: "tuning" }] },
    "x/net | bridge | dhcp | ",
  ],
  ["a chain of nothing", { name: "c", plugins: [] }, "x/net |  | unknown | "],
  ["no type", { name: "c" }, "x/net |  | unknown | "],
  ["nothing", "", "x/net |  | unknown | "],
  ["spaces", " \n", "x/net |  | unknown | "],
  ["no config at all", undefined, "x/net |  | unknown | "],
])("%s", (_, config, expected) => {
  expect(read(config)).toBe(expected);
});

test.each([
  ["{", "must be the JSON of a CNI configuration: "],
  ["[1]", "must be an object, not a list"],
  ["null", "is required: an object"],
  [`{"type": 5}`, 'type: must be a string, not 5; write "5", in quotes'],
  [`{"type": "macvlan", "ipam": "dhcp"}`, 'ipam: must be an object, not "dhcp"'],
  [`{"plugins": {}}`, "plugins: must be a list, not an object"],
  [`{"type": "t", "subnets": ["10.0.0.0/24"]}`, "subnets: must be a string, not a list"],
])("a configuration %s is a problem with its place", (config, why) => {
  const [problem, ...others] = read(config) as readonly string[];
  expect([problem?.slice(0, "spec.config".length), problem?.includes(why), others]).toEqual([
    "spec.config",
    true,
    [],
  ]);
});

test("an IPAMClaim's addresses come without their prefixes, and none of them is needed", () => {
  const metadata = { namespace: "x", name: "vm.net" };
  const spec = { network: "shared", interface: "net1" };
  const read = [{ ips: ["10.0.0.5/24", "fd00::5/64"] }, {}, undefined].map((status) =>
    decodeIpamClaim({ metadata, spec, status }),
  );
  expect(read.map((result) => result.kind === "decoded" && result.value.addresses)).toEqual([
    ["10.0.0.5", "fd00::5"],
    [],
    [],
  ]);
});
