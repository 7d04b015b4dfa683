import type { NamedPort, Pod, PodTemplate, PodPhase, Protocol } from "../model/world.ts";
import {
  type Decoded,
  type Decoder,
  defaulted,
  flag,
  integer,
  list,
  map,
  object,
  oneOf,
  optional,
  stringMap,
  text,
} from "./decode-json.ts";
import { controllerOf, DEFAULT_NAMESPACE, metadata } from "./decode-metadata.ts";

export const protocol = oneOf<Protocol>("TCP", "UDP", "SCTP");
export const portNumber = integer(1, 65535);

export function decodePod(raw: unknown, defaultNamespace = DEFAULT_NAMESPACE): Decoded<Pod> {
  return map(rawPod, (pod): Pod => podOf(pod, defaultNamespace))(raw);
}

const containerPorts = defaulted(
  list(
    object({
      name: defaulted(text, ""),
      protocol: defaulted(protocol, "TCP" as const),
      containerPort: portNumber,
    }),
  ),
  [],
);

const containers = defaulted(list(object({ restartPolicy: optional(text), ports: containerPorts })), []);

const podSpec = defaulted(
  object({
    nodeName: defaulted(text, ""),
    hostNetwork: defaulted(flag, false),
    containers,
    initContainers: containers,
  }),
  { nodeName: "", hostNetwork: false, containers: [], initContainers: [] },
);

const addressList = defaulted(list(object({ ip: defaulted(text, "") })), []);

const noStatus = { podIP: "", podIPs: [], hostIP: "", hostIPs: [] };

/** A manifest has no status; it stands for the pod as it will run. */
const podStatus = defaulted(
  object({
    phase: defaulted(
      oneOf<PodPhase>("Pending", "Running", "Succeeded", "Failed", "Unknown"),
      "Running" as const,
    ),
    podIP: defaulted(text, ""),
    podIPs: addressList,
    hostIP: defaulted(text, ""),
    hostIPs: addressList,
  }),
  { phase: "Running" as const, ...noStatus },
);

const rawPod = object({ metadata, spec: podSpec, status: podStatus });

type ValueOf<D> = D extends Decoder<infer T> ? T : never;
type RawPod = ValueOf<typeof rawPod>;

function podOf({ metadata: meta, spec, status }: RawPod, defaultNamespace: string): Pod {
  return {
    namespace: meta.namespace ?? defaultNamespace,
    name: meta.name,
    uid: meta.uid,
    labels: meta.labels,
    owner: controllerOf(meta.ownerReferences),
    addresses: addresses(status.podIPs, status.podIP),
    node: spec.nodeName,
    nodeAddresses: addresses(status.hostIPs, status.hostIP),
    hostNetwork: spec.hostNetwork,
    phase: status.phase,
    terminating: meta.deletionTimestamp !== undefined,
    ports: namedPorts(spec),
    replicas: 1,
    fromTemplate: false,
  };
}

/** The plural field is the whole truth where it is filled; old objects have only the singular one. */
function addresses(many: readonly { readonly ip: string }[], one: string): readonly string[] {
  const listed = many.map(({ ip }) => ip).filter((ip) => ip !== "");
  if (listed.length > 0) return listed;
  return one === "" ? [] : [one];
}

/** An ordinary init container has ended before the pod is an endpoint; a native sidecar runs along with the pod. */
function namedPorts(spec: ValueOf<typeof podSpec>): readonly NamedPort[] {
  const sidecars = spec.initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...spec.containers, ...sidecars].flatMap(({ ports }) =>
    ports
      .filter(({ name }) => name !== "")
      .map((port) => ({ name: port.name, protocol: port.protocol, number: port.containerPort })),
  );
}

/** spec.template of a workload: what its pods will look like. */
export const podTemplate: Decoder<PodTemplate> = map(
  object({
    metadata: defaulted(object({ labels: defaulted(stringMap, {}) }), { labels: {} }),
    spec: podSpec,
  }),
  (template) => ({
    labels: template.metadata.labels,
    hostNetwork: template.spec.hostNetwork,
    ports: namedPorts(template.spec),
  }),
);
