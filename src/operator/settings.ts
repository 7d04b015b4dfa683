import { parseArgs } from "node:util";

export interface Settings {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly logLevel: LogLevel;
  /** Where health is served; undefined: nowhere. */
  readonly health: Address | undefined;
  /** How many objects are worked on at the same time. */
  readonly concurrency: number;
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
  --concurrency N          objects worked on at the same time; default: 4
                                                             ($SERVICEACCESS_CONCURRENCY)
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
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      kubeconfig: { type: "string" },
      context: { type: "string" },
      "health-address": { type: "string" },
      concurrency: { type: "string" },
      "log-level": { type: "string" },
      version: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return { kind: "help" };
  if (values.version === true) return { kind: "version" };
  const isInCluster = env["KUBERNETES_SERVICE_HOST"] !== undefined;
  const health = values["health-address"] ?? env["SERVICEACCESS_HEALTH_ADDRESS"];
  const settings = {
    kubeconfig: values.kubeconfig,
    context: values.context,
    logLevel: logLevel(values["log-level"] ?? env["SERVICEACCESS_LOG_LEVEL"] ?? "info"),
    health: address(health ?? (isInCluster ? ":8080" : "127.0.0.1:8080")),
    concurrency: concurrency(values.concurrency ?? env["SERVICEACCESS_CONCURRENCY"] ?? "4"),
  };
  return { kind: "run", settings };
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) throw new Error(`no log level "${text}"; there are: ${LOG_LEVELS.join(", ")}`);
  return level;
}

function address(text: string): Address | undefined {
  if (text === "off") return undefined;
  // An IPv6 address stands in brackets: [::1]:8080.
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? "x");
  if (!(port <= 65_535)) throw new Error(`the health address must be [host]:port or off, not "${text}"`);
  const host = bracketed ?? plain ?? "";
  return { host: host === "" ? undefined : host, port };
}

const MOST_AT_ONCE = 64;

function concurrency(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_AT_ONCE) return count;
  throw new Error(`concurrency must be a whole number from 1 to ${MOST_AT_ONCE}, not "${text}"`);
}
