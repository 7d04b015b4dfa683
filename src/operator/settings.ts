import { parseArgs } from "node:util";
import { type Profile, PROFILE_NAMES, profileNamed, SPECIFICATION } from "../core/profile.ts";
import { CLOUD_PROVIDERS } from "../generator/cloud-providers.ts";
import { platformOf } from "../generator/platform.ts";
import { SECONDARY_PROFILE_NAMES, secondaryProfileNamed } from "../core/profile-secondary.ts";
import { type Patience, PATIENCE } from "../kube/patience.ts";
import type { Platform } from "../model/platform.ts";
import { WINDOWS } from "../reconciler/names/windows.ts";
import { NAMES_PER_NAMESPACE, nameSettings, type NameSettings } from "./name-settings.ts";
import { leaseSettings, type LeaseSettings } from "./lease-settings.ts";

export interface Settings {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly logLevel: LogLevel;
  /** Where health is served; undefined: nowhere. */
  readonly health: Address | undefined;
  /** Where metrics are served; undefined: nowhere. */
  readonly metrics: Address | "beside health" | undefined;
  /** Which of several operators writes is decided by this Lease; undefined: there is no other. */
  readonly lease: LeaseSettings | undefined;
  /** How many objects are worked on at the same time. */
  readonly concurrency: number;
  /** How far the watches of the API server are trusted. */
  readonly patience: Patience;
  /** The network plugin that the statuses speak of; the specification where nobody says. */
  readonly profile: Profile;
  /** What enforces policies on secondary networks; undefined: a network's plugin says who it can be. */
  readonly networkProfile: Profile | undefined;
  /** What the cluster does not say of itself. */
  readonly platform: Platform;
  /** How DNS names that objects speak of are asked for. */
  readonly names: NameSettings;
}

export interface Address {
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  readonly port: number;
}

export type Invocation =
  | { readonly kind: "run"; readonly settings: Settings }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "mistake"; readonly message: string };

type Environment = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

export const USAGE = `The ServiceAccess operator: turns ServiceAccess objects into NetworkPolicies and says what they do.

Usage: operator [options]

  --kubeconfig FILE        default: $KUBECONFIG, ~/.kube/config, or the Pod's own ServiceAccount
  --context NAME           default: the kubeconfig's current context
  --health-address ADDR    [host]:port for /livez and /readyz, or "off"; default: :8080 in a cluster,
                           127.0.0.1:8080 elsewhere          ($SERVICEACCESS_HEALTH_ADDRESS)
  --metrics-address ADDR   [host]:port for /metrics, or "off"; default: beside health
                                                             ($SERVICEACCESS_METRICS_ADDRESS)
  --lease [NAMESPACE/]NAME of several operators the one that holds this Lease writes, the others stand by; or "off";
                           default: serviceaccess in a cluster, off elsewhere
                                                             ($SERVICEACCESS_LEASE)
  --lease-seconds D,R,P    it may be taken after D seconds without a renewal, the holder stops after R, and tries
                           each P; default: 15,10,2          ($SERVICEACCESS_LEASE_SECONDS)
  --concurrency N          objects worked on at the same time; default: 16
                                                             ($SERVICEACCESS_CONCURRENCY)
  --silence-seconds N      a watch that says nothing for so long is begun again; default: ${PATIENCE.silence / 1000}
                                                             ($SERVICEACCESS_SILENCE_SECONDS)
  --relist-seconds N       at most so long between two reads of everything, whatever the watches told;
                           default: ${PATIENCE.relist / 1000}            ($SERVICEACCESS_RELIST_SECONDS)
  --profile NAME           the network plugin that enforces the policies, such as calico or cilium: statuses then say what
                           it does; default: specification, which leaves open what Kubernetes leaves open
                                                             ($SERVICEACCESS_PROFILE)
  --network-profile NAME   what enforces MultiNetworkPolicies on secondary networks, such as mnp-ovn-kubernetes;
                           default: a network's plugin says who it can be
                                                             ($SERVICEACCESS_NETWORK_PROFILE)
  --cluster-dns-service NAMESPACE/NAME
                           the Service that pods ask for names, where it is not found by itself
                                                             ($SERVICEACCESS_CLUSTER_DNS_SERVICE)
  --cluster-dns-addresses A,B
                           where they ask besides, such as a cache on the node or 169.254.169.254
                                                             ($SERVICEACCESS_CLUSTER_DNS_ADDRESSES)
  --cloud-provider NAME    whose load balancers ask pods whether they are healthy: ${CLOUD_PROVIDERS.join(", ")}
                                                             ($SERVICEACCESS_CLOUD_PROVIDER)
  --dns-servers A,B        who is asked for DNS names that objects speak of, as address:port; default: every ready pod of
                           the cluster's DNS                 ($SERVICEACCESS_DNS_SERVERS)
  --names-min-ttl-seconds N
                           an answer is used for at least so long, and asked for at most so often; default: ${WINDOWS.minTtl / 1000}
                                                             ($SERVICEACCESS_NAMES_MIN_TTL_SECONDS)
  --names-grace-seconds N  so long after that its addresses stay, unless they are answered again; default: ${WINDOWS.grace / 1000}
                                                             ($SERVICEACCESS_NAMES_GRACE_SECONDS)
  --names-per-namespace N  at most so many names of one namespace are asked for; default: ${NAMES_PER_NAMESPACE}
                                                             ($SERVICEACCESS_NAMES_PER_NAMESPACE)
  --log-level LEVEL        debug, info, warn or error; default: info
                                                             ($SERVICEACCESS_LOG_LEVEL)
  --version                print the version
  --help                   print this
`;

