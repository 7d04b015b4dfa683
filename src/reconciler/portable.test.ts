import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { profileNamed } from "../core/profile.ts";
import { compileSchema } from "../manifest/schema/validator.ts";
import type { Divergence, ServiceAccessSpec, ServiceAccessStatus } from "../model/service-access.ts";
import { accessOf, policyOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { simulate } from "./in-memory.ts";

const TARGET: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  permits: { dns: false },
};
const SPEC: ServiceAccessSpec = { ...TARGET, ports: [{ port: 80 }] };
const PODS: NonNullable<WorldSketch["pods"]> = {
  "shop/db": { ips: ["10.0.0.1"], labels: { app: "db" }, ports: ["web=TCP/80"] },
  "shop/web": { ips: ["10.0.0.2"], labels: { "netpol/db": "true" } },
  "shop/idle": { ips: ["10.0.0.3"] },
};

const validateStatus = (() => {
  const crd = load(readFileSync(new URL("../../crds/serviceaccesses.yaml", import.meta.url), "utf8"));
  const compiled = compileSchema(crd);
  if (compiled.kind !== "decoded") throw new Error("the CRD is damaged");
  return compiled.value.validateStatus;
})();

/** What the status says once the operator has nothing left to do; held to the schema. */
async function statusOf(
  spec: ServiceAccessSpec,
  profile = "specification",
  sketch: WorldSketch = {},
): Promise<ServiceAccessStatus> {
  const world = smallWorld({ pods: PODS, ...sketch, accesses: [accessOf("shop/db", spec)] });
  const { world: after } = await simulate(world, () => new Date(0), profileNamed(profile));
  const status = after.accesses.get("shop/db")?.status ?? {};
  expect(validateStatus(status)).toEqual([]);
  return status;
}

async function portable(spec: ServiceAccessSpec, sketch: WorldSketch = {}): Promise<string> {
  const { conditions = [] } = await statusOf(spec, "calico", sketch);
  const found = conditions.find(({ type }) => type === "Portable");
  return found === undefined ? "nothing" : `${found.status} ${found.reason}: ${found.message}`;
}

test("policies that every plugin reads alike", async () => {
  expect(await portable(SPEC)).toBe(
    "True ReadAlike: all plugins read the policies alike; of ping no policy with ports speaks",
  );
});

