import type { AgentOptions, RequestOptions } from "node:https";
import type { ConnectionOptions } from "node:tls";
import { type DispatcherOptions, type KubeConfig, RequestContext } from "@kubernetes/client-node";
import { Agent, type Dispatcher } from "undici";

/** Everything a request needs besides itself. */
export interface Authorized {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

export interface Transport {
  /** The server's address without a slash at its end. */
  readonly server: string;
  /** Credentials rotate, so they are asked for before every request. */
  readonly authorize: () => Promise<Authorized>;
  readonly close: () => Promise<void>;
}

/**
 * One pool of connections for the whole process. The client library would build a new one for every request;
 * here it is built again only when what it is made of changes: the CA, the client certificate, the server's name.
 */
export function createTransport(config: KubeConfig): Transport {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error("the kubeconfig leads to no cluster");
  let pool: Pool | undefined;
  const current = (options: DispatcherOptions): Promise<Dispatcher> => {
    const madeOf = fingerprint(options);
    if (pool?.madeOf === madeOf) return pool.dispatcher;
    // Requests under way end in their own time: the old pool takes no new ones and closes after them.
    void pool?.dispatcher.then((previous) => previous.close()).catch(() => undefined);
    const dispatcher = dispatcherFor(options, config, cluster.server);
    pool = { madeOf, dispatcher };
    // What could not be made is tried again for the next request.
    dispatcher.catch(() => (pool = undefined));
    return dispatcher;
  };
  return {
    server: cluster.server.replace(/\/+$/, ""),
    authorize: async () => {
      const options: Applied = {};
      await config.applyToHTTPSOptions(options);
      const dispatcher = await current(config.createDispatcherOptions(cluster, options));
      return { headers: headersOf(options), dispatcher };
    },
    close: async () => {
      await (await pool?.dispatcher)?.destroy();
      pool = undefined;
    },
  };
}

/** What the library fills in: TLS material for the pool, credentials for the request. */
type Applied = AgentOptions & Pick<RequestOptions, "auth" | "headers">;

interface Pool {
  readonly madeOf: string;
  /** A promise, so that requests that come together at the start find one pool and not each make its own. */
  readonly dispatcher: Promise<Dispatcher>;
}

function fingerprint(options: DispatcherOptions): string {
  if (options.type === "none") return options.type;
  const tls = options.type === "agent" ? options.connect : options.requestTls;
  const uri = options.type === "agent" ? "" : options.uri;
  const parts = [tls.ca, tls.cert, tls.key, tls.pfx, tls.passphrase, tls.servername];
  return [options.type, uri, tls.rejectUnauthorized, ...parts].map(String).join("\n");
}

/** Proxies are the library's business; it knows SOCKS and CONNECT. */
async function dispatcherFor(
  options: DispatcherOptions,
  config: KubeConfig,
  server: string,
): Promise<Dispatcher> {
  if (options.type === "none") return agent({});
  if (options.type === "agent") return agent(options.connect);
  const context = new RequestContext(server, "GET");
  await config.applySecurityAuthentication(context);
  return context.getDispatcher() ?? agent({});
}

/**
 * HTTP/1.1: over HTTP/2 all watches would share one connection, and one dead connection would silence them all.
 * Idle connections go before the usual 60 seconds of a load balancer, and live ones are probed before them.
 */
function agent(connect: Omit<ConnectionOptions, "port" | "timeout">): Agent {
  return new Agent({
    allowH2: false,
    keepAliveTimeout: 30_000,
    connect: { ...connect, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 },
  });
}

function headersOf(options: Applied): Record<string, string> {
  const headers: Record<string, string> = {};
  if (options.auth) {
    headers["authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  }
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim();
  }
  return headers;
}
