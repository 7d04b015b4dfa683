import { afterAll, expect, test } from "vitest";

import type { ReachabilityRow } from "../../src/model/service-access.ts";
import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane } from "../control-plane/plane.ts";
import { serviceaccess } from "../operator/command-line.ts";
import { inNamespace, pod, serviceAccess } from "../operator/objects.ts";
import { condition, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";
import { defineTiers, tierPolicy, undefineTiers } from "../operator/tier-definitions.ts";
import { timed } from "../operator/timed.ts";

const reads = readsOf(plane.api);

await defineTiers(plane);
// Hooks run in the opposite order: the operator has ended when its kinds are taken away.
afterAll(() => undefineTiers(plane));
const operator = stage(plane, { foreseen: "object cannot be read" });

async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await plane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const access = serviceAccess("web", {
  target: { podSelector: { matchLabels: { app: "web" } } },
  ports: [{ port: 8080 }],
  permits: { dns: false },
});

/** A target and its client, in a namespace of their own, and the one row that says what is between them. */
async function served(): Promise<{
  readonly namespace: string;
  row(): Promise<ReachabilityRow | undefined>;
}> {
  const namespace = await plane.namespace("tiers");
  const client = pod("shop", { app: "shop", "netpol/web": "true" });
  await plane.apply(...inNamespace(namespace, pod("web", { app: "web" }), client));
  await plane.apply(...inNamespace(namespace, access));
  const row = async () => (await reads.access(namespace, "web"))?.status?.reachability?.[0];
  await eventually(async () => (await row())?.verdict === "Allowed", { what: "the client to get through" });
  return { namespace, row };
}

function of(namespace: string): object {
  return { namespaces: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
}

const kinds = [
  ["ClusterNetworkPolicy", "v1alpha2", { tier: "Admin", priority: 5 }],
  ["AdminNetworkPolicy", "v1alpha1", { priority: 7 }],
] as const;

test.runIf(hasControllers).for(kinds)(
  "the status follows a denial of an administrator's %s, and names it",
  async ([kind, version, tier]) => {
    const { namespace, row } = await served();
    const deny = { action: "Deny", from: [of(namespace)] };
    const policy = tierPolicy(kind, version, `deny-${namespace}`, {
      ...tier,
      subject: of(namespace),
      ingress: [deny],
    });
    await plane.apply(policy);
    const by = [`${kind}/deny-${namespace}`];
    const { ms } = await timed(
      async () => {
        expect(await row()).toMatchObject({ verdict: "Denied", ingress: { verdict: "Denied", by } });
        return true;
      },
      { what: "the denial to be told" },
    );
    operator.figure(`${ms} ms until a denial of a ${kind} was in the status`);
    expect(condition(await reads.access(namespace, "web"), "Effective")?.status).toBe("False");

    await kubectl("delete", kind, `deny-${namespace}`);
    await eventually(async () => (await row())?.verdict === "Allowed", { what: "the client to get through" });
    expect(condition(await reads.access(namespace, "web"), "Effective")?.status).toBe("True");
  },
);

test.runIf(hasControllers)(
  "the command line judges the live cluster by its tiers and its nodes",
  async () => {
    const { namespace } = await served();
    const nodes = await kubectl(
      "get",
      "nodes",
      "-o",
      "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}",
    );
    const rules = [{ action: "Deny", to: [{ nodes: {} }, of(namespace)] }];
    const spec = { tier: "Admin", priority: 9, subject: of(namespace), egress: rules };
    await plane.apply(tierPolicy("ClusterNetworkPolicy", "v1alpha2", `live-${namespace}`, spec));
    const by = [`ClusterNetworkPolicy/live-${namespace}`];
    for (const to of [nodes, `${namespace}/web`]) {
      const asked = [
        "check",
        `${namespace}/shop`,
        `${to}:8080`,
        "--kubeconfig",
        plane.kubeconfig,
        "-o",
        "json",
      ];
      expect(await serviceaccess(asked)).toMatchObject({ verdict: "Denied", egress: { by } });
    }
    await kubectl("delete", "ClusterNetworkPolicy", `live-${namespace}`);
  },
);

test.runIf(hasControllers)(
  "a policy that cannot be read leaves everything Unknown, here and on the command line, until it can be",
  async () => {
    const { namespace, row } = await served();
    const subject = of(namespace);
    const broken = (priority: unknown) =>
      tierPolicy("ClusterNetworkPolicy", "v1alpha2", `broken-${namespace}`, {
        tier: "Admin",
        priority,
        subject,
      });
    await plane.apply(broken("first"));
    const by = expect.arrayContaining([`ClusterNetworkPolicy/broken-${namespace}`]) as readonly string[];
    await eventually(
      async () => {
        expect(await row()).toMatchObject({ verdict: "Unknown", egress: { by }, ingress: { by } });
        return true;
      },
      { what: "the status to say that nothing is known" },
    );
    const found = await reads.access(namespace, "web");
    for (const type of ["Effective", "Exclusive"])
      expect(condition(found, type)).toMatchObject({ status: "Unknown", reason: "Undetermined" });
    const asked = ["check", `${namespace}/shop`, `${namespace}/web:8080`, "--kubeconfig", plane.kubeconfig];
    expect(await serviceaccess([...asked, "-o", "json"])).toMatchObject({
      verdict: "Unknown",
      egress: { by },
    });

    await plane.apply(broken(3));
    await eventually(async () => (await row())?.verdict === "Allowed", { what: "the policy to be read" });
    await kubectl("delete", "ClusterNetworkPolicy", `broken-${namespace}`);
  },
);

// The last one: it takes the kinds away.
test.runIf(hasControllers)("what a kind said is forgotten with the kind", async () => {
  const { namespace, row } = await served();
  const policy = tierPolicy("ClusterNetworkPolicy", "v1alpha2", `deny-${namespace}`, {
    tier: "Admin",
    priority: 11,
    subject: of(namespace),
    ingress: [{ action: "Deny", from: [{ namespaces: {} }] }],
  });
  await plane.apply(policy);
  await eventually(async () => (await row())?.verdict === "Denied", { what: "the denial to be told" });
  await undefineTiers(plane);
  await eventually(async () => (await row())?.verdict === "Allowed", { what: "the denial to be forgotten" });
  expect(condition(await reads.access(namespace, "web"), "Effective")?.status).toBe("True");
});
