import { keyText } from "../model/key.ts";
import { NAMESPACE_NAME_LABEL, type Labels } from "../model/labels.ts";
import { isNonEmpty } from "../model/nonempty.ts";
import type { PolicyPeer, RulePorts } from "../model/network-policy.ts";
import type { DnsStatus } from "../model/service-access.ts";
import { type Protocol, type Service, workloadKey, type World } from "../model/world.ts";
import { addressBlocks, isIPv6 } from "./address-blocks.ts";
import { canonicalSelector, sortedSet } from "./canonical.ts";
import { slicesOf } from "./endpoints.ts";
import { rulePorts } from "./ports.ts";
import type { Rule } from "./rules.ts";
import { hasSelector } from "./target.ts";

/**
 * Where the pods of the cluster ask for names. `last` is what was known before: what cannot be told at the moment is taken
 * from there.
 */
export function findDns(world: World, last?: DnsStatus): DnsStatus | undefined {
  const service = clusterDns(world);
  const told = world.platform.dnsAddresses;
  if (service === undefined || !answersNames(service)) {
    return told.length === 0 ? undefined : { addresses: told.toSorted(), ports: [DNS_PORT] };
  }
  const name = keyText(service);
  const known = last?.service === name ? last : undefined;
  const addresses = new Set([...service.clusterAddresses, ...cachesOf(service, world), ...told]);
  return {
    service: name,
    matchLabels: service.selector,
    addresses: [...addresses].toSorted(),
    ports: portsOf(service, world, known),
  };
}

/** One rule for the pods, the Service and the caches; over TCP too, where long answers are fetched. */
export function dnsRules({ service, matchLabels, addresses, ports }: DnsStatus): readonly Rule[] {
  const pods = service === undefined || matchLabels === undefined ? [] : [podsOf(service, matchLabels)];
  const plain = addresses.filter((address) => address !== METADATA);
  const peers: readonly PolicyPeer[] = [...pods, ...addressBlocks(plain)];
  const metadata = addressBlocks(addresses.filter((address) => address === METADATA));
  return [...ruleTo(peers, ports), ...ruleTo(metadata, [DNS_PORT])];
}

