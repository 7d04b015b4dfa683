import { createServer, type Server } from "node:http";
import type { Clock } from "../kube/clock.ts";
import type { Reflector } from "../kube/reflector.ts";
import type { Watches } from "../kube/watches.ts";
import type { WorkQueue } from "./queue.ts";
import type { Address } from "./settings.ts";

export interface HealthSources {
  readonly watches: Pick<Watches, "unreadable" | "isSynced"> & {
    readonly reflectors: readonly Pick<Reflector, "resource" | "isSynced" | "lastEvent" | "trouble">[];
  };
  readonly queue: Pick<WorkQueue, "size">;
  readonly clock: Clock;
}

export interface HealthServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/**
 * `/livez` answers while the process can answer at all. `/readyz` answers 200 once everything is known and work has
 * begun, and says in both cases how fresh what is known is.
 */
export async function serveHealth(address: Address, sources: HealthSources): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const { status, body } = answer(request.url ?? "", sources);
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  });
  await listening(server, address);
  const bound = server.address();
  return {
    port: bound !== null && typeof bound === "object" ? bound.port : address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(url: string, sources: HealthSources): { status: number; body: unknown } {
  const path = url.replace(/\?.*/s, "");
  if (path === "/livez") return { status: 200, body: { status: "alive" } };
  if (path === "/readyz") return readiness(sources);
  return { status: 404, body: { status: "there are /livez and /readyz" } };
}

function readiness({ watches, queue, clock }: HealthSources): { status: number; body: unknown } {
  const isReady = watches.isSynced();
  const watched = watches.reflectors.map(({ resource, isSynced, lastEvent, trouble }) => ({
    resource: resource.plural,
    synced: isSynced,
    secondsSinceLastEvent: Math.round((clock.now() - lastEvent) / 1000),
    trouble,
  }));
  return {
    status: isReady ? 200 : 503,
    body: {
      status: isReady ? "ready" : "waiting for the first lists",
      watched,
      queue: queue.size(),
      unreadable: watches.unreadable().map(({ kind, name }) => `${kind} ${name}`),
    },
  };
}

function listening(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error) =>
      reject(new Error(`cannot serve health on ${host ?? ""}:${port}: ${cause.message}`, { cause })),
    );
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
}
