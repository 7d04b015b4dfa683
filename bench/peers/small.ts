import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRecord } from "../../src/manifest/decode-json.ts";
import type { Pod } from "../../src/model/world.ts";
import { manifestsOf } from "../../src/testing/manifests.ts";
import { clusterOf, type ClusterSketch, readPort, type SmallCluster } from "../../src/testing/table.ts";

/** One flow between pods or addresses: `x/a > 192.0.2.1 TCP/80`. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly port: number;
}

export function readFlow(text: string): Flow {
  const [from = "", to = "", port = ""] = text.split(/ > | /);
  const { protocol, number } = readPort(port);
  return { from, to, protocol, port: number };
}

/** Writes a cluster of the tables for every tool, and the flows for those that are asked flow by flow. */
export function writeSmall(
  folder: string,
  sketch: ClusterSketch,
  others: readonly object[],
  flows: readonly Flow[],
): void {
  const cluster = clusterOf(sketch);
  const items = itemsOf(manifestsOf(cluster, sketch.pods)).map(withSingularStatus);
  mkdirSync(join(folder, "k8s", "policies"), { recursive: true });
  const lists = {
    "k8s/cluster.yaml": {
      apiVersion: "v1",
      kind: "List",
      items: [...items.filter((item) => !isPolicy(item)), ...others],
    },
    "k8s/policies/policies.yaml": {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicyList",
      items: items.filter(isPolicy),
    },
    "traffic.json": flows.map((flow) => traffic(cluster, flow)),
  };
  for (const [file, content] of Object.entries(lists))
    writeFileSync(join(folder, file), JSON.stringify(content));
}

function isPolicy(item: object): boolean {
  return "kind" in item && item.kind === "NetworkPolicy";
}

function itemsOf(list: string): readonly object[] {
  const parsed: unknown = JSON.parse(list);
  return isRecord(parsed) && Array.isArray(parsed["items"]) ? parsed["items"].filter(isRecord) : [];
}

/** Most tools read only the older fields, with one address. */
function withSingularStatus(item: object): object {
  if (!("status" in item) || !isRecord(item.status)) return item;
  const { podIPs, hostIPs } = item.status;
  return {
    ...item,
    status: { ...item.status, podIP: firstAddress(podIPs), hostIP: firstAddress(hostIPs) ?? NODE },
  };
}

/** Some tools leave out a pod that is on no node. */
const NODE = "192.168.1.1";

function firstAddress(list: unknown): string | undefined {
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  return isRecord(first) && typeof first["ip"] === "string" ? first["ip"] : undefined;
}

/** In the words of cyclonus and policy-assistant, which resolve no port names themselves. */
function traffic(cluster: SmallCluster, { from, to, protocol, port }: Flow): object {
  const destination = podNamed(cluster, to);
  return {
    Source: trafficEnd(cluster, from),
    Destination: trafficEnd(cluster, to),
    Protocol: protocol,
    ResolvedPort: port,
    ResolvedPortName:
      destination?.ports.find((each) => each.protocol === protocol && each.number === port)?.name ?? "",
  };
}

function trafficEnd(cluster: SmallCluster, text: string): object {
  const pod = podNamed(cluster, text);
  if (pod === undefined) return { IP: text };
  return {
    IP: pod.addresses[0],
    Internal: {
      Namespace: pod.namespace,
      NamespaceLabels: cluster.namespaces.get(pod.namespace)?.labels ?? {},
      PodLabels: pod.labels,
    },
  };
}

function podNamed({ pods }: SmallCluster, text: string): Pod | undefined {
  return pods.find(({ namespace, name }) => `${namespace}/${name}` === text);
}
