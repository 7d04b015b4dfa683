import type { Access } from "../control-plane/access.ts";
import type { ReachabilityRow } from "../../src/model/service-access.ts";
import { serviceaccess } from "./command-line.ts";
import type { RawAccess } from "./reads.ts";

interface Matrix {
  readonly pods: readonly string[];
  readonly rows: readonly {
    readonly from: string;
    readonly to: string;
    readonly allowed: readonly string[];
  }[];
}

/** What `serviceaccess matrix` says of a cluster, and which pods belong to which workload by what Kubernetes says. */
export interface Seen {
  readonly pods: readonly string[];
  /** The ports on which one pod reaches another; undefined for a pod and itself. */
  allowed(from: string, to: string): readonly string[] | undefined;
  /** Whether the source is on the network of the destination's node, which always reaches its pods: no status says so. */
  isOwnNode(source: string, destination: string): boolean;
  /** `namespace/Kind/name` */
  workloadOf(pod: string): string;
  /** The pods of a namespace with these labels. */
  selected(namespace: string, labels: Labels): readonly string[];
}

type Labels = Readonly<Record<string, string>>;

interface Item {
  readonly spec?: { readonly hostNetwork?: boolean; readonly nodeName?: string };
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels?: Labels;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
  };
}

export async function seen(access: Access): Promise<Seen> {
  const matrix = await serviceaccess<Matrix>(["matrix", "-o", "json", "--kubeconfig", access.kubeconfig]);
  const owners = new Map<string, Item>();
  for (const [kind, path] of [
    ["Pod", "/api/v1/pods"],
    ["ReplicaSet", "/apis/apps/v1/replicasets"],
    ["Job", "/apis/batch/v1/jobs"],
  ] as const) {
    const { body } = await access.api<{ readonly items: readonly Item[] }>("GET", path);
    for (const item of body.items)
      owners.set(`${item.metadata.namespace}/${kind}/${item.metadata.name}`, item);
  }
  const cells = new Map(matrix.rows.map(({ from, to, allowed }) => [`${from} ${to}`, allowed]));
  const podOf = (text: string) => owners.get(text.replace("/", "/Pod/"));
  return {
    pods: matrix.pods,
    allowed: (from, to) => cells.get(`${from} ${to}`),
    isOwnNode: (source, destination) => {
      const { hostNetwork = false, nodeName } = podOf(source)?.spec ?? {};
      return hostNetwork && nodeName === podOf(destination)?.spec?.nodeName;
    },
    workloadOf: (pod) => topmost(pod.replace("/", "/Pod/"), owners),
    selected: (namespace, labels) =>
      matrix.pods.filter((text) => {
        const own = podOf(text)?.metadata.labels ?? {};
        return (
          text.startsWith(`${namespace}/`) &&
          Object.entries(labels).every(([key, value]) => own[key] === value)
        );
      }),
  };
}

function topmost(name: string, owners: ReadonlyMap<string, Item>): string {
  const { namespace, ownerReferences = [] } = owners.get(name)?.metadata ?? { namespace: "" };
  const owner = ownerReferences.find(({ controller }) => controller === true);
  return owner === undefined ? name : topmost(`${namespace}/${owner.kind}/${owner.name}`, owners);
}

/** Rows of a status that the matrix does not bear out. */
export function unfounded({ metadata, status }: RawAccess, cluster: Seen): readonly string[] {
  return (status?.reachability ?? [])
    .filter((row) => row.from.workload !== undefined && row.to.workload !== undefined)
    .filter((row) => !isBorneOut(row, cluster))
    .map((row) => `${metadata.namespace}/${metadata.name}: ${JSON.stringify(row)}`);
}

/**
 * As many pods as the row counts bear it out; a row about all the pods of both workloads is borne out by each two of
 * them.
 */
function isBorneOut({ from, to, ports, verdict }: ReachabilityRow, cluster: Seen): boolean {
  const members = (place: ReachabilityRow["to"]) =>
    cluster.pods.filter((pod) => cluster.workloadOf(pod) === `${place.namespace}/${place.workload}`);
  const [sources, destinations] = [members(from), members(to)];
  const pairs = sources.flatMap((source) =>
    destinations.filter((pod) => pod !== source).map((destination) => [source, destination] as const),
  );
  const agreeing = pairs.filter(([source, destination]) => {
    const allowed = cluster.allowed(source, destination) ?? [];
    if (verdict === "Allowed") return ports.every((port) => allowed.some((range) => contains(range, port)));
    return verdict === "Denied" && !ports.some((port) => allowed.some((range) => overlaps(range, port)));
  });
  const isWhole = sources.length === from.pods && destinations.length === to.pods;
  if (isWhole) return agreeing.length === pairs.length;
  return (
    different(agreeing.map(([source]) => source)) >= (from.pods ?? 0) &&
    different(agreeing.map(([, destination]) => destination)) >= (to.pods ?? 0)
  );
}

