import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Shape } from "../shapes/sketch.ts";

/**
 * Writes a cluster for all tools: `k8s/` with one List a file, for whoever reads manifests, and cyclonus' description of
 * the pods, for it reads policies only. JSON is YAML, and every tool parses it faster.
 */
export function writeCluster(folder: string, { namespaces, pods, policies }: Shape, probe: Probe): void {
  const manifests = join(folder, "k8s");
  mkdirSync(join(manifests, "policies"), { recursive: true });
  write(join(manifests, "namespaces.yaml"), list("v1", "List", namespaces));
  write(join(manifests, "pods.yaml"), list("v1", "List", pods));
  write(
    join(manifests, "policies", "policies.yaml"),
    list("networking.k8s.io/v1", "NetworkPolicyList", policies),
  );
  write(join(folder, "probe.json"), cyclonusProbe({ namespaces, pods, policies }, probe));
}

export interface Probe {
  readonly protocol: string;
  readonly port: number;
}

function cyclonusProbe({ namespaces, pods }: Shape, { protocol, port }: Probe): object {
  return {
    Probes: [{ Protocol: protocol, Port: port }],
    Resources: {
      Namespaces: Object.fromEntries(namespaces.map(({ metadata }) => [metadata.name, metadata.labels])),
      Pods: pods.map(({ metadata, spec, status }) => ({
        Namespace: metadata.namespace,
        Name: metadata.name,
        Labels: metadata.labels,
        IP: status.podIP,
        Containers: spec.containers.flatMap(({ name, ports }) =>
          ports.map((each, i) => ({
            Name: `${name}${i}`,
            Port: each.containerPort,
            Protocol: each.protocol,
            PortName: each.name,
          })),
        ),
      })),
    },
  };
}

function list(apiVersion: string, kind: string, items: readonly object[]): object {
  return { apiVersion, kind, items };
}

function write(file: string, value: object): void {
  writeFileSync(file, JSON.stringify(value));
}
