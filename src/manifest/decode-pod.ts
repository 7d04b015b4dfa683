import type { Labels } from "../model/labels.ts";
import type { NamedPort, Pod, PodTemplate, PodPhase, Protocol } from "../model/world.ts";
import {
  type Decoded,
  type Decoder,
  defaulted,
  flag,
  integer,
  isRecord,
  list,
  map,
  object,
  oneOf,
  optional,
  stringMap,
  text,
} from "./decode-json.ts";
import { attachmentsOf, NETWORKS_ANNOTATION, requestProblem } from "./decode-attachments.ts";
import { annotatedMetadata, controllerOf, DEFAULT_NAMESPACE } from "./decode-metadata.ts";

export const protocol = oneOf<Protocol>("TCP", "UDP", "SCTP");
export const portNumber = integer(1, 65535);

export function decodePod(raw: unknown, defaultNamespace = DEFAULT_NAMESPACE): Decoded<Pod> {
  return map(rawPod, (pod): Pod => podOf(pod, defaultNamespace))(raw);
}

/** A broken request for networks is told where somebody can mend it; a cluster that has such a pod is read all the same. */
export function decodePodStrictly(raw: unknown, defaultNamespace = DEFAULT_NAMESPACE): Decoded<Pod> {
  const meta = annotatedMetadata(isRecord(raw) ? raw["metadata"] : undefined);
  const broken =
    meta.kind === "decoded"
      ? requestProblem(meta.value.annotations, meta.value.namespace ?? defaultNamespace)
      : undefined;
  return broken === undefined ? decodePod(raw, defaultNamespace) : { kind: "problems", problems: [broken] };
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

const rawPod = object({ metadata: annotatedMetadata, spec: podSpec, status: podStatus });

type ValueOf<D> = D extends Decoder<infer T> ? T : never;
type RawPod = ValueOf<typeof rawPod>;

function podOf({ metadata: meta, spec, status }: RawPod, defaultNamespace: string): Pod {
  const namespace = meta.namespace ?? defaultNamespace;
  const attachments = spec.hostNetwork ? [] : attachmentsOf(meta.annotations, namespace);
  return {
    namespace,
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
    ...(attachments.length === 0 ? {} : { attachments }),
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

const NO_ANNOTATIONS: Labels = {};

/** spec.template of a workload: what its pods will look like. */
export const podTemplate: Decoder<PodTemplate> = map(
  object({
    metadata: defaulted(
      object({ labels: defaulted(stringMap, {}), annotations: defaulted(stringMap, NO_ANNOTATIONS) }),
      { labels: {}, annotations: NO_ANNOTATIONS },
    ),
    spec: podSpec,
  }),
  ({ metadata: { labels, annotations }, spec }) => {
    const { [NETWORKS_ANNOTATION]: networks } = annotations;
    const template = { labels, hostNetwork: spec.hostNetwork, ports: namedPorts(spec) };
    return networks === undefined ? template : { ...template, networks };
  },
);
