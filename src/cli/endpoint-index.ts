import { addressText, parseRange } from "../core/addresses.ts";
import { type Endpoint, isEndpoint, podText } from "../core/endpoint.ts";
import { ownerKeys, templatePods } from "../manifest/template-pods.ts";
import { nearest, suggestion } from "../manifest/nearest.ts";
import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { Pod, Service, World } from "../model/world.ts";

/** What a name stands for: one pod, all pods of a workload, or addresses; a Service, which only receives. */
export type Found = FoundEnd | FoundService | { readonly kind: "missing"; readonly message: string };

export interface FoundEnd {
  readonly kind: "found";
  readonly text: string;
  readonly members: NonEmpty<Endpoint>;
}

export interface FoundService {
  readonly kind: "service";
  readonly text: string;
  readonly service: Service;
  /** The pods of its namespace. */
  readonly pods: readonly Pod[];
}

export interface EndpointIndex {
  /** `namespace/pod`, `namespace/Kind/name`, an IP address or a CIDR. */
  find(text: string): Found;
}

/** Built once for any number of questions; every name is looked up once. */
export function indexEndpoints(
  world: World,
  defaultNamespace: string,
  place = "in the input",
): EndpointIndex {
  // In a running cluster a CronJob between two runs has no pods either, and its template can be asked about.
  const pods = [...world.pods.values(), ...templatePods(world.workloads, world.pods.values())];
  const names: Names = {
    world,
    place,
    pods: new Map(pods.map((pod) => [podText(pod), pod])),
    workloads: workloadPods(world, pods),
    addresses: addressOwners(world),
  };
  const known = new Map<string, Found>();
  return {
    find(text) {
      const found = known.get(text) ?? look(text, names, defaultNamespace);
      known.set(text, found);
      return found;
    },
  };
}

interface Names {
  readonly world: World;
  /** Where everybody is looked for. */
  readonly place: string;
  readonly pods: ReadonlyMap<string, Pod>;
  /** By `workloadId`. */
  readonly workloads: ReadonlyMap<string, readonly Pod[]>;
  readonly addresses: ReadonlyMap<string, Pod>;
}

function look(text: string, names: Names, defaultNamespace: string): Found {
  const range = parseRange(text);
  if (range !== undefined) {
    const pod =
      range.first === range.last ? names.addresses.get(addressText(range.family, range.first)) : undefined;
    return {
      kind: "found",
      text,
      members: [pod === undefined ? { kind: "address", address: range } : podEnd(pod)],
    };
  }
  const name = fullName(text, defaultNamespace);
  if (name === undefined) return { kind: "missing", message: malformed(text) };
  const service = serviceAt(name, names);
  if (service !== undefined) return service;
  const pod = names.pods.get(name);
  const members = pod === undefined ? alive(names.workloads.get(workloadId(name)) ?? []) : [pod];
  const endpoints = members.map(podEnd);
  return isNonEmpty(endpoints)
    ? { kind: "found", text: name, members: endpoints }
    : { kind: "missing", message: missing(name, names) };
}

function serviceAt(name: string, { world, pods }: Names): FoundService | undefined {
  const [namespace = "", kind = "", rest = ""] = name.split("/");
  const service = kind.toLowerCase() === "service" ? world.services.get(`${namespace}/${rest}`) : undefined;
  if (service === undefined) return undefined;
  const neighbours = [...pods.values()].filter((pod) => pod.namespace === namespace);
  return { kind: "service", text: name, service, pods: neighbours };
}

function podEnd(pod: Pod): Endpoint {
  return { kind: "pod", pod };
}

/** `web` and `Deployment/web` lie in the namespace that goes without saying; kinds begin with a capital letter. */
function fullName(text: string, defaultNamespace: string): string | undefined {
  const parts = text.split("/");
  if (parts.some((part) => part === "") || parts.length > 3) return undefined;
  if (parts.length === 3) return parts[1]?.toLowerCase() === "pod" ? `${parts[0]}/${parts[2]}` : text;
  const isQualified = parts.length === 2 && !/^[A-Z]/.test(text);
  return isQualified ? text : `${defaultNamespace}/${text.replace(/^Pod\//, "")}`;
}

function malformed(text: string): string {
  return `"${text}" is no endpoint; write namespace/pod, namespace/Kind/name, an IP address or a CIDR`;
}

/** Kinds are found in any case. */
function workloadId(name: string): string {
  const [namespace = "", kind = "", rest = ""] = name.split("/");
  return `${namespace}/${kind.toLowerCase()}/${rest}`;
}

function workloadPods({ workloads }: World, pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const found = new Map<string, Pod[]>();
  for (const pod of pods) {
    for (const key of ownerKeys(pod, workloads)) {
      const others = found.get(workloadId(key));
      if (others === undefined) found.set(workloadId(key), [pod]);
      else others.push(pod);
    }
  }
  return found;
}

/** A pod that has ended speaks for its workload only where no other is left. */
function alive(pods: readonly Pod[]): readonly Pod[] {
  const running = pods.filter(isEndpoint);
  return running.length > 0 ? running : pods;
}

/**
 * The address of a pod on the node's own network is the node's, and says nothing of the pod; that of a pod that has ended
 * may belong to another by now (S68). Of two that claim one address, the running one has it (S71).
 */
function addressOwners(world: World): ReadonlyMap<string, Pod> {
  const owners = new Map<string, Pod>();
  for (const pod of world.pods.values()) {
    if (pod.hostNetwork || !isEndpoint(pod)) continue;
    for (const range of pod.addresses.map(parseRange)) {
      if (range === undefined) continue;
      const address = addressText(range.family, range.first);
      if (!owners.has(address) || pod.phase === "Running") owners.set(address, pod);
    }
  }
  return owners;
}

function missing(name: string, { world, place, pods }: Names): string {
  const workload = [...world.workloads.keys()].find((key) => workloadId(key) === workloadId(name));
  if (workload !== undefined) return `${workload} has no pods: it is scaled to zero or suspended`;
  const last = name.slice(name.lastIndexOf("/") + 1);
  const [namespace] = name.split("/");
  const services = [...world.services.values()].map((one) => `${one.namespace}/Service/${one.name}`);
  const candidates = [...new Set([...pods.keys(), ...world.workloads.keys(), ...services])];
  const namesakes = candidates.filter((key) => key.startsWith(`${namespace}/`) && key.endsWith(`/${last}`));
  const meant = namesakes.length > 0 ? namesakes.slice(0, 3) : nearest(name, candidates);
  return `there is no ${sortOf(name)} ${name} ${place}${suggestion(meant)}`;
}

function sortOf(name: string): "pod" | "workload" | "Service" {
  const [, kind, rest] = name.split("/");
  if (rest === undefined) return "pod";
  return kind?.toLowerCase() === "service" ? "Service" : "workload";
}
