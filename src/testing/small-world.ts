import type { Labels } from "../model/labels.ts";
import type { LabelSelector, NetworkPolicy } from "../model/network-policy.ts";
import { type Platform, UNTOLD } from "../model/platform.ts";
import { keyText } from "../model/key.ts";
import type { NameStatus, ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import type { TierPolicy } from "../model/tier-policy.ts";
import {
  type EndpointSlice,
  type Namespace,
  type Pod,
  type Service,
  type ServicePort,
  type Workload,
  type WorkloadRef,
  workloadKey,
  type World,
} from "../model/world.ts";
import { namespaceOf, type PodDetails, podOf } from "./table.ts";

/** A cluster in a few words; everything is named as `shop/web`, workloads as `shop/Deployment/web`. */
export interface WorldSketch {
  readonly namespaces?: Readonly<Record<string, Labels | "unknown">>;
  /** Whose permits a namespace accepts. */
  readonly accepts?: Readonly<Record<string, readonly string[]>>;
  readonly terminating?: readonly string[];
  readonly pods?: Readonly<Record<string, PodDetails & { readonly owner?: string }>>;
  readonly services?: Readonly<Record<string, ServiceSketch>>;
  readonly workloads?: Readonly<Record<string, WorkloadSketch>>;
  readonly policies?: readonly NetworkPolicy[];
  readonly accesses?: readonly ServiceAccess[];
  readonly tierPolicies?: readonly TierPolicy[];
  readonly endpointSlices?: readonly EndpointSlice[];
  readonly names?: readonly NameStatus[];
  readonly platform?: Partial<Platform>;
}

export interface ServiceSketch {
  readonly selector?: Labels;
  readonly labels?: Labels;
  readonly clusterAddresses?: readonly string[];
  readonly headless?: boolean;
  readonly ports?: readonly (Pick<ServicePort, "port"> & Partial<ServicePort>)[];
}

export interface WorkloadSketch {
  readonly selector?: LabelSelector;
  /** On the controller's own metadata. */
  readonly labels?: Labels;
  readonly template?: Labels;
  /** `Deployment/web` */
  readonly owner?: string;
}

export function smallWorld(sketch: WorldSketch): World {
  const pods = Object.entries(sketch.pods ?? {}).map(ownedPod);
  const services = Object.entries(sketch.services ?? {}).map(service);
  const workloads = Object.entries(sketch.workloads ?? {}).map(workload);
  const { policies = [], accesses = [], names = [], tierPolicies = [], endpointSlices = [] } = sketch;
  const owned = [...policies, ...accesses].map(({ metadata }) => metadata);
  return {
    ...nothing(),
    namespaces: namespacesOf(sketch, [...pods, ...services, ...workloads, ...owned]),
    pods: new Map(pods.map((pod) => [keyText(pod), pod])),
    services: new Map(services.map((each) => [keyText(each), each])),
    workloads: new Map(workloads.map((each) => [workloadKey(each.namespace, each), each])),
    policies: new Map(policies.map((policy) => [keyText(policy.metadata), policy])),
    names: new Map(names.map((each) => [each.name, each])),
    accesses: new Map(accesses.map((access) => [keyText(access.metadata), access])),
    tierPolicies: new Map(tierPolicies.map((policy) => [`${policy.kind}/${policy.name}`, policy])),
    endpointSlices: new Map(endpointSlices.map((slice) => [keyText(slice), slice])),
    platform: { ...UNTOLD, ...sketch.platform },
  };
}

/** What no sketch has. */
function nothing() {
  return {
    virtualMachines: new Map(),
    virtualMachineInstances: new Map(),
    policyDefinitions: new Map(),
    multiPolicies: new Map(),
    networkAttachments: new Map(),
    ipamClaims: new Map(),
    nodes: new Map(),
    unreadable: new Map(),
  };
}

function namespacesOf(
  sketch: WorldSketch,
  inhabitants: readonly { readonly namespace: string }[],
): ReadonlyMap<string, Namespace> {
  const namespaces = new Map(
    inhabitants.map(({ namespace }) => [namespace, namespaceOf(namespace, {})] as const),
  );
  const change = (name: string, changed: Partial<Namespace>) =>
    namespaces.set(name, { ...(namespaces.get(name) ?? namespaceOf(name, {})), ...changed });
  for (const [name, labels] of Object.entries(sketch.namespaces ?? {}))
    namespaces.set(name, namespaceOf(name, labels));
  for (const [name, acceptsPermitsFrom] of Object.entries(sketch.accepts ?? {}))
    change(name, { acceptsPermitsFrom });
  for (const name of sketch.terminating ?? []) change(name, { terminating: true });
  return namespaces;
}

/** `access("shop/db", spec)`, as the API server has it: with a uid and a generation. */
export function accessOf(key: string, spec: ServiceAccessSpec): ServiceAccess {
  const { namespace, name } = splitKey(key);
  return {
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ServiceAccess",
    metadata: { namespace, name, uid: `uid-of-${name}`, generation: 1 },
    spec,
  };
}

export function policyOf(key: string, spec: NetworkPolicy["spec"]): NetworkPolicy {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: splitKey(key), spec };
}

/** The DNS of a cluster made by kubeadm: the Service, and one pod of CoreDNS. */
export const CLUSTER_DNS: WorldSketch = {
  services: {
    "kube-system/kube-dns": {
      selector: { "k8s-app": "kube-dns" },
      labels: { "k8s-app": "kube-dns" },
      ports: [
        { name: "dns", port: 53, protocol: "UDP" },
        { name: "dns-tcp", port: 53 },
        { name: "metrics", port: 9153 },
      ],
    },
  },
  pods: { "kube-system/coredns": { labels: { "k8s-app": "kube-dns" } } },
};

function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
}

function ownedPod([key, { owner, ...details }]: readonly [
  string,
  PodDetails & { readonly owner?: string },
]): Pod {
  return { ...podOf(key, details), owner: refOf(owner) };
}

function refOf(text: string | undefined): WorkloadRef | undefined {
  if (text === undefined) return undefined;
  const [kind = "", name = ""] = text.split("/");
  return { kind, name };
}

function service([key, sketch]: readonly [string, ServiceSketch]): Service {
  const { selector, labels = {}, clusterAddresses = [], headless = false, ports = [] } = sketch;
  return {
    ...splitKey(key),
    uid: `uid-of-${key}`,
    labels,
    type: "ClusterIP",
    headless,
    clusterAddresses,
    externalTrafficPolicy: "Cluster",
    selector,
    ports: ports.map((port) => ({ name: "", protocol: "TCP", targetPort: port.port, ...port })),
  };
}

function workload([key, sketch]: readonly [string, WorkloadSketch]): Workload {
  const [namespace = "", kind = "", name = ""] = key.split("/");
  const { selector, labels = {}, template = {} } = sketch;
  return {
    namespace,
    kind,
    name,
    uid: `uid-of-${key}`,
    labels,
    owner: refOf(sketch.owner),
    selector,
    template: { labels: template, hostNetwork: false, ports: [] },
    replicas: 1,
  };
}
