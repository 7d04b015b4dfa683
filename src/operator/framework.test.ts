import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createClient } from "../kube/client.ts";
import { createTransport } from "../kube/transport.ts";
import { createWatches } from "../kube/watches.ts";
import { createStore } from "../reconciler/store.ts";
import { recordedLog } from "../testing/recorded-log.ts";
import { answer, kinds, refuse, serverThat, type Step, watching } from "../testing/scripted-server.ts";
import { soon } from "../testing/soon.ts";
import {
  AccessOperator,
  type OperatorParts,
  type ResourceEvent,
  ResourceEventType,
  type ResourceMeta,
} from "./framework.ts";

/** Everything of the framework that touches the network or the process, and whether it is ours. */
const METHODS = {
  constructor: "ours",
  start: "theirs: calls init",
  stop: "ours",
  registerCustomResourceDefinition: "ours",
  getCustomResourceApiUri: "ours",
  watchResource: "ours",
  setResourceStatus: "ours",
  patchResourceStatus: "ours",
  handleResourceFinalizer: "ours",
  setResourceFinalizers: "ours",
  applyAxiosKubeConfigAuth: "theirs: only fills in credentials, called by nobody",
  applyGaxiosKubeConfigAuth: "theirs: called only by what is ours",
  resourceStatusRequest: "theirs, private: called only by what is ours",
  errorToJson: "theirs, private: makes a text",
};

const base = Object.getPrototypeOf(AccessOperator) as (abstract new () => unknown) & {
  readonly prototype: object;
};

test("every method of the framework is known, and those with effects are ours", () => {
  const theirs = Object.getOwnPropertyNames(base.prototype);
  expect(theirs.toSorted()).toEqual(Object.keys(METHODS).toSorted());
  const ours = new Set(Object.getOwnPropertyNames(AccessOperator.prototype));
  const overridden = theirs.filter((name) => ours.has(name));
  expect(overridden.toSorted()).toEqual(
    Object.entries(METHODS)
      .filter(([, whose]) => whose === "ours")
      .map(([name]) => name)
      .toSorted(),
  );
});

test("the framework is word for word the one that was read for this list", () => {
  const text = createHash("sha256").update(Function.prototype.toString.call(base)).digest("hex");
  expect(text).toBe("f042b45d49ec6e6f4f21575474959cfe5778f8941773459b540276add7e09fa4");
});

test("events of every watched resource reach the handler, and only after the first lists work begins", async () => {
  const { operator, changes, calls } = await operatorFor(({ pathname }) =>
    pathname.endsWith("/pods") ? listOf(pod("a")) : undefined,
  );
  await operator.start();
  expect(changes).toEqual(["Pod shop/a"]);
  expect(calls).toEqual(["synced"]);
});

test("a cut watch, an ERROR event and a stop never end the process", async () => {
  const { operator, server, calls } = await operatorFor(({ pathname, searchParams }) => {
    if (searchParams.get("watch") !== "true") return undefined;
    return pathname.endsWith("/pods")
      ? watching([], "cut")
      : watching(['{"type":"ERROR","object":{"code":500}}\n']);
  });
  await operator.start();
  const watches = () => server.asked.filter((asked) => asked.startsWith("watch")).length;
  await soon(() => expect(watches()).toBeGreaterThan(11));
  await operator.shutdown();
  // The framework's own stop would end the process a moment later.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(exit).not.toHaveBeenCalled();
  expect(calls).toEqual(["synced", "stopped"]);
});

test("a stop before everything is known ends the start without work and without complaint", async () => {
  const { operator, calls } = await operatorFor(() => refuse(503, "NotYet"));
  const started = operator.start();
  await operator.shutdown();
  await started;
  expect(calls).toEqual(["stopped"]);
});

test("the address of a resource is the server's, with or without a namespace", async () => {
  const { operator, server } = await operatorFor();
  const base = server.kubeConfig.getCurrentCluster()?.server;
  expect(operator.uri("apps", "v1", "deployments")).toBe(`${base}/apis/apps/v1/deployments`);
  expect(operator.uri("", "v1", "pods", "shop")).toBe(`${base}/api/v1/namespaces/shop/pods`);
});

const meta: ResourceMeta = {
  id: "serviceaccesses.serviceaccess.dev/v1alpha1",
  apiVersion: "serviceaccess.dev/v1alpha1",
  kind: "ServiceAccess",
  namespace: "shop",
  name: "web",
  resourceVersion: "7",
};
const path = "/apis/serviceaccess.dev/v1alpha1/namespaces/shop/serviceaccesses/web";
const stored = answer(200, { metadata: { namespace: "shop", name: "web", uid: "u", resourceVersion: "8" } });

