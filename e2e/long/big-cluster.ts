import type { Access } from "../control-plane/access.ts";
import { eventually } from "../control-plane/eventually.ts";
import { deployment, networkPolicy, serviceAccess } from "../operator/objects.ts";
import { accessPath, policyPath } from "../operator/reads.ts";
import { type Call, inParallel } from "./in-parallel.ts";

/** What there is in each namespace. */
export const perNamespace = { workloads: 4, replicas: 5, accesses: 4, policies: 10 } as const;

export const podsIn = (namespaces: number): number =>
  namespaces * perNamespace.workloads * perNamespace.replicas;
export const accessesIn = (namespaces: number): number => namespaces * perNamespace.accesses;
export const policiesIn = (namespaces: number): number => namespaces * perNamespace.policies;

export const namespaceName = (index: number): string => `big-${index}`;

/**
 * Lets a cluster in which each workload of a namespace may call the next grow from so many namespaces to so many, and waits
 * until its pods run. Nobody has asked for access yet.
 */
export async function growCluster(access: Access, from: number, to: number): Promise<void> {
  const places = names(from, to);
  await inParallel(
    access,
    places.map((name) => post("/api/v1/namespaces", { metadata: { name } })),
  );
  await inParallel(access, places.flatMap(foreignPolicies));
  await inParallel(access, places.flatMap(workloads));
  await eventually(async () => (await runningPods(access)) >= podsIn(to), {
    what: `${podsIn(to)} running pods`,
    timeoutMs: 400_000,
  });
}

export async function askForAccess(access: Access, namespaces: number): Promise<void> {
  await inParallel(access, names(0, namespaces).flatMap(pairs));
}

/** Takes everything away again that was asked for, and waits until the garbage collector has taken what came of it. */
export async function forgetAccess(access: Access, namespaces: number): Promise<void> {
  await inParallel(
    access,
    names(0, namespaces).map((place) => ({ method: "DELETE", path: accessPath(place), status: 200 })),
  );
  const left = async (path: string): Promise<number> => {
    const { body } = await access.api<List>("GET", `${path}?limit=1`);
    return body.items.length + (body.metadata.remainingItemCount ?? 0);
  };
  await eventually(async () => (await left(policyPath())) <= policiesIn(namespaces), {
    what: "the policies of ours to be gone",
    timeoutMs: 120_000,
  });
}

function names(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, index) => namespaceName(from + index));
}

function post(path: string, body: object): Call {
  return { method: "POST", path, body, status: 201 };
}

function workloads(namespace: string): readonly Call[] {
  return count(perNamespace.workloads).map((index) =>
    post(`/apis/apps/v1/namespaces/${namespace}/deployments`, replicated(index)),
  );
}

function replicated(index: number): object {
  const labels = { app: `app-${index}`, [`netpol/app-${(index + 1) % perNamespace.workloads}`]: "true" };
  const object = deployment(`app-${index}`, labels, [{ name: "http", containerPort: 8080 }]);
  return { ...object, spec: { ...object.spec, replicas: perNamespace.replicas } };
}

/** Every service may be called by its clients, and on one port by all pods of one namespace, as by a monitor. */
function pairs(namespace: string): readonly Call[] {
  return count(perNamespace.accesses).map((index) =>
    post(
      accessPath(namespace),
      serviceAccess(`app-${index}`, {
        target: { podSelector: { matchLabels: { app: `app-${index}` } } },
        ports: [{ port: "http" }, { port: 9090 }],
        rights: {
          ingress: [{ from: [{ namespaces: [namespaceName(0)], podSelector: {} }], ports: [{ port: 9090 }] }],
        },
        permits: { dns: false },
      }),
    ),
  );
}

/** What somebody else has there: every workload may be probed from somewhere. */
function foreignPolicies(namespace: string): readonly Call[] {
  return count(perNamespace.policies).map((index) => {
    const from = [{ ipBlock: { cidr: `10.9.${index}.0/24` } }];
    const spec = {
      podSelector: { matchLabels: { app: `app-${index % perNamespace.workloads}` } },
      policyTypes: ["Ingress"],
      ingress: [{ from, ports: [{ protocol: "TCP", port: 8080 }] }],
    };
    return post(policyPath(namespace), networkPolicy(`theirs-${index}`, spec));
  });
}

function count(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}

interface List {
  readonly metadata: { readonly remainingItemCount?: number };
  readonly items: readonly unknown[];
}

/** Asked of the Deployments, which are fewer than the pods. */
async function runningPods({ api }: Access): Promise<number> {
  const { body } = await api<Deployments>("GET", "/apis/apps/v1/deployments");
  return body.items.reduce((sum, { status }) => sum + (status.readyReplicas ?? 0), 0);
}

interface Deployments {
  readonly items: readonly {
    readonly metadata: { readonly generation: number };
    readonly status: {
      readonly observedGeneration?: number;
      readonly replicas?: number;
      readonly updatedReplicas?: number;
      readonly readyReplicas?: number;
    };
  }[];
}

interface Pods {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

/** Gives a label to one pod of a namespace, or takes it away. */
export async function labelOnePod(
  { api }: Access,
  namespace: string,
  label: string,
  value: string | null,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { body } = await api<Pods>("GET", `${path}?labelSelector=app%3Dapp-3`);
  const metadata = { labels: { [label]: value } };
  await api("PATCH", `${path}/${body.items[0]?.metadata.name}`, { metadata }, mergePatch);
}

const mergePatch = "application/merge-patch+json";

/** Has the pods of one workload of these namespaces made anew. */
export async function rollOut(access: Access, places: readonly string[], name: string): Promise<void> {
  const body = { spec: { template: { metadata: { annotations: { rolled: "out" } } } } };
  await inParallel(
    access,
    places.map((place) => ({
      method: "PATCH",
      path: `/apis/apps/v1/namespaces/${place}/deployments/${name}`,
      body,
      contentType: mergePatch,
      status: 200,
    })),
  );
}

export async function isRolledOut({ api }: Access): Promise<boolean> {
  const { body } = await api<Deployments>("GET", "/apis/apps/v1/deployments");
  return body.items.every(({ metadata, status }) => {
    const counts = [status.updatedReplicas, status.replicas, status.readyReplicas];
    return (
      status.observedGeneration === metadata.generation &&
      counts.every((each) => each === perNamespace.replicas)
    );
  });
}
