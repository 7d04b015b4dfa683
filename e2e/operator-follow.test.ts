import { describe, expect, test } from "vitest";

import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { deployment, inNamespace, pod, service, serviceAccess } from "./operator/objects.ts";
import { condition, isReady, type RawAccess, type RawPolicy, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";
import { timed } from "./operator/timed.ts";

const reads = readsOf(plane.api);
const operator = stage(plane);
const mergePatch = "application/merge-patch+json";

const byService = serviceAccess("web", { target: { service: { name: "web" } }, permits: { dns: false } });

async function patch(path: string, body: object): Promise<void> {
  const answer = await plane.api("PATCH", path, body, mergePatch);
  expect(answer).toMatchObject({ status: 200 });
}

async function ready(namespace: string, name = "web"): Promise<RawAccess> {
  return await eventually(
    async () => {
      const access = await reads.access(namespace, name);
      return isReady(access) ? access : undefined;
    },
    { what: `${namespace}/${name} to be Ready` },
  );
}

const accessesOf = (namespace: string) =>
  `/apis/serviceaccess.dev/v1alpha1/namespaces/${namespace}/serviceaccesses`;

/** Waits until the policy is there and says this. */
async function policySays(namespace: string, name: string, spec: Partial<RawPolicy["spec"]>): Promise<void> {
  const { ms } = await timed(
    async () => {
      expect((await reads.policy(namespace, name))?.spec).toMatchObject(spec);
      return true;
    },
    { what: `${namespace}/${name} to follow` },
  );
  operator.figure(`${ms} ms until ${name} followed`);
}

const holders = { podSelector: { matchLabels: { "netpol/web": "true" } } };
const towards = (labels: Readonly<Record<string, string>>, port: number | string) => ({
  to: [{ podSelector: { matchLabels: labels } }],
  ports: [{ protocol: "TCP", port }],
});

const plain = serviceAccess("web", {
  target: { podSelector: { matchLabels: { app: "web" } } },
  ports: [{ port: 8080 }],
  permits: { dns: false },
});

/** At the same time, each in a namespace of its own: most of it is waiting. */
describe.concurrent("while the cluster changes", () => {
  test("when the Service of the target changes its selector or its target port, both policies follow", async () => {
    const namespace = await plane.namespace("service");
    await plane.apply(...inNamespace(namespace, service("web", { app: "web" }, 8080)));
    await plane.apply(...inNamespace(namespace, byService));
    await ready(namespace);
    const path = `/api/v1/namespaces/${namespace}/services/web`;

    await patch(path, { spec: { selector: { app: null, tier: "front" } } });
    await policySays(namespace, "web-rights", { podSelector: { matchLabels: { tier: "front" } } });
    await policySays(namespace, "web-permits", { egress: [towards({ tier: "front" }, 8080)] });

    await patch(path, { spec: { ports: [{ port: 80, targetPort: "http" }] } });
    const ports = [{ protocol: "TCP", port: "http" }];
    await policySays(namespace, "web-rights", { ingress: [{ from: [holders], ports }] });
    await policySays(namespace, "web-permits", { egress: [towards({ tier: "front" }, "http")] });
    expect((await ready(namespace)).status?.policies?.length).toBe(2);
  });

  test("rules to a Service, to another object and to the API server follow what they lead to", async () => {
    const namespace = await plane.namespace("caller");
    const away = await plane.namespace("called");
    await plane.apply(...inNamespace(away, service("db", { app: "db" }, 5432)));
    await plane.apply(...inNamespace(away, { ...plain, metadata: { name: "cache" } }));
    const to = [
      { service: { name: "db", namespace: away } },
      { serviceAccess: { name: "cache", namespace: away } },
      { preset: "KubeAPI" },
    ];
    const caller = serviceAccess("caller", { ...plain.spec, rights: { egress: [{ to }] } });
    await plane.apply(...inNamespace(namespace, caller));
    await ready(namespace, "caller");
    const there = { matchLabels: { "kubernetes.io/metadata.name": away } };
    const says = async (...rules: readonly object[]) =>
      await eventually(
        async () => {
          const egress = (await reads.policy(namespace, "caller-rights"))?.spec.egress ?? [];
          for (const rule of rules) expect(egress).toContainEqual(rule);
          return true;
        },
        { what: "the rules to follow" },
      );
    const rule = (app: string, port: number) => ({
      to: [{ podSelector: { matchLabels: { app } }, namespaceSelector: there }],
      ports: [{ protocol: "TCP", port }],
    });
    await says(rule("db", 5432), rule("web", 8080));

    const path = `/api/v1/namespaces/${away}/services/db`;
    await patch(path, { spec: { ports: [{ port: 80, targetPort: 6432 }] } });
    await patch(`${accessesOf(away)}/cache`, { spec: { ports: [{ port: 9090 }] } });
    await says(rule("db", 6432), rule("web", 9090));

    // Another member of the API server comes and goes.
    const slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
    const member = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: namespace, labels: { "kubernetes.io/service-name": "kubernetes" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["192.0.2.77"] }],
      ports: [{ name: "https", protocol: "TCP", port: 7443 }],
    };
    expect((await plane.api("POST", slices, member)).status).toBe(201);
    const toMember = {
      to: [{ ipBlock: { cidr: "192.0.2.77/32" } }],
      ports: [{ protocol: "TCP", port: 7443 }],
    };
    await says(toMember);
    await plane.api("DELETE", `${slices}/${namespace}`);
    await eventually(
      async () =>
        !JSON.stringify((await reads.policy(namespace, "caller-rights"))?.spec).includes("192.0.2.77"),
      { what: "the member to be gone" },
    );
    const { spec } = (await reads.policy(namespace, "caller-rights")) ?? {};
    expect(spec?.egress?.filter(({ to }) => to?.some(({ ipBlock }) => ipBlock !== undefined))).toHaveLength(
      2,
    );
  });

  test("an object whose Service is not there yet waits, says so, and is Ready once it comes", async () => {
    const namespace = await plane.namespace("early");
    await plane.apply(...inNamespace(namespace, byService));
    await eventually(
      async () => condition(await reads.access(namespace, "web"), "Ready")?.reason === "ServiceNotFound",
      { what: "the missing Service to be told" },
    );
    expect(await reads.policies(namespace)).toEqual([]);
    await plane.apply(...inNamespace(namespace, service("web", { app: "web" }, 8080)));
    await ready(namespace);
    await policySays(namespace, "web-rights", { podSelector: { matchLabels: { app: "web" } } });
  });

  test("when the Service goes, the policies stay as they are, and the object says what it misses", async () => {
    const namespace = await plane.namespace("late");
    await plane.apply(...inNamespace(namespace, service("web", { app: "web" }, 8080)));
    await plane.apply(...inNamespace(namespace, byService));
    await ready(namespace);
    const before = await reads.policies(namespace);
    await plane.api("DELETE", `/api/v1/namespaces/${namespace}/services/web`);
    await eventually(
      async () => condition(await reads.access(namespace, "web"), "Ready")?.reason === "ServiceNotFound",
      { what: "the missing Service to be told" },
    );
    expect(await reads.policies(namespace)).toEqual(before);
  });

  test("a workload as the target is its selector, and the policies follow when it is made anew with another", async () => {
    const namespace = await plane.namespace("workload");
    const access = serviceAccess("web", {
      target: { workload: { kind: "Deployment", name: "web" } },
      ports: [{ port: 8080 }],
      permits: { dns: false },
    });
    await plane.apply(...inNamespace(namespace, access));
    await eventually(
      async () => condition(await reads.access(namespace, "web"), "Ready")?.reason === "WorkloadNotFound",
      { what: "the missing Deployment to be told" },
    );
    await plane.apply(...inNamespace(namespace, deployment("web", { app: "web" })));
    await ready(namespace);
    await policySays(namespace, "web-rights", { podSelector: { matchLabels: { app: "web" } } });

    await plane.api("DELETE", `/apis/apps/v1/namespaces/${namespace}/deployments/web`);
    await plane.apply(...inNamespace(namespace, deployment("web", { app: "web2" })));
    await policySays(namespace, "web-rights", { podSelector: { matchLabels: { app: "web2" } } });
    expect((await ready(namespace)).status?.policies?.length).toBe(2);
  });

  test.runIf(hasControllers)(
    "a pod that gets the client label becomes a client in the status, and one that loses it is none",
    async () => {
      const namespace = await plane.namespace("label");
      await plane.apply(
        ...inNamespace(namespace, pod("web", { app: "web" }), pod("shop", { app: "shop" })),
        ...inNamespace(namespace, plain),
      );
      const clients = async (expected: number) =>
        await timed(
          async () => {
            const status = (await reads.access(namespace, "web"))?.status;
            expect(status?.target).toMatchObject({ pods: 1, clients: expected });
            const rows = (status?.reachability ?? []).map(
              ({ from, to }) => `${from.workload} > ${to.workload}`,
            );
            expect(rows).toEqual(expected === 0 ? [] : ["Pod/shop > Pod/web"]);
            return true;
          },
          { what: `${expected} clients in the status` },
        );
      await clients(0);
      const path = `/api/v1/namespaces/${namespace}/pods/shop`;
      await patch(path, { metadata: { labels: { "netpol/web": "true" } } });
      operator.figure(`${(await clients(1)).ms} ms until a new client was in the status`);
      await patch(path, { metadata: { labels: { "netpol/web": null } } });
      await clients(0);
    },
  );

  test.runIf(hasControllers)(
    "a policy of somebody else that opens the target is named in the status",
    async () => {
      const namespace = await plane.namespace("opened");
      await plane.apply(
        ...inNamespace(namespace, pod("web", { app: "web" }), pod("stranger", { app: "stranger" })),
        ...inNamespace(namespace, plain),
      );
      await ready(namespace);
      const exclusive = async () => condition(await reads.access(namespace, "web"), "Exclusive");
      await eventually(async () => (await exclusive())?.status === "True", {
        what: "the target to be closed",
      });
      const open = { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] };
      const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
      await plane.api("POST", path, { metadata: { name: "open" }, spec: open });
      const { value, ms } = await timed(
        async () => {
          const found = await exclusive();
          return found?.status === "False" ? found : undefined;
        },
        { what: "the hole to be told" },
      );
      expect(value.message).toContain(`opened by ${namespace}/open`);
      operator.figure(`${ms} ms until a hole was in the status`);
      await plane.api("DELETE", `${path}/open`);
      await eventually(async () => (await exclusive())?.status === "True", {
        what: "the target to be closed",
      });
    },
  );

  test.runIf(hasControllers)(
    "the objects and policies of a deleted namespace go with it, and the operator stays calm about it",
    async () => {
      const namespace = await plane.namespace("doomed");
      await plane.apply(...inNamespace(namespace, plain, { ...byService, metadata: { name: "other" } }));
      await ready(namespace);
      await plane.api("DELETE", `/api/v1/namespaces/${namespace}`);
      const left = async () => Object.keys(await reads.everything(namespace));
      await eventually(async () => (await left()).length === 0, { what: "what is in it to be gone" });
      const told = operator.lines().filter((line) => line.namespace === namespace);
      expect(told.filter(({ msg }) => msg === "reconcile failed")).toEqual([]);
      expect(await left()).toEqual([]);
    },
  );
});
