import { expect, test } from "vitest";

import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane } from "../control-plane/plane.ts";

interface Named {
  readonly metadata: { readonly name: string; readonly uid: string };
}

interface Pod extends Named {
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string; readonly podIP?: string; readonly hostIP?: string };
}

interface List<Item> {
  readonly items: readonly Item[];
}

const ssa = "application/apply-patch+yaml";
const apply = "fieldManager=control-plane-test&force=true&fieldValidation=Strict";

const workload = (kind: string, name: string, spec: object, podSpec: object = {}) => ({
  apiVersion: kind === "Job" ? "batch/v1" : "apps/v1",
  kind,
  metadata: { name },
  spec: {
    ...(kind === "Job" ? {} : { selector: { matchLabels: { app: name } } }),
    ...spec,
    template: {
      metadata: { labels: { app: name } },
      spec: { ...podSpec, containers: [{ name: "main", image: "nothing.invalid/main" }] },
    },
  },
});

const inNamespace = <Kind extends { metadata: object }>(namespace: string, object: Kind) => ({
  ...object,
  metadata: { ...object.metadata, namespace },
});

async function pods(namespace: string, app: string): Promise<readonly Pod[]> {
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${app}`;
  return (await plane.api<List<Pod>>("GET", path)).body.items;
}

async function runningPods(namespace: string, app: string, count: number): Promise<readonly Pod[]> {
  const running = async () => {
    const found = (await pods(namespace, app)).filter(({ status }) => status.phase === "Running");
    return found.length === count && found;
  };
  return eventually(running, { what: `${count} running pods of ${app}` });
}

async function isGone(path: string): Promise<boolean> {
  return (await plane.api("GET", path)).status === 404;
}

test.runIf(hasControllers)(
  "a Deployment becomes running pods with addresses, and they stand behind its Service",
  async () => {
    const namespace = await plane.namespace("deployment");
    await plane.apply(
      inNamespace(namespace, workload("Deployment", "web", { replicas: 3 })),
      inNamespace(namespace, {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web" },
        spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
      }),
    );

    const addresses = (await runningPods(namespace, "web", 3)).map(({ status }) => status.podIP ?? "");
    expect(new Set(addresses).size).toBe(3);
    for (const address of addresses) expect(address).toMatch(/^10\.244\./);

    interface Slice {
      readonly endpoints: readonly { readonly addresses: readonly string[] }[] | null;
      readonly ports: readonly { readonly port: number }[] | null;
    }
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const slice = await eventually(
      async () => {
        const { body } = await plane.api<List<Slice>>("GET", path);
        return body.items.find(({ endpoints }) => endpoints?.length === 3);
      },
      { what: "an EndpointSlice with three endpoints" },
    );
    expect(slice.endpoints?.flatMap((endpoint) => endpoint.addresses).toSorted()).toEqual(
      addresses.toSorted(),
    );
    expect(slice.ports?.map(({ port }) => port)).toEqual([8080]);
  },
);

test.runIf(hasControllers)(
  "a DaemonSet has one pod on each node, in the host network with the node's address",
  async () => {
    const namespace = await plane.namespace("daemonset");
    await plane.apply(inNamespace(namespace, workload("DaemonSet", "agent", {}, { hostNetwork: true })));
    const found = await runningPods(namespace, "agent", 2);
    expect(
      found.map(({ spec, status }) => `${spec.nodeName} ${status.hostIP} ${status.podIP}`).toSorted(),
    ).toEqual(["node-1 10.9.0.1 10.9.0.1", "node-2 10.9.0.2 10.9.0.2"]);
  },
);

test.runIf(hasControllers)("a StatefulSet numbers its pods, and a Job comes to its end", async () => {
  const namespace = await plane.namespace("workloads");
  await plane.apply(
    inNamespace(namespace, workload("StatefulSet", "db", { replicas: 2, serviceName: "db" })),
    inNamespace(namespace, workload("Job", "once", {}, { restartPolicy: "Never" })),
  );
  const found = await runningPods(namespace, "db", 2);
  expect(found.map(({ metadata }) => metadata.name).toSorted()).toEqual(["db-0", "db-1"]);
  const job = ["wait", "-n", namespace, "--for=condition=Complete", "--timeout=20s", "job/once"];
  expect(await plane.kubectl(job)).toMatchObject({ code: 0 });
});

test("a NetworkPolicy sent as raw JSON is stored with its sources intact", async () => {
  const namespace = await plane.namespace("policy");
  const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/web`;
  const spec = {
    podSelector: { matchLabels: { app: "web" } },
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [{ namespaceSelector: { matchLabels: { team: "a" } }, podSelector: {} }],
        ports: [{ protocol: "TCP", port: 80 }],
      },
    ],
  };
  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "web", namespace },
    spec,
  };

  expect(await plane.api("PATCH", `${path}?${apply}`, policy, ssa)).toMatchObject({ status: 201 });
  expect(await plane.api("GET", path)).toMatchObject({ status: 200, body: { spec } });
});

