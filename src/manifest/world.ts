import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Problem } from "../model/problem.ts";
import { SERVICE_ACCESS_API, type ServiceAccess } from "../model/service-access.ts";
import {
  type Namespace,
  type Pod,
  type Service,
  type Workload,
  workloadKey,
  type World,
} from "../model/world.ts";
import { type Decoded, isRecord, map } from "./decode-json.ts";
import {
  decodeNamespace,
  decodeNetworkPolicy,
  decodePod,
  decodeService,
  decodeWorkload,
  unknownNamespace,
  WORKLOAD_KINDS,
} from "./decode.ts";
import { unknownFields } from "./read-strictly.ts";
import type { Origin, SourceDocument, SourceProblem } from "./read.ts";
import { templatePods } from "./template-pods.ts";

export interface WorldOptions {
  /** For objects that name no namespace. */
  readonly defaultNamespace: string;
  /** Validation by the CRD's schema; passed in, because only input with a ServiceAccess has to pay for loading it. */
  readonly decodeServiceAccess: (raw: unknown) => Decoded<ServiceAccess>;
}

export interface WorldReading {
  readonly world: World;
  /** Where each object was written, by `objectId`. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Documents of kinds that say nothing about reachability, or nothing we can read. */
  readonly ignored: readonly SourceDocument[];
  readonly problems: readonly SourceProblem[];
}

/** The cluster that the documents describe. */
export function worldOf(documents: readonly SourceDocument[], options: WorldOptions): WorldReading {
  const readings = documents.map((document) => read(document, options));
  const items = readings.flatMap((reading) => (reading.kind === "item" ? [reading] : []));
  return {
    world: assemble(items.map(({ item }) => item)),
    origins: new Map(items.map(({ item, document }) => [objectId(item.kind, item.key), document.origin])),
    ignored: readings.flatMap((reading) => (reading.kind === "ignored" ? [reading.document] : [])),
    problems: [
      ...readings.flatMap((reading) => (reading.kind === "refused" ? reading.problems : [])),
      ...duplicates(items),
    ],
  };
}

/** `ServiceAccess shop/web`, `Workload shop/Deployment/web`: what `origins` is keyed by. */
export function objectId(kind: Item["kind"], key: string): string {
  return `${kind} ${key}`;
}

type Item =
  | { readonly kind: "Namespace"; readonly key: string; readonly object: Namespace }
  | { readonly kind: "Pod"; readonly key: string; readonly object: Pod }
  | { readonly kind: "Service"; readonly key: string; readonly object: Service }
  | { readonly kind: "Workload"; readonly key: string; readonly object: Workload }
  | { readonly kind: "NetworkPolicy"; readonly key: string; readonly object: NetworkPolicy }
  | { readonly kind: "ServiceAccess"; readonly key: string; readonly object: ServiceAccess };

type Reading =
  | { readonly kind: "item"; readonly item: Item; readonly document: SourceDocument }
  | { readonly kind: "ignored"; readonly document: SourceDocument }
  | { readonly kind: "refused"; readonly problems: readonly SourceProblem[] };

type Reader = (raw: unknown, options: WorldOptions) => Decoded<Item>;

function read(document: SourceDocument, options: WorldOptions): Reading {
  const [group = "", version = ""] = document.apiVersion.includes("/")
    ? document.apiVersion.split("/")
    : [""];
  const reader = READERS.get(`${group}/${document.kind}`);
  const misplaced = wrongVersion(group, version, document.kind);
  if (misplaced !== undefined) return refused(document, [{ field: "apiVersion", message: misplaced }]);
  if (reader === undefined) return { kind: "ignored", document };
  const strange = unknownFields(document.kind, document.value);
  if (strange.length > 0) return refused(document, strange);
  const result = reader(document.value, options);
  if (result.kind === "problems") return refused(document, result.problems);
  return { kind: "item", item: result.value, document };
}

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    "/Namespace",
    (raw) => map(decodeNamespace, (object): Item => ({ kind: "Namespace", key: object.name, object }))(raw),
  ],
  ["/Pod", namespaced(decodePod, (object) => ({ kind: "Pod", key: keyText(object), object }))],
  ["/Service", namespaced(decodeService, (object) => ({ kind: "Service", key: keyText(object), object }))],
  [
    "networking.k8s.io/NetworkPolicy",
    namespaced(decodeNetworkPolicy, (object) => ({
      kind: "NetworkPolicy",
      key: keyText(object.metadata),
      object,
    })),
  ],
  [`${SERVICE_ACCESS_API.group}/${SERVICE_ACCESS_API.kind}`, readAccess],
  ...["", "apps", "batch", "extensions"].flatMap((group) =>
    WORKLOAD_KINDS.map((kind): [string, Reader] => [
      `${group}/${kind}`,
      namespaced(decodeWorkload, (object) => ({
        kind: "Workload",
        key: workloadKey(object.namespace, object),
        object,
      })),
    ]),
  ),
]);

