import { expect, test } from "vitest";

import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { isIdle } from "./operator/health.ts";
import { inNamespace, pod, serviceAccess } from "./operator/objects.ts";
import { condition, type RawAccess, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";

const reads = readsOf(plane.api);
const operator = stage(plane, { flags: ["--profile", "cilium"] });

/** A target, a client, and a pod that is let in by its address only, as row K2i has it. */
async function inhabited(): Promise<{ readonly namespace: string; readonly address: string }> {
  const namespace = await plane.namespace("profile");
  const pods = [pod("db", { app: "db" }), pod("web", { "netpol/db": "true" }), pod("vpc", {})];
  await plane.apply(...inNamespace(namespace, ...pods));
  const wait = ["wait", "-n", namespace, "--for=condition=Ready", "pod", "--all", "--timeout=30s"];
  expect(await plane.kubectl(wait)).toMatchObject({ code: 0 });
  const { body } = await plane.api<{ readonly status: { readonly podIP: string } }>(
    "GET",
    `/api/v1/namespaces/${namespace}/pods/vpc`,
  );
  return { namespace, address: body.status.podIP };
}

/** The object once its condition Enforced names the plugin, and nothing is left to do. */
async function judgedBy(profile: string, namespace: string): Promise<RawAccess> {
  const access = await eventually(
    async () => {
      const found = await reads.access(namespace, "db");
      const isTold = condition(found, "Enforced")?.message.startsWith(`${profile} enforces`) === true;
      return isTold && (await isIdle(operator.health())) ? found : undefined;
    },
    { what: `${namespace}/db to be judged by ${profile}` },
  );
  const { body } = await readiness();
  expect(body).toMatchObject({ profile });
  return access;
}

async function readiness() {
  const response = await fetch(`${operator.health()}/readyz`);
  return { body: believe<{ readonly profile: string }>(await response.text()) };
}

/** What is said of the pod that comes by its address: its row, and what plugins differ in. */
function ofVpc({ status }: RawAccess) {
  const rows = (status?.reachability ?? []).filter(({ from }) => from.workload === "Pod/vpc");
  const differing = (status?.divergences ?? []).filter(({ from }) => from.workload === "Pod/vpc");
  return {
    verdicts: rows.map(({ verdict }) => verdict),
    divergences: differing.map(({ portable, profile, verdict }) => `${portable}, ${profile} ${verdict}`),
  };
}

test.skipIf(!hasControllers)(
  "statuses speak for the network plugin that the operator was told, and for another one after a restart",
  async () => {
    const { namespace, address } = await inhabited();
    const rights = { ingress: [{ from: [{ ipBlock: { cidr: `${address}/32` } }] }] };
    const spec = {
      target: { podSelector: { matchLabels: { app: "db" } } },
      ports: [{ port: 5432 }],
      rights,
      permits: { dns: false },
    };
    await plane.apply(...inNamespace(namespace, serviceAccess("db", spec)));

    const byIdentity = await judgedBy("cilium", namespace);
    expect(ofVpc(byIdentity)).toEqual({ verdicts: [], divergences: ["Allowed, cilium Denied"] });
    expect(condition(byIdentity, "Enforced")).toMatchObject({ status: "True" });
    const portable = condition(byIdentity, "Portable");
    expect(portable).toMatchObject({ status: "False" });
    expect(portable?.message).toContain(`${address}/32 holds addresses of pods, which cilium`);

    await operator.restart("SIGTERM", undefined, ["--profile", "calico"]);
    const byAddress = await judgedBy("calico", namespace);
    expect(ofVpc(byAddress)).toEqual({ verdicts: ["Allowed"], divergences: ["Allowed, cilium Denied"] });

    await operator.restart("SIGTERM", undefined, ["--profile", "calico"]);
    const again = await judgedBy("calico", namespace);
    expect(again.metadata.resourceVersion).toBe(byAddress.metadata.resourceVersion);
  },
);
