import { type Labels, NAMESPACE_NAME_LABEL } from "../../src/model/labels.ts";
import type { NetworkPolicy, NetworkPolicySpec, PolicyPeer } from "../../src/model/network-policy.ts";
import type { Protocol } from "../../src/model/world.ts";

/** One namespace of a made-up cluster; names, addresses and nodes of its pods are dealt out by `shapeOf`. */
export interface NamespaceSketch {
  readonly name: string;
  readonly labels: Labels;
  readonly workloads: readonly WorkloadSketch[];
  readonly policies: readonly PolicySketch[];
}

/** Pods that differ in nothing but their names and addresses. */
export interface WorkloadSketch {
  readonly name: string;
  readonly replicas: number;
  readonly labels: Labels;
  readonly ports?: readonly ContainerPort[];
}

export interface PolicySketch {
  readonly name: string;
  readonly spec: NetworkPolicySpec;
}

export interface ContainerPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly containerPort: number;
}

/** A cluster as the manifests that every tool reads. */
export interface Shape {
  readonly namespaces: readonly NamespaceManifest[];
  readonly pods: readonly PodManifest[];
  readonly policies: readonly NetworkPolicy[];
}

export interface NamespaceManifest {
  readonly apiVersion: "v1";
  readonly kind: "Namespace";
  readonly metadata: { readonly name: string; readonly labels: Labels };
}

export interface PodManifest {
  readonly apiVersion: "v1";
  readonly kind: "Pod";
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Labels };
  readonly spec: {
    readonly nodeName: string;
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly ports: readonly ContainerPort[];
    }[];
  };
  readonly status: {
    readonly phase: "Running";
    readonly hostIP: string;
    readonly podIP: string;
    readonly podIPs: readonly { readonly ip: string }[];
  };
}

export function shapeOf(sketches: readonly NamespaceSketch[]): Shape {
  let dealt = 0;
  const podsOf = (namespace: string, workload: WorkloadSketch): readonly PodManifest[] =>
    range(workload.replicas).map((replica) => podManifest(namespace, workload, replica, ++dealt));
  return {
    namespaces: sketches.map(namespaceManifest),
    pods: sketches.flatMap(({ name, workloads }) => workloads.flatMap((each) => podsOf(name, each))),
    policies: sketches.flatMap(({ name, policies }) => policies.map((each) => policyManifest(name, each))),
  };
}

export function range(length: number): readonly number[] {
  return Array.from({ length: Math.ceil(length) }, (_, i) => i);
}

/** A policy for both directions that admits one peer in each, or nobody where none is given. */
export function bothWays(
  name: string,
  subject: Labels,
  { from, to }: { readonly from?: PolicyPeer; readonly to?: PolicyPeer } = {},
): PolicySketch {
  return {
    name,
    spec: {
      podSelector: { matchLabels: subject },
      policyTypes: ["Ingress", "Egress"],
      ingress: from === undefined ? [] : [{ from: [from] }],
      egress: to === undefined ? [] : [{ to: [to] }],
    },
  };
}

/** The subject's pods talk with this peer, either way. */
export function withPeer(name: string, subject: Labels, peer: PolicyPeer): PolicySketch {
  return bothWays(name, subject, { from: peer, to: peer });
}

export function podsWith(labels: Labels): PolicyPeer {
  return { podSelector: { matchLabels: labels } };
}

export function podsIn(namespaceLabels: Labels, podLabels: Labels): PolicyPeer {
  return { namespaceSelector: { matchLabels: namespaceLabels }, podSelector: { matchLabels: podLabels } };
}

const HTTP: readonly ContainerPort[] = [{ name: "http", protocol: "TCP", containerPort: 80 }];

function namespaceManifest({ name, labels }: NamespaceSketch): NamespaceManifest {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { [NAMESPACE_NAME_LABEL]: name, ...labels } },
  };
}

/** The label of the ReplicaSet is on every real pod: what no policy reads must cost nothing. */
function podManifest(
  namespace: string,
  { name, labels, ports = HTTP }: WorkloadSketch,
  replica: number,
  number: number,
): PodManifest {
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const node = number % 50;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${name}-${replica}`,
      namespace,
      labels: { ...labels, "pod-template-hash": `h${name}` },
    },
    spec: { nodeName: `node-${node}`, containers: [{ name: "c", image: "i", ports }] },
    status: {
      phase: "Running",
      hostIP: `192.168.0.${10 + node}`,
      podIP: address,
      podIPs: [{ ip: address }],
    },
  };
}

function policyManifest(namespace: string, { name, spec }: PolicySketch): NetworkPolicy {
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name, namespace }, spec };
}