function different(pods: readonly string[]): number {
  return new Set(pods).size;
}

/** What the matrix allows towards an object's targets on the object's ports, and its status does not say. */
export async function unsaid(
  object: RawAccess,
  cluster: Seen,
  api: Access["api"],
): Promise<readonly string[]> {
  const { metadata, status } = object;
  if ((status?.unlisted ?? 0) > 0) return [];
  const { labels, ports } = await targetOf(object, api);
  if (labels === undefined) return [];
  return cluster.selected(metadata.namespace, labels).flatMap((target) =>
    cluster.pods
      .filter((source) => !cluster.isOwnNode(source, target))
      .flatMap((source) =>
        ports
          .filter((port) => cluster.allowed(source, target)?.some((range) => contains(range, port)))
          .filter((port) => !isSaid(port, source, target, status?.reachability ?? [], cluster))
          .map((port) => `${metadata.namespace}/${metadata.name}: ${source} -> ${target} on ${port}`),
      ),
  );
}

function isSaid(
  port: string,
  source: string,
  target: string,
  rows: readonly ReachabilityRow[],
  cluster: Seen,
): boolean {
  return rows.some(
    ({ from, to, ports, verdict }) =>
      verdict === "Allowed" &&
      `${from.namespace}/${from.workload}` === cluster.workloadOf(source) &&
      `${to.namespace}/${to.workload}` === cluster.workloadOf(target) &&
      ports.some((range) => contains(range, port)),
  );
}

interface Service {
  readonly spec: {
    readonly selector: Labels;
    readonly ports: readonly { readonly protocol: string; readonly targetPort: number | string }[];
  };
}

/** Read from the object and its Service as a person would: by their labels and numbers. */
async function targetOf(
  { metadata, spec }: RawAccess,
  api: Access["api"],
): Promise<{ readonly labels: Labels | undefined; readonly ports: readonly string[] }> {
  const listed = [...(spec.ports ?? []), ...(spec.rights?.ingress ?? []).flatMap((rule) => rule.ports ?? [])];
  const own = listed.map(({ protocol = "TCP", port }) => `${protocol}/${port}`);
  const name = spec.target?.service?.name;
  if (name === undefined) return { labels: spec.target?.podSelector?.matchLabels ?? undefined, ports: own };
  const { body } = await api<Service>("GET", `/api/v1/namespaces/${metadata.namespace}/services/${name}`);
  const offered = body.spec.ports.map(({ protocol, targetPort }) => `${protocol}/${targetPort}`);
  return { labels: body.spec.selector, ports: own.length > 0 ? own : offered };
}

function contains(range: string, port: string): boolean {
  const [outer, inner] = [bounds(range), bounds(port)];
  return outer.protocol === inner.protocol && outer.first <= inner.first && inner.last <= outer.last;
}

function overlaps(range: string, port: string): boolean {
  const [a, b] = [bounds(range), bounds(port)];
  return a.protocol === b.protocol && a.first <= b.last && b.first <= a.last;
}

/** `TCP/80`, `TCP/8000-8010` */
function bounds(text: string): { readonly protocol: string; readonly first: number; readonly last: number } {
  const [protocol = "", range = ""] = text.split("/");
  const [first = 0, last = first] = range.split("-").map(Number);
  return { protocol, first, last };
}

export interface Question {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: string;
  readonly expect: string;
}

/** Every row about addresses as questions: the first and the last address of each range, the first and the last port. */
export function questionsAboutAddresses({ metadata, status }: RawAccess): readonly Question[] {
  return (status?.reachability ?? []).flatMap(({ from, to, ports, verdict }) => {
    if (from.addresses === undefined && to.addresses === undefined) return [];
    const name = `${metadata.namespace}/${metadata.name}`;
    return ends(from).flatMap((source) =>
      ends(to).flatMap((destination) =>
        ports.flatMap((range) => {
          const { protocol, first, last } = bounds(range);
          const numbers = [...new Set([Math.max(first, 1), last])];
          return numbers.map((port) => ({
            name,
            from: source,
            to: destination,
            port,
            protocol,
            expect: verdict,
          }));
        }),
      ),
    );
  });
}

function ends({ addresses, namespace, workload }: ReachabilityRow["to"]): readonly string[] {
  // The first address of a block says which block it is; the command line takes blocks as they are.
  return addresses?.flatMap((range) => range.split("-")) ?? [`${namespace}/${workload}`];
}
