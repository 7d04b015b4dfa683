import type { Labels } from "../model/labels.ts";
import type { EndpointSlice, SlicePort } from "../model/world.ts";
import {
  type Decoded,
  type Decoder,
  decoded,
  defaulted,
  flag,
  list,
  map,
  object,
  text,
} from "./decode-json.ts";
import { DEFAULT_NAMESPACE, metadata } from "./decode-metadata.ts";
import { portNumber, protocol } from "./decode-pod.ts";

export function decodeEndpointSlice(
  raw: unknown,
  defaultNamespace = DEFAULT_NAMESPACE,
): Decoded<EndpointSlice> {
  return map(rawSlice, ({ metadata: meta, addressType, endpoints, ports }): EndpointSlice => ({
    namespace: meta.namespace ?? defaultNamespace,
    name: meta.name,
    service: serviceOf(meta.labels),
    endpoints: addressType === "FQDN" ? [] : endpoints,
    ports,
  }))(raw);
}

function serviceOf(labels: Labels): string {
  return labels[SERVICE_NAME_LABEL] ?? "";
}

/** What ties a slice to its Service; its own name says nothing. */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/** "nil should be interpreted as ready": whoever writes slices by hand leaves it out. */
const endpoint = map(
  object({
    addresses: defaulted(list(text), []),
    conditions: defaulted(object({ ready: defaulted(flag, true) }), { ready: true }),
  }),
  ({ addresses, conditions }) => ({ addresses, ready: conditions.ready }),
);

const anyPort: Decoder<number | undefined> = (raw) =>
  raw === undefined || raw === null ? decoded(undefined) : portNumber(raw);

const slicePort: Decoder<SlicePort> = object({
  name: defaulted(text, ""),
  protocol: defaulted(protocol, "TCP" as const),
  port: anyPort,
});

const rawSlice = object({
  metadata,
  addressType: defaulted(text, "IPv4"),
  endpoints: defaulted(list(endpoint), []),
  ports: defaulted(list(slicePort), []),
});