test("a status is set whole by an apply, or changed in part by a patch, and answers with the new version", async () => {
  const { operator, server } = await operatorFor(() => stored);
  expect(await operator.setStatus(meta, { a: 1 })).toEqual({ ...meta, resourceVersion: "8" });
  expect(await operator.patchStatus(meta, { b: 2 })).toEqual({ ...meta, resourceVersion: "8" });
  expect(server.asked).toEqual([
    `PATCH ${path}/status?fieldManager=serviceaccess-status&force=true&fieldValidation=Strict`,
    `PATCH ${path}/status?fieldManager=serviceaccess-status&fieldValidation=Strict`,
  ]);
  expect(server.headers.map((headers) => headers["content-type"])).toEqual([
    "application/apply-patch+yaml",
    "application/merge-patch+json",
  ]);
});

test("a status that is refused is an error, not a line in the log", async () => {
  const { operator } = await operatorFor(() => refuse(403, "Forbidden"));
  await expect(operator.setStatus(meta, {})).rejects.toThrow(
    "cannot apply the status of ServiceAccess shop/web",
  );
  await expect(operator.patchStatus(meta, {})).rejects.toThrow(
    "cannot patch the status of ServiceAccess web",
  );
});

test("a finalizer is added beside those of others, and only to the version that was seen", async () => {
  const { operator, server } = await operatorFor(() => stored);
  const event = eventWith({ finalizers: ["x.y/theirs"] });
  expect(await operator.finalize(event, () => Promise.resolve())).toBe(true);
  expect(server.bodies).toEqual([
    { metadata: { resourceVersion: "7", finalizers: ["x.y/theirs", "x.y/ours"] } },
  ]);
  expect(event.object.metadata?.finalizers).toEqual(["x.y/theirs"]);
});

test("a finalizer that is there lets the event pass", async () => {
  const { operator, server } = await operatorFor();
  const event = eventWith({ finalizers: ["x.y/ours"] });
  expect(await operator.finalize(event, () => Promise.resolve())).toBe(false);
  expect(server.asked).toEqual([]);
});

test("a deleted object is let go after the action, and not when the action fails", async () => {
  const { operator, server } = await operatorFor(() => stored);
  const deleting = eventWith({ finalizers: ["x.y/ours"], deletionTimestamp: new Date(0) });
  await expect(operator.finalize(deleting, () => Promise.reject(new Error("not yet")))).rejects.toThrow(
    "not yet",
  );
  expect(server.asked).toEqual([]);
  expect(await operator.finalize(deleting, () => Promise.resolve())).toBe(true);
  expect(server.bodies).toEqual([{ metadata: { resourceVersion: "7", finalizers: [] } }]);
});

test("the operator never installs its own definition", async () => {
  const { operator } = await operatorFor();
  await expect(operator.register()).rejects.toThrow("install the CRD");
});

/** Lets a test call what the framework gives only to subclasses. */
class OpenOperator extends AccessOperator {
  uri(group: string, version: string, plural: string, namespace?: string): string {
    return this.getCustomResourceApiUri(group, version, plural, namespace);
  }
  setStatus(of: ResourceMeta, status: unknown): Promise<ResourceMeta | null> {
    return this.setResourceStatus(of, status);
  }
  patchStatus(of: ResourceMeta, status: unknown): Promise<ResourceMeta | null> {
    return this.patchResourceStatus(of, status);
  }
  finalize(event: ResourceEvent, action: () => Promise<void>): Promise<boolean> {
    return this.handleResourceFinalizer(event, "x.y/ours", action);
  }
  register(): Promise<never> {
    return this.registerCustomResourceDefinition();
  }
}

let exit = vi.spyOn(process, "exit");
const endings: (() => Promise<void>)[] = [];

beforeEach(() => {
  exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
});

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  vi.restoreAllMocks();
});

/** An operator on a server that does as told, and otherwise lists nothing and watches for ever. */
async function operatorFor(decides: (url: URL) => Step | undefined = () => undefined) {
  const server = await serverThat(({ url }) => {
    const asked = new URL(url ?? "", "http://server");
    const usual = asked.searchParams.get("watch") === "true" ? watching([]) : listOf();
    return decides(asked) ?? kinds(asked.pathname) ?? usual;
  });
  const client = createClient(createTransport(server.kubeConfig));
  const log = recordedLog();
  const watches = createWatches({
    client,
    store: createStore(),
    log,
    decodeServiceAccess: () => ({ kind: "problems", problems: [] }),
  });
  const [changes, calls]: string[][] = [[], []];
  const parts: OperatorParts = {
    kubeConfig: server.kubeConfig,
    client,
    watches,
    log,
    onChange: ({ kind, key }) => void changes?.push(`${kind} ${key}`),
    onSynced: () => void calls?.push("synced"),
    onStop: async () => void calls?.push("stopped"),
  };
  const operator = new OpenOperator(parts);
  endings.push(() => operator.shutdown(), client.close, server.close);
  return { operator, server, changes, calls };
}

function listOf(...items: readonly object[]): Step {
  return answer(200, { metadata: { resourceVersion: "10" }, items });
}

function pod(name: string): object {
  return { metadata: { namespace: "shop", name, uid: "u", resourceVersion: "1" }, spec: {} };
}

function eventWith(metadata: object): ResourceEvent {
  const object = { apiVersion: meta.apiVersion, kind: meta.kind, metadata };
  return { type: ResourceEventType.Modified, meta, object };
}
