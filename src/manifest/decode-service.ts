import type { Labels } from "../model/labels.ts";
import type { Service, ServicePort } from "../model/world.ts";
import {
  type Decoded,
  type Decoder,
  decoded,
  defaulted,
  list,
  map,
  mismatch,
  object,
  problem,
  stringMap,
  text,
} from "./decode-json.ts";
import { DEFAULT_NAMESPACE, metadata } from "./decode-metadata.ts";
import { portNumber, protocol } from "./decode-pod.ts";

export function decodeService(raw: unknown, defaultNamespace = DEFAULT_NAMESPACE): Decoded<Service> {
  return map(rawService, ({ metadata: meta, spec }): Service => ({
    namespace: meta.namespace ?? defaultNamespace,
    name: meta.name,
    uid: meta.uid,
    labels: meta.labels,
    type: spec.type,
    headless: spec.clusterIP === "None",
    clusterAddresses: addressesOf(spec),
    externalTrafficPolicy: spec.externalTrafficPolicy === "Local" ? "Local" : "Cluster",
    selector: effectiveSelector(spec.type, spec.selector),
    ports: spec.ports,
  }))(raw);
}

/** A number or the name of a container port; 0 and "" are how the API says "not given". */
const targetPort: Decoder<number | string | undefined> = (raw) => {
  if (raw === undefined || raw === null || raw === 0 || raw === "") return decoded(undefined);
  if (typeof raw === "string") return decoded(raw);
  if (typeof raw === "number") return portNumber(raw);
  return problem(mismatch("a port number or the name of a container port", raw));
};

const servicePort: Decoder<ServicePort> = map(
  object({
    name: defaulted(text, ""),
    protocol: defaulted(protocol, "TCP" as const),
    port: portNumber,
    targetPort,
  }),
  (port) => ({ ...port, targetPort: port.targetPort ?? port.port }),
);

const rawService = object({
  metadata,
  spec: defaulted(
    object({
      type: defaulted(text, "ClusterIP"),
      clusterIP: defaulted(text, ""),
      clusterIPs: defaulted(list(text), []),
      externalTrafficPolicy: defaulted(text, "Cluster"),
      selector: defaulted(stringMap, {}),
      ports: defaulted(list(servicePort), []),
    }),
    {
      type: "ClusterIP",
      clusterIP: "",
      clusterIPs: [],
      externalTrafficPolicy: "Cluster",
      selector: {},
      ports: [],
    },
  ),
});

/** `clusterIP` is the first of `clusterIPs`; people who write manifests write one of them. */
function addressesOf({
  clusterIP,
  clusterIPs,
}: {
  readonly clusterIP: string;
  readonly clusterIPs: readonly string[];
}): readonly string[] {
  const addresses = clusterIPs.length > 0 ? clusterIPs : [clusterIP];
  return addresses.filter((address) => address !== "" && address !== "None");
}

/** Kubernetes finds no pods for an empty selector, and does not read the selector of an ExternalName. */
function effectiveSelector(type: string, selector: Labels): Labels | undefined {
  return type === "ExternalName" || Object.keys(selector).length === 0 ? undefined : selector;
}