/** What the command line and the environment ask for; the command line wins. */
export function invocation(args: readonly string[], env: Environment): Invocation {
  try {
    return read(args, env);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "mistake", message };
  }
}

function read(args: readonly string[], env: Environment): Invocation {
  const { values } = parseArgs({ args: [...args], strict: true, options: { ...TEXTS, ...SWITCHES } });
  if (values.help === true) return { kind: "help" };
  if (values.version === true) return { kind: "version" };
  return { kind: "run", settings: settingsOf({ ...fromEnvironment(env), ...values }, env) };
}

const TEXT = { type: "string" } as const;

const TEXTS = {
  kubeconfig: TEXT,
  context: TEXT,
  "health-address": TEXT,
  "metrics-address": TEXT,
  lease: TEXT,
  "lease-seconds": TEXT,
  concurrency: TEXT,
  "silence-seconds": TEXT,
  "relist-seconds": TEXT,
  profile: TEXT,
  "network-profile": TEXT,
  "cluster-dns-service": TEXT,
  "cluster-dns-addresses": TEXT,
  "cloud-provider": TEXT,
  "dns-servers": TEXT,
  "names-min-ttl-seconds": TEXT,
  "names-grace-seconds": TEXT,
  "names-per-namespace": TEXT,
  "log-level": TEXT,
} as const;

const SWITCHES = { version: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;

type Said = { readonly [Name in keyof typeof TEXTS]?: string | undefined };

/** `--log-level` is `SERVICEACCESS_LOG_LEVEL`; where the cluster is, kubectl's own variables say. */
function fromEnvironment(env: Environment): Said {
  const ours = Object.keys(TEXTS).filter((name) => name !== "kubeconfig" && name !== "context");
  return Object.fromEntries(
    ours.map((name) => [name, env[`SERVICEACCESS_${name.replaceAll("-", "_").toUpperCase()}`]]),
  );
}

function settingsOf(said: Said, env: Environment): Settings {
  const isInCluster = env["KUBERNETES_SERVICE_HOST"] !== undefined;
  const health = said["health-address"] ?? (isInCluster ? ":8080" : "127.0.0.1:8080");
  const metrics = said["metrics-address"];
  const lease = said.lease ?? (isInCluster ? "serviceaccess" : "off");
  return {
    kubeconfig: said.kubeconfig,
    context: said.context,
    logLevel: logLevel(said["log-level"] ?? "info"),
    health: address("health", health),
    metrics: metrics === undefined ? "beside health" : address("metrics", metrics),
    lease: leaseSettings(lease, said["lease-seconds"] ?? "15,10,2"),
    concurrency: concurrency(said.concurrency ?? "16"),
    patience: {
      silence: seconds(said["silence-seconds"], PATIENCE.silence),
      relist: seconds(said["relist-seconds"], PATIENCE.relist),
    },
    profile: known(said.profile ?? SPECIFICATION.name, profileNamed, PROFILE_NAMES),
    networkProfile: enforcer(said["network-profile"]),
    platform: platform(said),
    names: nameSettings({
      servers: said["dns-servers"],
      minTtlSeconds: said["names-min-ttl-seconds"],
      graceSeconds: said["names-grace-seconds"],
      perNamespace: said["names-per-namespace"],
    }),
  };
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) throw new Error(`no log level "${text}"; there are: ${LOG_LEVELS.join(", ")}`);
  return level;
}

function enforcer(name: string | undefined): Profile | undefined {
  return name === undefined ? undefined : known(name, secondaryProfileNamed, SECONDARY_PROFILE_NAMES);
}

function known(name: string, named: (name: string) => Profile | undefined, all: readonly string[]): Profile {
  const found = named(name);
  if (found === undefined) throw new Error(`no profile "${name}"; there are: ${all.join(", ")}`);
  return found;
}

function platform(said: Said): Platform {
  const found = platformOf({
    dnsService: said["cluster-dns-service"],
    dnsAddresses: said["cluster-dns-addresses"],
    cloudProvider: said["cloud-provider"],
  });
  if (typeof found === "string") throw new Error(found);
  return found;
}

function address(what: string, text: string): Address | undefined {
  if (text === "off") return undefined;
  // An IPv6 address stands in brackets: [::1]:8080.
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? "x");
  if (!(port <= 65_535)) throw new Error(`the ${what} address must be [host]:port or off, not "${text}"`);
  const host = bracketed ?? plain ?? "";
  return { host: host === "" ? undefined : host, port };
}

const MOST_AT_ONCE = 64;

function concurrency(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_AT_ONCE) return count;
  throw new Error(`concurrency must be a whole number from 1 to ${MOST_AT_ONCE}, not "${text}"`);
}

const LONGEST_PATIENCE = 86_400;

/** In milliseconds. */
function seconds(text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault;
  const count = Number(text);
  if (count >= 1 && count <= LONGEST_PATIENCE) return count * 1000;
  throw new Error(`seconds must be a number from 1 to ${LONGEST_PATIENCE}, not "${text}"`);
}
