import type { NetworkPolicy } from "../model/network-policy.ts";
import { readList } from "./decode-cases.ts";
import { type ScenarioFlow, STANDING, singly } from "./decode-scenarios.ts";

/** One row of the table of scenarios that is about a secondary network. */
export interface NetworkScenario {
  /** The row's id, `M7`. */
  readonly rule: string;
  readonly name: string;
  /** The definition that leads to the network; undefined for the pod network. */
  readonly network: string | undefined;
  /** The whole cluster, as people write it. */
  readonly manifests: readonly Manifest[];
  /** The ends are endpoints in the words of the command line. */
  readonly flows: readonly ScenarioFlow[];
}

export type Manifest = Readonly<Record<string, unknown>>;

/** The profiles that stand for the letters. */
export const NETWORK_STANDING: Readonly<Record<string, readonly string[]>> = {
  ...STANDING,
  O: ["mnp-ovn-kubernetes"],
  I: ["mnp-iptables", "mnp-nftables"],
  A: ["specification"],
  S: ["by plugin"],
};

const FIELDS = ["scene", "network", "definitions", "machines", "pods", "policies", "rows"];

export function readNetworkScenarios(): readonly NetworkScenario[] {
  const scenes = readList("scenarios-kubevirt.yaml", FIELDS) as readonly Scene[];
  return scenes.flatMap((scene) =>
    Object.entries(scene.rows).map(([rule, asked]) => ({
      rule,
      name: scene.scene,
      network: scene.network,
      manifests: manifestsOf(scene),
      flows: Object.entries(asked).flatMap(([flows, expected]) =>
        singly(flows).map((flow) => ({ flow: placed(flow), expected })),
      ),
    })),
  );
}

interface Scene {
  readonly scene: string;
  readonly network?: string;
  readonly definitions: Readonly<Record<string, object>>;
  readonly machines?: Readonly<Record<string, Machine>>;
  readonly pods?: Readonly<Record<string, { readonly labels: object; readonly ips?: readonly string[] }>>;
  readonly policies?: readonly Manifest[];
  readonly rows: Readonly<Record<string, Readonly<Record<string, ScenarioFlow["expected"]>>>>;
}

interface Machine {
  readonly address: string;
  /** Those of the template. */
  readonly labels?: object;
  /** Those of the VirtualMachine itself. */
  readonly ownLabels?: object;
}

/** `vm1` is a machine of the namespace default. */
function placed(flow: string): string {
  return flow.replaceAll(/\bvm\d\b/g, "default/VirtualMachine/$&");
}

function manifestsOf({ definitions, machines = {}, pods = {}, policies = [] }: Scene): readonly Manifest[] {
  const [definition = ""] = Object.keys(definitions);
  return [
    ...Object.entries(definitions).map(([key, config]) => definitionManifest(key, config)),
    ...Object.entries(machines).map(([name, machine]) => machineManifest(name, machine, definition)),
    ...Object.entries(pods).map(([key, pod]) => podManifest(key, pod, definition)),
    ...policies.map((policy) => {
      return { apiVersion: "k8s.cni.cncf.io/v1beta1", kind: "MultiNetworkPolicy", ...policy };
    }),
  ];
}

function definitionManifest(key: string, config: object): Manifest {
  const [namespace, name] = key.split("/");
  return {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { namespace, name },
    spec: { config: JSON.stringify(config) },
  };
}

function machineManifest(
  name: string,
  { address, labels, ownLabels }: Machine,
  definition: string,
): Manifest {
  const networkData = `version: 2\nethernets: {eth0: {addresses: [${address}/24]}}\n`;
  const template = {
    metadata: { labels: { "kubevirt.io/domain": name, "kubevirt.io/vm": name, ...labels } },
    spec: {
      domain: { devices: { interfaces: [{ name: "flatl2", bridge: {} }] } },
      networks: [{ name: "flatl2", multus: { networkName: definition } }],
      volumes: [{ name: "cloudinit", cloudInitNoCloud: { networkData } }],
      "termination/GracePeriodSeconds": 30,
    },
  };
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachine",
    metadata: { namespace: "default", name, labels: ownLabels ?? {} },
    spec: { runStrategy: "Always", template },
  };
}

function podManifest(
  key: string,
  { labels, ips }: { readonly labels: object; readonly ips?: readonly string[] },
  definition: string,
): Manifest {
  const [namespace, name] = key.split("/");
  const status = [
    { name: "cluster", interface: "eth0", ips: ["10.244.0.9"], default: true },
    { name: definition, interface: "net1", ...(ips && { ips: ips.map((ip) => `${ip}/24`) }) },
  ];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace,
      name,
      labels,
      annotations: {
        "k8s.v1.cni.cncf.io/networks": definition,
        "k8s.v1.cni.cncf.io/network-status": JSON.stringify(status),
      },
    },
    spec: { containers: [{ name: "main", image: "example" }] },
    status: { phase: "Running", podIPs: [{ ip: "10.244.0.9" }] },
  };
}

/** As much of a manifest as the naive reference reads, which takes what is written for granted. */
export interface Raw {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: NetworkPolicy["spec"] & {
    readonly config?: string;
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly volumes: readonly { readonly cloudInitNoCloud: { readonly networkData: string } }[];
      };
    };
  };
}

export function readUnchecked(manifests: readonly Manifest[]): readonly Raw[] {
  return manifests as readonly unknown[] as readonly Raw[];
}
