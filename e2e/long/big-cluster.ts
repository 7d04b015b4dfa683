import type { Access } from "../control-plane/access.ts";
import { eventually } from "../control-plane/eventually.ts";
import { deployment, networkPolicy, serviceAccess } from "../operator/objects.ts";
import { accessPath, policyPath } from "../operator/reads.ts";

/** How much there is of everything. */
export interface Size {
  readonly namespaces: number;
  /** In each namespace, as everything below. */
  readonly workloads: number;
  readonly accesses: number;
  readonly policies: number;
  /** Of each workload. */
  readonly replicas: number;
}

interface Creation {
  readonly path: string;
  readonly body: object;
}

export const namespaceName = (index: number): string => `big-${index}`;

/** Makes a cluster in which each workload of a namespace may call the next, and waits until its pods run. */
export async function buildCluster(access: Access, size: Size): Promise<void> {
  const places = Array.from({ length: size.namespaces }, (_, index) => namespaceName(index));
  await post(
    access,
    places.map((name) => ({ path: "/api/v1/namespaces", body: { metadata: { name } } })),
  );
  await post(
    access,
    places.flatMap((place) => contents(place, size)),
  );
  const expected = size.namespaces * size.workloads * size.replicas;
  await eventually(async () => (await runningPods(access)) >= expected, {
    what: `${expected} running pods`,
    timeoutMs: 180_000,
  });
}

function create(path: string, body: object): Creation {
  return { path, body };
}

function contents(namespace: string, { workloads, accesses, policies, replicas }: Size): readonly Creation[] {
  return [
    ...count(workloads).map((index) =>
      create(`/apis/apps/v1/namespaces/${namespace}/deployments`, replicated(index, workloads, replicas)),
    ),
    ...count(policies).map((index) => create(policyPath(namespace), foreign(index, workloads))),
    ...count(accesses).map((index) => create(accessPath(namespace), pair(index))),
  ];
}

function replicated(index: number, workloads: number, replicas: number): object {
  const labels = { app: `app-${index}`, [`netpol/app-${(index + 1) % workloads}`]: "true" };
  const object = deployment(`app-${index}`, labels, [{ name: "http", containerPort: 8080 }]);
  return { ...object, spec: { ...object.spec, replicas } };
}

function pair(index: number): object {
  return serviceAccess(`app-${index}`, {
    target: { podSelector: { matchLabels: { app: `app-${index}` } } },
    ports: [{ port: "http" }, { port: 9090 }],
    rights: { ingress: [{ from: [{ namespaces: ["big-0"], podSelector: {} }], ports: [{ port: 9090 }] }] },
    permits: { dns: false },
  });
}

/** What somebody else has there: every workload may be probed from somewhere. */
function foreign(index: number, workloads: number): object {
  return networkPolicy(`theirs-${index}`, {
    podSelector: { matchLabels: { app: `app-${index % workloads}` } },
    policyTypes: ["Ingress"],
    ingress: [
      { from: [{ ipBlock: { cidr: `10.9.${index}.0/24` } }], ports: [{ protocol: "TCP", port: 8080 }] },
    ],
  });
}

function count(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}

/** Many at a time, for each is mostly waiting. */
async function post(access: Access, requests: readonly Creation[]): Promise<void> {
  const left = [...requests];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { status, body } = await access.api("POST", next.path, next.body);
      if (status !== 201) throw new Error(`POST ${next.path}: ${JSON.stringify(body)}`);
    }
  };
  await Promise.all(Array.from({ length: 24 }, work));
}

interface PodList {
  readonly metadata: { readonly remainingItemCount?: number };
  readonly items: readonly unknown[];
}

async function runningPods({ api }: Access): Promise<number> {
  const { body } = await api<PodList>("GET", "/api/v1/pods?fieldSelector=status.phase%3DRunning");
  return body.items.length;
}
