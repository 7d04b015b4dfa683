import { createServer, type Server } from "node:http";
import type { Address } from "./settings.ts";

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What is answered, by path. */
export type Pages = Readonly<Record<string, () => Page>>;

export interface PageServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Serves a few pages for probes and monitoring; `what` they are, in one word, is for the error when that cannot be. */
export async function servePages(what: string, address: Address, pages: Pages): Promise<PageServer> {
  const server = createServer((request, response) => {
    const { status, contentType, body } = answer(request.url ?? "", pages);
    response.writeHead(status, { "content-type": contentType }).end(body);
  });
  await listening(server, what, address);
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

export function jsonPage(status: number, body: unknown): Page {
  return { status, contentType: "application/json", body: `${JSON.stringify(body)}\n` };
}

function answer(url: string, pages: Pages): Page {
  const page = new Map(Object.entries(pages)).get(url.replace(/\?.*/s, ""));
  return page?.() ?? jsonPage(404, { status: `there are ${Object.keys(pages).join(", ")}` });
}

function listening(server: Server, what: string, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error) =>
      reject(new Error(`cannot serve ${what} on ${host ?? ""}:${port}: ${cause.message}`, { cause })),
    );
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
}