function namespaced<T>(
  decode: (raw: unknown, namespace: string) => Decoded<T>,
  item: (object: T) => Item,
): Reader {
  return (raw, { defaultNamespace }) => map((value: unknown) => decode(value, defaultNamespace), item)(raw);
}

/** The schema does not say which namespace is meant where none is given. */
function readAccess(raw: unknown, options: WorldOptions): Decoded<Item> {
  const metadata = isRecord(raw) && isRecord(raw["metadata"]) ? raw["metadata"] : undefined;
  const placed =
    isRecord(raw) && metadata !== undefined && metadata["namespace"] === undefined
      ? { ...raw, metadata: { ...metadata, namespace: options.defaultNamespace } }
      : raw;
  return map(options.decodeServiceAccess, (object): Item => {
    return { kind: "ServiceAccess", key: keyText(object.metadata), object };
  })(placed);
}

/** Kinds that we know in one version only: another one may mean something else. */
function wrongVersion(group: string, version: string, kind: string): string | undefined {
  if (group === "extensions" && kind === "NetworkPolicy")
    return "must be networking.k8s.io/v1; extensions is gone";
  if (group === "networking.k8s.io" && kind === "NetworkPolicy" && version !== "v1")
    return "must be networking.k8s.io/v1";
  if (group !== SERVICE_ACCESS_API.group) return undefined;
  if (version !== SERVICE_ACCESS_API.version) return `must be ${SERVICE_ACCESS_API.apiVersion}`;
  return OWN_KINDS.includes(kind) ? undefined : `has no kind ${kind}; its kinds are ${OWN_KINDS.join(", ")}`;
}

export const REACHABILITY_TEST = "ReachabilityTest";
const OWN_KINDS: readonly string[] = [SERVICE_ACCESS_API.kind, REACHABILITY_TEST];

function refused(document: SourceDocument, problems: readonly Problem[]): Reading {
  const { origin, kind, value } = document;
  const metadata = isRecord(value["metadata"]) ? value["metadata"] : {};
  const subject = typeof metadata["name"] === "string" ? `${kind} ${metadata["name"]}` : kind;
  return { kind: "refused", problems: problems.map((problem) => ({ ...problem, origin, subject })) };
}

/** Two manifests of one object contradict each other sooner or later, and which one would win is nobody's guess. */
function duplicates(items: readonly Extract<Reading, { kind: "item" }>[]): readonly SourceProblem[] {
  const first = new Map<string, Origin>();
  return items.flatMap(({ item, document }) => {
    const id = objectId(item.kind, item.key);
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, document.origin);
    return earlier === undefined ? [] : [twice(document, item.key, earlier)];
  });
}

function twice({ kind, origin }: SourceDocument, key: string, earlier: Origin): SourceProblem {
  const place = `${earlier.source}, document ${earlier.document}${earlier.path === "" ? "" : `, ${earlier.path}`}`;
  const name =
    kind === "Namespace"
      ? key
      : key
          .split("/")
          .filter((part) => part !== kind)
          .join("/");
  return {
    origin,
    field: "metadata.name",
    message: `${kind} ${name} is given twice; it is already in ${place}`,
  };
}

function assemble(items: readonly Item[]): World {
  const pods = new Map(items.flatMap((item) => (item.kind === "Pod" ? [[item.key, item.object]] : [])));
  const workloads = new Map(
    items.flatMap((item) => (item.kind === "Workload" ? [[item.key, item.object]] : [])),
  );
  const policies = new Map(
    items.flatMap((item) => (item.kind === "NetworkPolicy" ? [[item.key, item.object]] : [])),
  );
  const accesses = new Map(
    items.flatMap((item) => (item.kind === "ServiceAccess" ? [[item.key, item.object]] : [])),
  );
  const services = new Map(
    items.flatMap((item) => (item.kind === "Service" ? [[item.key, item.object]] : [])),
  );
  const templates = templatePods(workloads, pods.values());
  return {
    namespaces: namespacesOf(items),
    pods: new Map([...pods, ...templates.map((pod): [string, Pod] => [keyText(pod), pod])]),
    services,
    workloads,
    policies,
    accesses,
    tierPolicies: new Map(),
    nodes: new Map(),
  };
}

/** A namespace that objects lie in exists, even where no manifest describes it (S24). */
function namespacesOf(items: readonly Item[]): ReadonlyMap<string, Namespace> {
  const described = items.flatMap((item) => (item.kind === "Namespace" ? [item.object] : []));
  const mentioned = new Set(
    items.flatMap((item) => (item.kind === "Namespace" ? [] : [item.key.split("/")[0] ?? ""])),
  );
  return new Map(
    [...[...mentioned].map(unknownNamespace), ...described].map((namespace) => [namespace.name, namespace]),
  );
}
