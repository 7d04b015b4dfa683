import type { NetworkPolicy } from "../model/network-policy.ts";
import {
  type ClusterSketch,
  namedPort,
  type PodDetails,
  type PodSketch,
  readPort,
  type SmallCluster,
} from "./table.ts";
import type { NamedPort, Namespace, Pod } from "../model/world.ts";

/** A cluster as people would keep it in files: one `v1` List. A template's pod is written as a Deployment. */
export function manifestsOf(cluster: SmallCluster, sketches: ClusterSketch["pods"] = {}): string {
  const items = [
    ...[...cluster.namespaces.values()].filter(({ labelsKnown }) => labelsKnown).map(namespaceManifest),
    ...cluster.pods.map((pod) => podOrDeployment(pod, detailsOf(sketches[pod.uid]))),
    ...cluster.policies.map(policyManifest),
  ];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** What is asked, as one ReachabilityTest. */
export function reachabilityTest({ pods }: SmallCluster, flows: readonly FlowExpectation[]): string {
  const templates = new Set(pods.filter(({ fromTemplate }) => fromTemplate).map(({ uid }) => uid));
  const end = (text: string): string => (templates.has(text) ? text.replace("/", "/Deployment/") : text);
  const cases = flows.map(({ from, to, port, expect }) => {
    const { protocol, number } = readPort(port);
    return { name: `${from} > ${to} ${port}`, from: end(from), to: end(to), port: number, protocol, expect };
  });
  return JSON.stringify({
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ReachabilityTest",
    spec: { cases },
  });
}

export interface FlowExpectation {
  readonly from: string;
  readonly to: string;
  /** `TCP/80` */
  readonly port: string;
  readonly expect: "Allowed" | "Denied" | "Unknown";
}

function detailsOf(pod: PodSketch | undefined): PodDetails {
  return typeof pod === "object" ? pod : {};
}

/** Without the label that only the API server writes. */
function namespaceManifest({ name, labels }: Namespace): object {
  const { "kubernetes.io/metadata.name": _name, ...written } = labels;
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: written } };
}

function podOrDeployment(pod: Pod, details: PodDetails): object {
  const spec = {
    ...(pod.node === "" ? {} : { nodeName: pod.node }),
    hostNetwork: pod.hostNetwork,
    containers: containers("main", withoutSidecars(pod, details)),
    initContainers: [
      ...containers("setup", (details.initPorts ?? []).map(namedPort)),
      ...containers("sidecar", sidecars(details)).map((each) => ({ ...each, restartPolicy: "Always" })),
    ],
  };
  return pod.fromTemplate ? deployment(pod, spec) : podManifest(pod, spec);
}

function sidecars({ sidecarPorts }: PodDetails): readonly NamedPort[] {
  return (sidecarPorts ?? []).map(namedPort);
}

function withoutSidecars({ ports }: Pod, details: PodDetails): readonly NamedPort[] {
  return ports.slice(0, ports.length - sidecars(details).length);
}

/** A container for each port, because names are unique only within a container. */
function containers(name: string, ports: readonly NamedPort[]): readonly object[] {
  return ports.map((port, i) => ({
    name: `${name}-${i}`,
    image: "example",
    ports: [{ name: port.name, protocol: port.protocol, containerPort: port.number }],
  }));
}

function podManifest(pod: Pod, spec: object): object {
  const { owner, terminating } = pod;
  const ownerReferences =
    owner === undefined ? [] : [{ apiVersion: "apps/v1", ...owner, uid: "1", controller: true }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...placed(pod),
      labels: pod.labels,
      ownerReferences,
      ...(terminating ? { deletionTimestamp: "2026-11-21T08:00:00Z" } : {}),
    },
    spec,
    status: {
      phase: pod.phase,
      podIPs: pod.addresses.map((ip) => ({ ip })),
      hostIPs: pod.nodeAddresses.map((ip) => ({ ip })),
    },
  };
}

function deployment(pod: Pod, spec: object): object {
  const { labels, replicas } = pod;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: placed(pod),
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

function policyManifest(policy: NetworkPolicy): object {
  const { namespace: _namespace, ...metadata } = policy.metadata;
  return { ...policy, metadata: { ...metadata, ...placed(policy.metadata) } };
}

/** The default namespace goes without saying. */
function placed({ namespace, name }: { readonly namespace: string; readonly name: string }): object {
  return namespace === "default" ? { name } : { namespace, name };
}
