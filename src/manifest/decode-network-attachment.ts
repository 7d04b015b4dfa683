import type { Ipam, IpamClaim, NetworkAttachment } from "../model/network-attachment.ts";
import {
  both,
  type Decoded,
  type Decoder,
  decoded,
  defaulted,
  flag,
  isRecord,
  list,
  map,
  mismatch,
  object,
  optional,
  problem,
  text,
} from "./decode-json.ts";
import { withoutLength } from "./decode-guest.ts";
import { DEFAULT_NAMESPACE, metadata } from "./decode-metadata.ts";

/** What a definition says of its network; what plugins have for themselves is overlooked. */
export function decodeNetworkAttachment(
  raw: unknown,
  defaultNamespace = DEFAULT_NAMESPACE,
): Decoded<NetworkAttachment> {
  return map(rawDefinition, ({ metadata: meta, spec }): NetworkAttachment => {
    const namespace = meta.namespace ?? defaultNamespace;
    return { namespace, name: meta.name, ...networkOf(spec.config, `${namespace}/${meta.name}`) };
  })(raw);
}

/** The addresses that are kept for an interface of a virtual machine. */
export function decodeIpamClaim(raw: unknown, defaultNamespace = DEFAULT_NAMESPACE): Decoded<IpamClaim> {
  return map(rawClaim, ({ metadata: meta, spec, status }): IpamClaim => ({
    namespace: meta.namespace ?? defaultNamespace,
    name: meta.name,
    network: spec.network,
    addresses: status.ips.map(withoutLength),
  }))(raw);
}

const ipamSection = object({
  type: defaulted(text, ""),
  subnet: defaulted(text, ""),
  range: defaulted(text, ""),
  ranges: defaulted(list(list(object({ subnet: defaulted(text, "") }))), []),
});

const plugin = object({
  type: defaulted(text, ""),
  /** OVN-Kubernetes' own: a text with commas between them. */
  subnets: defaulted(text, ""),
  allowPersistentIPs: defaulted(flag, false),
  ipam: optional(ipamSection),
});

type ValueOf<D> = D extends Decoder<infer T> ? T : never;
type Plugin = ValueOf<typeof plugin>;

interface Config {
  readonly name: string;
  /** The first of a chain makes the interface, the others adjust it. */
  readonly plugin: Plugin | undefined;
}

const named = object({ name: defaulted(text, "") });

const single: Decoder<Config> = map(both(named, plugin), ({ name, ...rest }) => ({ name, plugin: rest }));

const chain: Decoder<Config> = map(
  both(named, object({ plugins: list(plugin) })),
  ({ name, plugins: [first] }) => ({ name, plugin: first }),
);

/** Empty where the configuration lies on the nodes, under the name of the definition. */
const configText: Decoder<Config | undefined> = (raw) => {
  const written = text(raw);
  if (written.kind === "problems") return written;
  if (written.value.trim() === "") return decoded(undefined);
  try {
    const parsed: unknown = JSON.parse(written.value);
    if (!isRecord(parsed)) return problem(mismatch("an object", parsed));
    return parsed["plugins"] === undefined ? single(parsed) : chain(parsed);
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    return problem(`must be the JSON of a CNI configuration: ${why}`);
  }
};

const rawDefinition = object({
  metadata,
  spec: defaulted(object({ config: defaulted(configText, undefined) }), { config: undefined }),
});

const addressList = defaulted(list(text), []);

const rawClaim = object({
  metadata,
  spec: defaulted(object({ network: defaulted(text, "") }), { network: "" }),
  status: defaulted(object({ ips: addressList }), { ips: [] }),
});

const OVN = "ovn-k8s-cni-overlay";

/** Only OVN-Kubernetes' networks have names that mean the same in all namespaces. */
function networkOf(
  read: Config | undefined,
  key: string,
): Pick<NetworkAttachment, "network" | "plugin" | "ipam" | "subnets"> {
  if (read?.plugin === undefined || read.plugin.type === "")
    return { network: key, plugin: "", ipam: "unknown", subnets: [] };
  const { name, plugin: first } = read;
  return {
    network: first.type === OVN && name !== "" ? name : key,
    plugin: first.type,
    ipam: ipamOf(first),
    subnets: subnetsOf(first),
  };
}

function ipamOf(first: Plugin): Ipam {
  const type = first.ipam?.type ?? "";
  switch (type) {
    case "dhcp":
    case "static":
      return type;
    case "":
      if (subnetsOf(first).length === 0) return "none";
      return first.allowPersistentIPs ? "persistent" : "subnets";
    case "host-local":
    case "whereabouts":
      return "subnets";
    default:
      return "other";
  }
}

function subnetsOf({ subnets, ipam }: Plugin): readonly string[] {
  const ranges =
    ipam === undefined ? [] : [ipam.subnet, ipam.range, ...ipam.ranges.flat().map((range) => range.subnet)];
  return [...subnets.split(","), ...ranges].map((subnet) => subnet.trim()).filter((subnet) => subnet !== "");
}