test("a field that the API does not know is refused instead of dropped", async () => {
  const namespace = await plane.namespace("policy");
  const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/web`;
  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "web", namespace },
    spec: { podSelector: {}, ingress: [{ _from: [{ podSelector: {} }] }] },
  };

  const { status, body } = await plane.api<{ message: string }>("PATCH", `${path}?${apply}`, policy, ssa);
  expect(status).toBe(500);
  expect(body.message).toContain("_from: field not declared in schema");
  expect(await isGone(path)).toBe(true);
});

test.runIf(hasControllers)("what an object owns is collected when the object goes", async () => {
  const namespace = await plane.namespace("owner");
  const objects = `/api/v1/namespaces/${namespace}/configmaps`;
  const owner = await plane.api<Named>("POST", objects, { metadata: { name: "owner" } });
  const reference = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.body.metadata.uid };
  for (const child of [
    { metadata: { name: "child", ownerReferences: [reference] } },
    { metadata: { name: "bystander" } },
  ]) {
    expect((await plane.api("POST", objects, child)).status).toBe(201);
  }

  expect((await plane.api("DELETE", `${objects}/owner`)).status).toBe(200);
  await eventually(() => isGone(`${objects}/child`), { what: "the child to be collected" });
  expect((await plane.api("GET", `${objects}/bystander`)).status).toBe(200);
});

test.runIf(hasControllers)("what a ServiceAccess owns is collected as fast as anything else", async () => {
  const namespace = await plane.namespace("owner");
  const accesses = `/apis/serviceaccess.dev/v1alpha1/namespaces/${namespace}/serviceaccesses`;
  const object = {
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ServiceAccess",
    metadata: { name: "web" },
    spec: { target: { podSelector: { matchLabels: { app: "web" } } }, ports: [{ port: 80 }] },
  };
  const { status, body } = await plane.api<Named>("POST", accesses, object);
  expect({ status, body }).toMatchObject({ status: 201 });

  const { apiVersion, kind } = object;
  const ownerReferences = [{ apiVersion, kind, name: "web", uid: body.metadata.uid, controller: true }];
  const policies = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
  const child = { metadata: { name: "child", ownerReferences }, spec: { podSelector: {} } };
  expect((await plane.api("POST", policies, child)).status).toBe(201);

  expect((await plane.api("DELETE", `${accesses}/web`)).status).toBe(200);
  await eventually(() => isGone(`${policies}/child`), {
    what: "the policy to be collected",
  });
});

test.runIf(hasControllers)(
  "a deleted namespace takes everything in it along and is gone in the end",
  async () => {
    const namespace = await plane.namespace("doomed");
    await plane.apply(inNamespace(namespace, workload("Deployment", "web", { replicas: 2 })));
    await runningPods(namespace, "web", 2);

    // The namespace controller lets five seconds pass before it looks, each time.
    expect((await plane.api("DELETE", `/api/v1/namespaces/${namespace}`)).status).toBe(200);
    await eventually(() => isGone(`/api/v1/namespaces/${namespace}`), {
      what: "the namespace to be gone",
      timeoutMs: 45_000,
    });
    expect(await pods(namespace, "web")).toEqual([]);
  },
);

test("kubectl applies, waits, reads and explains", async () => {
  const namespace = await plane.namespace("kubectl");
  const deployment = JSON.stringify(workload("Deployment", "web", { replicas: 1 }));
  const run = async (...args: readonly string[]) => {
    const result = await plane.kubectl(["-n", namespace, ...args], { input: deployment });
    expect(result).toMatchObject({ code: 0 });
    return result.stdout.trim();
  };

  expect(await run("apply", "-f", "-")).toBe("deployment.apps/web created");
  expect(await run("apply", "-f", "-")).toBe("deployment.apps/web unchanged");
  if (hasControllers) {
    expect(await run("wait", "--for=condition=Available", "--timeout=20s", "deployment/web")).toContain(
      "condition met",
    );
    expect(await run("get", "deployment", "web", "--no-headers")).toMatch(/^web\s+1\/1\s+1\s+1/);
  }
  expect(await run("get", "deployment", "-o", "name")).toBe("deployment.apps/web");
  expect(await run("explain", "networkpolicy.spec.ingress.from")).toContain("NetworkPolicyPeer");
});

test("kubectl says no with a code and a reason", async () => {
  const result = await plane.kubectl(["get", "configmap", "nothing", "-n", "default"]);
  expect(result).toMatchObject({ code: 1, stdout: "" });
  expect(result.stderr).toContain("NotFound");
});

test("the token of a ServiceAccount may do what its role says and nothing else", async () => {
  const namespace = await plane.namespace("rbac");
  const kubectl = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await plane.kubectl(["-n", namespace, ...args]);
    return code === 0 ? stdout.trim() : stderr.trim();
  };
  await kubectl("create", "serviceaccount", "reader");
  await kubectl("create", "role", "reader", "--verb=list", "--resource=networkpolicies");
  await kubectl("create", "rolebinding", "reader", "--role=reader", `--serviceaccount=${namespace}:reader`);
  const token = await kubectl("create", "token", "reader");
  const as = ["--server", plane.server, "--token", token, "--certificate-authority", plane.certificate];

  expect(await kubectl(...as, "get", "networkpolicies", "-o", "name")).toBe("");
  expect(await kubectl(...as, "get", "pods", "-o", "name")).toContain(
    `User "system:serviceaccount:${namespace}:reader" cannot list resource "pods"`,
  );
});
