import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { profileNamed, SPECIFICATION } from "../core/profile.ts";
import type { ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { simulate } from "../reconciler/in-memory.ts";
import { readPublished } from "./decode-published.ts";
import { accessOf } from "./small-world.ts";
import { bothWorlds, differences, flowsOf } from "./published-abcdesktop.ts";

/** The labels by which the published policies know namespaces; nobody has them unless somebody gives them. */
const LABELLED = { abcdesktop: { name: "abcdesktop" }, "kube-monitor": { name: "kube-monitor" } };

/** A fault of the published policies: what it is called, and every flow that our objects treat otherwise because of it. */
interface Fault {
  readonly finding: string;
  readonly says: string;
  /** Whose status says so beside the published policies, and of which object. */
  readonly said: { readonly by: string; readonly about: string; readonly as: "ingress beside" | "dry run" };
  readonly flows: readonly string[];
}

const FAULTS: readonly Fault[] = [
  {
    finding: "SelectorsDetached",
    says: "whoever may ask the DNS may reach port 53 of every pod of kube-system, for the label of the DNS and its namespace are two peers",
    said: { by: "dns", about: "NetworkPolicy/coredns-permits", as: "dry run" },
    flows: [
      "abcdesktop/CronJob/abcdesktop-cleaner > kube-system/Deployment/metrics-server: -TCP/53 -UDP/53",
      "abcdesktop/Deployment/openldap-od > kube-system/Deployment/metrics-server: -TCP/53 -UDP/53",
      "abcdesktop/Deployment/pyos-od > kube-system/Deployment/metrics-server: -TCP/53 -UDP/53",
      "abcdesktop/Deployment/router-od > kube-system/Deployment/metrics-server: -TCP/53 -UDP/53",
      "abcdesktop/StatefulSet/mongodb-od > kube-system/Deployment/metrics-server: -TCP/53 -UDP/53",
      "abcdesktop/holder-of-dns > kube-system/Deployment/metrics-server: -TCP/53 -UDP/53",
    ],
  },
  {
    finding: "DNSBlocked",
    says: "the permits of applications and of mail isolate their holders and leave them no DNS, so they find nothing by its name",
    said: { by: "ocapplications", about: "abcdesktop/Pod/app-calc-ada", as: "dry run" },
    flows: [
      "abcdesktop/app-calc-ada > kube-system/Deployment/coredns: +TCP/53 +UDP/53",
      "abcdesktop/holder-of-ocapplication > kube-system/Deployment/coredns: +TCP/53 +UDP/53",
      "abcdesktop/holder-of-smtp > kube-system/Deployment/coredns: +TCP/53 +UDP/53",
    ],
  },
  {
    finding: "PermitMissing",
    says: "the replicas of pyos are to reach each other by the label netpol/pyos, which they do not carry",
    said: { by: "pyos", about: "Deployment/pyos-od", as: "ingress beside" },
    flows: ["abcdesktop/Deployment/pyos-od > abcdesktop/Deployment/pyos-od: +TCP/8000"],
  },
  {
    finding: "PortAsymmetry",
    says: "the permits of the router lead to the website, so its clients reach it by other permits only, and pyos on one of two ports",
    said: { by: "router", about: "Deployment/pyos-od", as: "ingress beside" },
    flows: [
      "abcdesktop/Deployment/pyos-od > abcdesktop/Deployment/router-od: +TCP/80",
      "abcdesktop/holder-of-router > abcdesktop/Deployment/nginx-od: -TCP/80 -TCP/443",
      "abcdesktop/holder-of-router > abcdesktop/Deployment/router-od: +TCP/80 +TCP/443",
    ],
  },
];

/** One more where nobody labels the namespaces, which no cluster does by itself. */
const UNLABELLED: Fault = {
  finding: "NamespaceLabelUnknown",
  says: "namespaces are known by a label `name` that they do not have by themselves: no metrics, and no log lines, until somebody sets it",
  said: { by: "memcached", about: "NetworkPolicy/memcached-rights", as: "ingress beside" },
  flows: [
    "abcdesktop/Deployment/pyos-od > kube-monitor/Deployment/graylog: +TCP/12201 +UDP/1514",
    "abcdesktop/holder-of-graylog > kube-monitor/Deployment/graylog: +TCP/12201 +UDP/1514",
    "kube-monitor/Deployment/prometheus > abcdesktop/Deployment/memcached-od: +TCP/11211",
    "kube-monitor/Deployment/prometheus > abcdesktop/Deployment/pyos-od: +TCP/8000",
    "kube-monitor/Deployment/prometheus > abcdesktop/Deployment/speedtest-od: +TCP/8080",
    "kube-monitor/Deployment/prometheus > abcdesktop/StatefulSet/mongodb-od: +TCP/27017",
  ],
};

/** P and E, and what Kubernetes says by itself. */
const PROFILES = ["calico", "cilium", "specification"];

test("27 policies are published, and what is compared is every pod with every other and with what is outside", async () => {
  const { published, ours } = await bothWorlds(LABELLED);
  expect(readPublished().length).toBe(27);
  expect(published.policies.size).toBe(27);
  expect(ours.policies.size).toBeGreaterThan(27);
  expect([published.pods.size, flowsOf(ours).length]).toEqual([39, 1876]);
});

test.each(PROFILES)(
  "our objects differ where the published policies are broken, and nowhere else: %s",
  async (name) => {
    const flows = FAULTS.flatMap((fault) => fault.flows);
    expect(await differing(LABELLED, name)).toEqual(flows.toSorted());
  },
);

test("where nobody labels the namespaces the published policies lose the monitoring, too", async () => {
  const flows = [...FAULTS, UNLABELLED].flatMap((fault) => fault.flows);
  expect(await differing({}, "calico")).toEqual(flows.toSorted());
});

async function differing(labels: typeof LABELLED | object, name: string): Promise<readonly string[]> {
  const both = await bothWorlds({ ...labels });
  return differences(both, profileNamed(name) ?? SPECIFICATION).toSorted();
}

test.each(FAULTS.map((fault) => [fault.finding, fault] as const))(
  "%s is what the status of our object says beside the published policies",
  async (finding, { said }) => {
    expect(await findingsBeside(LABELLED, said)).toContain(`${finding} ${said.about}`);
  },
);

test("NamespaceLabelUnknown is said only where the label is missing", async () => {
  const expected = `${UNLABELLED.finding} ${UNLABELLED.said.about}`;
  expect(await findingsBeside({}, UNLABELLED.said)).toContain(expected);
  expect(await findingsBeside(LABELLED, UNLABELLED.said)).not.toContain(expected);
});

/** The findings of one of our objects in a cluster that has the published policies and none of ours. */
async function findingsBeside(labels: object, { by, as }: Fault["said"]): Promise<readonly string[]> {
  const { published, ours } = await bothWorlds({ ...labels });
  const access = beside(ours, by, as);
  const world = { ...published, accesses: new Map([[`abcdesktop/${access.metadata.name}`, access]]) };
  const { world: after } = await simulate(world, () => new Date(0));
  const [status] = [...after.accesses.values()].map((each) => each.status);
  return (status?.findings ?? []).map(({ type, object }) => `${type} ${object}`);
}

/** Under another name, for its own is taken; with what lets clients in only, or without writing anything. */
function beside({ accesses }: World, name: string, as: Fault["said"]["as"]): ServiceAccess {
  const spec: ServiceAccessSpec = accesses.get(`abcdesktop/${name}`)?.spec ?? {};
  const permits = { ...spec.permits, label: spec.permits?.label ?? { key: `netpol/${name}` } };
  const { rights, ...bare } = spec;
  const ingress = rights?.ingress;
  const ingressOnly = {
    ...bare,
    permits: { ...permits, policy: "None" },
    ...(ingress && { rights: { ingress } }),
  } as const;
  return accessOf(
    `abcdesktop/our-${name}`,
    as === "dry run" ? { ...spec, mode: "DryRun", permits } : ingressOnly,
  );
}

test("the sample's README lists each fault with its finding", () => {
  const file = join(import.meta.dirname, "../../config/samples/abcdesktop/README.md");
  const text = readFileSync(file, "utf8");
  const listed = Array.from(text.matchAll(/^\| (\w+) \| (.+) \|$/gm), ([, finding, says]) => [finding, says]);
  expect(listed.slice(1)).toEqual([...FAULTS, UNLABELLED].map(({ finding, says }) => [finding, says]));
});
