import type { Labels } from "../model/labels.ts";
import {
  CREATOR_LABEL,
  HOSTNAME_LABEL,
  INSTANCE_LABEL,
  LAUNCHER,
  LAUNCHER_LABEL,
} from "../model/launcher.ts";
import type {
  Guest,
  ReportedInterface,
  VirtualMachine,
  VirtualMachineInstance,
} from "../model/virtual-machine.ts";
import type { NamedPort, Workload } from "../model/world.ts";
import { guest, withoutLength } from "./decode-guest.ts";
import {
  type Decoded,
  type Decoder,
  decoded,
  defaulted,
  flag,
  list,
  map,
  object,
  optional,
  stringMap,
  text,
} from "./decode-json.ts";
import { annotatedMetadata, controllerOf, DEFAULT_NAMESPACE, metadata } from "./decode-metadata.ts";

export const VIRTUAL_MACHINE_GROUP = "kubevirt.io";

/** What we read is the same in both versions. Fields that KubeVirt does not know either are overlooked, as it does (M10). */
export const VIRTUAL_MACHINE_VERSIONS: readonly string[] = ["v1", "v1alpha3"];

export function decodeVirtualMachine(
  raw: unknown,
  defaultNamespace = DEFAULT_NAMESPACE,
): Decoded<VirtualMachine> {
  return map(rawMachine, ({ metadata: meta, spec }): VirtualMachine => {
    const namespace = meta.namespace ?? defaultNamespace;
    const { metadata: pods } = spec.template;
    const machine = guest(spec.template.spec, { namespace, name: meta.name }, pods.annotations);
    const labels = launcherLabels(pods.labels, meta.name, machine, "");
    return {
      kind: "VirtualMachine",
      ...controlling(meta, namespace),
      ...machine,
      template: { labels, hostNetwork: false, ports: namedPorts(machine) },
      replicas: runs(spec.running, spec.runStrategy) ? 1 : 0,
    };
  })(raw);
}

export function decodeVirtualMachineInstance(
  raw: unknown,
  defaultNamespace = DEFAULT_NAMESPACE,
): Decoded<VirtualMachineInstance> {
  return map(rawInstance, ({ metadata: meta, spec, status }): VirtualMachineInstance => {
    const namespace = meta.namespace ?? defaultNamespace;
    const machine = guest(spec, { namespace, name: meta.name }, meta.annotations);
    const labels = launcherLabels(meta.labels, meta.name, machine, meta.uid);
    return {
      kind: "VirtualMachineInstance",
      ...controlling(meta, namespace),
      ...machine,
      template: { labels, hostNetwork: false, ports: namedPorts(machine) },
      replicas: ENDED.includes(status.phase) ? 0 : 1,
      node: status.nodeName,
      activePods: Object.keys(status.activePods).toSorted(),
      reported: status.interfaces,
    };
  })(raw);
}

type Meta = ValueOf<typeof metadata>;
type ValueOf<D> = D extends Decoder<infer T> ? T : never;

/** Nobody but KubeVirt says which pods are the machine's. */
function controlling(meta: Meta, namespace: string): Omit<Workload, "kind" | "template" | "replicas"> {
  const { name, uid, labels } = meta;
  return { namespace, name, uid, labels, owner: controllerOf(meta.ownerReferences), selector: undefined };
}

/**
 * The labels of the virt-launcher pod: those of the instance, and KubeVirt's own, which win. An id that does not fit into a
 * label is cut and hashed by KubeVirt, and then the pod alone knows it.
 */
function launcherLabels(labels: Labels, name: string, { hostname }: Guest, uid: string): Labels {
  return {
    ...labels,
    [LAUNCHER_LABEL]: LAUNCHER,
    [HOSTNAME_LABEL]: hostname,
    ...(name.length > MAX_LABEL ? {} : { [INSTANCE_LABEL]: name }),
    ...(uid === "" ? {} : { [CREATOR_LABEL]: uid }),
  };
}

const MAX_LABEL = 63;

/** The launcher shows the ports of its guest that have a name as its own. */
function namedPorts({ interfaces }: Guest): readonly NamedPort[] {
  return interfaces.flatMap(({ ports }) => ports).filter(({ name }) => name !== "");
}

/** Who starts a machine by hand may do so at any time; only one that is told to be off has no pod. */
function runs(running: boolean | undefined, strategy: string | undefined): boolean {
  return running ?? strategy !== "Halted";
}

const ENDED: readonly string[] = ["Succeeded", "Failed"];

const anything: Decoder<unknown> = (raw) => decoded(raw);

const rawMachine = object({
  metadata,
  spec: object({
    running: optional(flag),
    runStrategy: optional(text),
    template: object({
      metadata: defaulted(
        object({ labels: defaulted(stringMap, {}), annotations: defaulted(stringMap, {}) }),
        { labels: {}, annotations: {} },
      ),
      spec: anything,
    }),
  }),
});

/** Agents of some versions say `10.1.1.11/24`. */
const address: Decoder<string> = map(text, withoutLength);

/** The list where there is one, else the one address. */
const reportedInterface: Decoder<ReportedInterface> = map(
  object({
    name: defaulted(text, ""),
    mac: defaulted(text, ""),
    ipAddress: defaulted(address, ""),
    ipAddresses: defaulted(list(address), []),
    infoSource: defaulted(text, ""),
  }),
  ({ name, mac, ipAddress, ipAddresses, infoSource }) => ({
    name,
    mac: mac.toLowerCase(),
    addresses: (ipAddresses.length > 0 ? ipAddresses : [ipAddress]).filter((each) => each !== ""),
    sources: infoSource
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
  }),
);

const noStatus = { phase: "", nodeName: "", activePods: {}, interfaces: [] };

const rawInstance = object({
  metadata: annotatedMetadata,
  spec: anything,
  status: defaulted(
    object({
      phase: defaulted(text, ""),
      nodeName: defaulted(text, ""),
      activePods: defaulted(stringMap, {}),
      interfaces: defaulted(list(reportedInterface), []),
    }),
    noStatus,
  ),
});
