import { withForwards } from "../core/forwards.ts";
import { keyText } from "../model/key.ts";
import { UNTOLD } from "../model/platform.ts";
import type { Problem } from "../model/problem.ts";
import { type Namespace, type Workload, workloadKey, type World } from "../model/world.ts";
import { isRecord } from "./decode-json.ts";
import { unknownNamespace } from "./decode.ts";
import { type Item, type ItemOptions, readerOf, wrongVersion } from "./items.ts";
import { unknownFields } from "./read-strictly.ts";
import type { Origin, SourceDocument, SourceProblem } from "./read.ts";
import { templatePods } from "./template-pods.ts";

export interface WorldReading {
  readonly world: World;
  /** Where each object was written, by `objectId`. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Documents of kinds that say nothing about reachability, or nothing we can read. */
  readonly ignored: readonly SourceDocument[];
  readonly problems: readonly SourceProblem[];
}

/** The cluster that the documents describe. */
export function worldOf(documents: readonly SourceDocument[], options: ItemOptions): WorldReading {
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

type Reading =
  | { readonly kind: "item"; readonly item: Item; readonly document: SourceDocument }
  | { readonly kind: "ignored"; readonly document: SourceDocument }
  | { readonly kind: "refused"; readonly problems: readonly SourceProblem[] };

function read(document: SourceDocument, options: ItemOptions): Reading {
  const [group = "", version = ""] = document.apiVersion.includes("/")
    ? document.apiVersion.split("/")
    : [""];
  const reader = readerOf(group, document.kind);
  const misplaced = wrongVersion(group, version, document.kind);
  if (misplaced !== undefined) return refused(document, [{ field: "apiVersion", message: misplaced }]);
  if (reader === undefined) return { kind: "ignored", document };
  const strange = unknownFields(document.kind, document.value);
  if (strange.length > 0) return refused(document, strange);
  const result = reader(document.value, options);
  if (result.kind === "problems") return refused(document, result.problems);
  return { kind: "item", item: result.value, document };
}

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
  const pods = objects(items, "Pod");
  const virtualMachines = objects(items, "VirtualMachine");
  const virtualMachineInstances = objects(items, "VirtualMachineInstance");
  const machines = [...virtualMachines.values(), ...virtualMachineInstances.values()];
  const workloads = new Map([
    ...objects(items, "Workload"),
    ...machines.map((each): [string, Workload] => [workloadKey(each.namespace, each), each]),
  ]);
  const templates = templatePods(workloads, pods.values());
  const all = [...pods.values(), ...templates].map((pod) =>
    withForwards(pod, { virtualMachines, virtualMachineInstances }),
  );
  return {
    namespaces: namespacesOf(items),
    pods: new Map(all.map((pod) => [keyText(pod), pod])),
    services: objects(items, "Service"),
    endpointSlices: objects(items, "EndpointSlice"),
    names: new Map(),
    workloads,
    virtualMachines,
    virtualMachineInstances,
    policies: objects(items, "NetworkPolicy"),
    policyDefinitions: new Map(),
    multiPolicies: objects(items, "MultiNetworkPolicy"),
    accesses: objects(items, "ServiceAccess"),
    tierPolicies: objects(items, "TierPolicy"),
    nodes: objects(items, "Node"),
    networkAttachments: objects(items, "NetworkAttachment"),
    ipamClaims: objects(items, "IPAMClaim"),
    platform: UNTOLD,
    unreadable: new Map(),
  };
}

type ObjectOf<K extends Item["kind"]> = Extract<Item, { readonly kind: K }>["object"];
interface Keyed<T> {
  readonly kind: string;
  readonly key: string;
  readonly object: T;
}

function objects<K extends Item["kind"]>(
  items: readonly Keyed<unknown>[],
  kind: K,
): ReadonlyMap<string, ObjectOf<K>> {
  const isWanted = (item: Keyed<unknown>): item is Keyed<ObjectOf<K>> => item.kind === kind;
  return new Map(items.filter(isWanted).map((item) => [item.key, item.object]));
}

/** Kinds whose objects lie in no namespace. */
const CLUSTER_SCOPED: ReadonlySet<Item["kind"]> = new Set(["Namespace", "TierPolicy", "Node"]);

/** A namespace that objects lie in exists, even where no manifest describes it (S24). */
function namespacesOf(items: readonly Item[]): ReadonlyMap<string, Namespace> {
  const described = objects(items, "Namespace").values();
  const inhabited = items.filter((item) => !CLUSTER_SCOPED.has(item.kind));
  const mentioned = new Set(inhabited.map((item) => item.key.split("/")[0] ?? ""));
  return new Map(
    [...[...mentioned].map(unknownNamespace), ...described].map((namespace) => [namespace.name, namespace]),
  );
}