/** Where a question about a name is answered. */
export interface DnsEndpoint {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/** Every ready endpoint of the cluster's DNS, on the ports that its pods listen on; none where the world shows none. */
export function dnsEndpoints(world: World): readonly DnsEndpoint[] {
  const service = clusterDns(world);
  if (service === undefined) return [];
  const names = dnsPortNames(service);
  return slicesOf(service, world).flatMap(({ endpoints, ports }) =>
    endpoints
      .filter(({ ready }) => ready)
      .flatMap(({ addresses }) => addresses)
      .flatMap((address) =>
        ports.flatMap(({ name, protocol, port }) =>
          port === undefined || !names.has(name) ? [] : [{ address, port, protocol }],
        ),
      ),
  );
}

/** The Service that is the cluster's DNS, if the world shows one: the one that was named, or one that is known by its name. */
export function clusterDns({ services, platform }: World): Service | undefined {
  if (platform.dnsService !== undefined) return services.get(keyText(platform.dnsService));
  for (const key of DNS_SERVICES) {
    const service = services.get(key);
    if (service !== undefined && answersNames(service)) return service;
  }
  return [...services.values()].filter(isLabelledDns).toSorted((a, b) => (a.name < b.name ? -1 : 1))[0];
}

/** Whether the Service is the cluster's DNS, or would be were it as it should be. */
export function mayBeDns(service: Service, { dnsService }: World["platform"]): boolean {
  const key = keyText(service);
  if (dnsService !== undefined) return key === keyText(dnsService);
  return DNS_SERVICES.includes(key) || hasDnsLabel(service);
}

/** What the distributions call it. */
const DNS_SERVICES: readonly string[] = [
  "kube-system/kube-dns",
  "kube-system/coredns",
  "kube-system/rke2-coredns-rke2-coredns",
  "openshift-dns/dns-default",
];

export const DNS_SERVICE_NAMES: readonly string[] = DNS_SERVICES.map((key) =>
  key.slice(key.indexOf("/") + 1),
);

/** The port that everybody asks at, whatever the pods behind it listen on. */
const DNS_PORT = 53;

/** Clouds answer names at the address where machines also get their credentials: no other port of it is for pods. */
const METADATA = "169.254.169.254";

/** The caches on the nodes, which no selector matches, by the DaemonSet that runs them. */
const CACHES: Readonly<Record<string, readonly string[]>> = {
  "node-local-dns": ["169.254.20.10", "fd30:1319:f1e:230b::1"],
  nodelocaldns: ["169.254.25.10"],
  "node-cache": ["169.254.20.10"],
};

const CACHE_KEYS: readonly (readonly [string, readonly string[]])[] = Object.entries(CACHES).map(
  ([name, addresses]) => [workloadKey("kube-system", { kind: "DaemonSet", name }), addresses],
);

export function isDnsCache(key: string): boolean {
  return CACHE_KEYS.some(([cache]) => cache === key);
}

/** A cache listens in the families that the Service has. */
function cachesOf({ clusterAddresses }: Service, { workloads }: World): readonly string[] {
  const addresses = CACHE_KEYS.flatMap(([key, listening]) => (workloads.has(key) ? listening : []));
  return clusterAddresses.some(isIPv6) ? addresses : addresses.filter((address) => !isIPv6(address));
}

/**
 * The Service's port, for plugins that judge a connection before it is translated, and the pods' ports for all others: by
 * the slices, by the Service's numbers, and where it gives names by the pods.
 */
function portsOf(service: Service, world: World, known: DnsStatus | undefined): DnsStatus["ports"] {
  const names = dnsPortNames(service);
  const listening = slicesOf(service, world)
    .flatMap(({ ports }) => ports)
    .flatMap(({ name, port }) => (port !== undefined && names.has(name) ? [port] : []));
  const targets = dnsPorts(service).map(({ targetPort }) => targetPort);
  const numbers = targets.filter((port) => typeof port === "number");
  const named = targets.filter((port) => typeof port === "string");
  const isOpen = named.length > 0 && listening.length === 0;
  const behind = isOpen ? (known?.ports ?? numbersOf(named, service, world)) : [];
  return [...new Set([DNS_PORT, ...listening, ...numbers, ...behind])].toSorted(byText);
}

function byText(a: number | string, b: number | string): number {
  return String(a) < String(b) ? -1 : 1;
}

/** What the names mean in the Service's pods; where no pod says it, the names. */
function numbersOf(
  names: readonly string[],
  { namespace, selector = {} }: Service,
  { pods }: World,
): readonly (number | string)[] {
  const wanted = Object.entries(selector);
  const ports = [...pods.values()]
    .filter((pod) => pod.namespace === namespace && wanted.every(([key, value]) => pod.labels[key] === value))
    .flatMap((pod) => pod.ports);
  const numbers = ports.filter(({ name }) => names.includes(name)).map(({ number }) => number);
  return numbers.length > 0 ? numbers : names;
}

function podsOf(service: string, matchLabels: Labels): PolicyPeer {
  const namespace = service.slice(0, service.indexOf("/"));
  return {
    podSelector: canonicalSelector({ matchLabels }),
    namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: namespace } },
  };
}

function ruleTo(peers: readonly PolicyPeer[], ports: DnsStatus["ports"]): readonly Rule[] {
  const written = overBoth(ports);
  return isNonEmpty(peers) && written !== undefined ? [{ peers: sortedSet(peers), ports: written }] : [];
}

function overBoth(ports: DnsStatus["ports"]): RulePorts | undefined {
  return rulePorts(
    ports.flatMap((port) => [
      { protocol: "TCP" as const, port },
      { protocol: "UDP" as const, port },
    ]),
  );
}

function isLabelledDns(service: Service): boolean {
  return hasDnsLabel(service) && answersNames(service);
}

function hasDnsLabel({ namespace, labels }: Service): boolean {
  return namespace === "kube-system" && labels["k8s-app"] === "kube-dns";
}

function answersNames(service: Service): service is Service & { readonly selector: Labels } {
  return hasSelector(service) && dnsPorts(service).length > 0;
}

function dnsPorts({ ports }: Service): Service["ports"] {
  return ports.filter(({ port }) => port === DNS_PORT);
}

/** The Service of CoreDNS also shows its metrics, which nobody asked for. */
function dnsPortNames(service: Service): ReadonlySet<string> {
  return new Set(dnsPorts(service).map(({ name }) => name));
}