test.each<readonly [what: string, spec: ServiceAccessSpec, said: string]>([
  [
    "a port's name",
    { ...TARGET, ports: [{ port: "web" }] },
    "port web is a name, which ovn-kubernetes, kube-ovn, kube-ovn-lax do not look up in each pod: write its number",
  ],
  [
    "a range of ports",
    { ...TARGET, ports: [{ port: 80, endPort: 90 }] },
    "of the ports 80-90 cilium-before-1.16, terway-ebpf admit the first only: list them one by one",
  ],
  [
    "SCTP",
    { ...TARGET, ports: [{ port: 80, protocol: "SCTP" }] },
    "it names ports of SCTP, which cilium, cilium-before-1.16, terway-ebpf enforce in some versions and settings only",
  ],
  [
    "every protocol",
    { ...TARGET, ports: [{ protocol: "Any" }] },
    "a rule for every protocol means ICMP as well, of which antrea may let nothing pass",
  ],
  [
    "IPv6",
    { ...SPEC, rights: { ingress: [{ from: [{ ipBlock: { cidr: "2001:db8::/32" } }] }] } },
    "2001:db8::/32 is IPv6, for which kube-router, aws-vpc-cni, azure-npm enforce policies in some settings only, or never",
  ],
  [
    "a block that holds pods",
    { ...SPEC, rights: { ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/24" } }] }] } },
    "10.0.0.0/24 holds addresses of pods, which cilium, cilium-before-1.16, terway-ebpf know by their labels only: name them by labels as well, if they are meant",
  ],
  [
    "many blocks",
    {
      ...SPEC,
      rights: {
        ingress: [
          {
            from: [
              { ipBlock: { cidr: "192.0.2.1/32" } },
              { ipBlock: { cidr: "192.0.2.3/32" } },
              { ipBlock: { cidr: "192.0.2.5/32" } },
              { ipBlock: { cidr: "192.0.2.7/32" } },
              { ipBlock: { cidr: "192.0.2.9/32" } },
            ],
          },
        ],
      },
    },
    "it has 5 address blocks, more than is advised with azure-npm",
  ],
  [
    "many ports of a block",
    {
      ...SPEC,
      ports: [{ port: 8000 }, ...Array.from({ length: 24 }, (_, n) => ({ port: 8002 + 2 * n }))],
      rights: { ingress: [{ from: [{ ipBlock: { cidr: "192.0.2.0/24" } }] }] },
    },
    "one rule has 25 ports for an address block, of which aws-vpc-cni drop some: part it into several objects",
  ],
])("%s is a point in which plugins differ", async (_, spec, said) => {
  expect(await portable(spec)).toBe(`False PluginsDiffer: ${said}`);
});

test("a block holds no pods that are excepted, nor those that its rule names by their labels, nor any where there are none", async () => {
  const from = (...peers: NonNullable<NonNullable<ServiceAccessSpec["rights"]>["ingress"]>[number]["from"]) =>
    portable({ ...SPEC, rights: { ingress: [{ from: peers }] } });
  expect(await from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/24"] } })).toMatch(/^True/);
  expect(await from({ ipBlock: { cidr: "10.0.0.0/8" } }, { namespaceSelector: {} })).toMatch(/^True/);
  expect(await from({ ipBlock: { cidr: "10.0.0.0/8" } }, { podSelector: {} })).toMatch(/^True/);
  expect(await from({ ipBlock: { cidr: "192.0.2.0/24" } })).toMatch(/^True/);
});

test("a pod on the node's network tells of a block for nodes", async () => {
  const pods = { ...PODS, "shop/agent": { ips: ["192.0.2.7"], hostNetwork: true } };
  const rights = { ingress: [{ from: [{ ipBlock: { cidr: "192.0.2.0/24" } }] }] } as const;
  expect(await portable({ ...SPEC, rights }, { pods })).toBe(
    "False PluginsDiffer: 192.0.2.0/24 holds addresses of nodes, which cilium, cilium-before-1.16, terway-ebpf do not match by an address block",
  );
});

/** `calico: shop/Pod/idle -> shop/Pod/db TCP/80 Allowed/Denied` */
function told({ divergences = [] }: ServiceAccessStatus): readonly string[] {
  return divergences.map(lineOf);
}

function lineOf({ from, to, ports, portable: text, profile, verdict }: Divergence): string {
  const [source, destination] = [from, to].map(
    (place) => place.addresses?.join("+") ?? `${place.namespace}/${place.workload}`,
  );
  return `${profile}: ${source} -> ${destination} ${ports.join(" ")} ${text}/${verdict}`;
}

const BLOCK: ServiceAccessSpec = {
  ...SPEC,
  rights: { ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/24" } }] }] },
};

test("flows that policies let through by an address, which some plugins do not hold against pods", async () => {
  const line = (profile: string) => `${profile}: shop/Pod/idle -> shop/Pod/db TCP/80 Allowed/Denied`;
  const status = await statusOf(BLOCK, "cilium");
  expect(told(status)).toEqual([line("cilium")]);
  expect(status.divergences?.[0]).toMatchObject({
    from: { namespace: "shop", workload: "Pod/idle", pods: 1 },
    reason:
      "ingress is denied by shop/db-rights (decided by the profile cilium: the specification alone says Allowed)",
  });
  expect(told(await statusOf(BLOCK))).toEqual([line("cilium")]);
  expect(told(await statusOf(BLOCK, "calico"))).toEqual([line("cilium")]);
  expect(told(await statusOf(BLOCK, "terway-ebpf"))).toEqual([line("terway-ebpf")]);
  expect(await statusOf(SPEC, "cilium")).not.toHaveProperty("divergences");
  expect(await statusOf(BLOCK, "none")).not.toHaveProperty("divergences");
});

test("names of ports that stand for every port, and those that nobody knows", async () => {
  const named: ServiceAccessSpec = { ...TARGET, ports: [{ port: "web" }] };
  expect(told(await statusOf(named, "ovn-kubernetes"))).toEqual([
    "ovn-kubernetes: shop/Pod/web -> shop/Pod/db TCP/1-79 TCP/81-65535 Denied/Allowed",
  ]);
  expect(told(await statusOf(named, "kube-ovn"))).toEqual([
    "kube-ovn: shop/Pod/web -> shop/Pod/db TCP/1-79 TCP/81-65535 Denied/Unknown",
    "kube-ovn: shop/Pod/web -> shop/Pod/db TCP/80 Allowed/Unknown",
  ]);
  expect(told(await statusOf(named))).toEqual([]);
});

test("policies of others count as well, and so do those of the clients' own namespace", async () => {
  const out = policyOf("shop/out", {
    podSelector: { matchLabels: { "netpol/db": "true" } },
    policyTypes: ["Egress"],
    egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/24" } }] }],
  });
  const spec: ServiceAccessSpec = { ...SPEC, permits: { policy: "None" } };
  expect(told(await statusOf(spec, "cilium", { policies: [out] }))).toEqual([
    "cilium: shop/Pod/web -> shop/Pod/db TCP/80 Allowed/Denied",
  ]);
});

test("a list that is longer than a status takes says how many there are besides", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [`shop/idle-${n}`, { ips: [`10.0.0.${n + 10}`] }]),
  );
  const status = await statusOf(BLOCK, "cilium", { pods: { ...PODS, ...many } });
  expect([status.divergences?.length, status.divergencesUnlisted]).toEqual([25, 6]);
});
