import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { KubeConfig } from "@kubernetes/client-node";

/** What the server does with one request. */
export type Step = (response: ServerResponse, request: IncomingMessage) => void;

/** An API server that does as it is told, and remembers what it was asked. */
export interface ScriptedServer {
  readonly kubeConfig: KubeConfig;
  /** What was asked, in order: `list`, `list continue=x`, `watch 10`, `kinds of group/v1`, `PATCH /path?query`. */
  readonly asked: readonly string[];
  /** The bodies that came with it, parsed; undefined where there was none. */
  readonly bodies: readonly unknown[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** The client's port of each request: as many different ones as there were connections. */
  readonly ports: readonly (number | undefined)[];
  readonly close: () => Promise<void>;
}

/** One step for each request, and silence after the last. */
export function scriptedServer(...script: readonly Step[]): Promise<ScriptedServer> {
  const steps = [...script];
  return serverThat(() => steps.shift());
}

/** For each request, the step that the request calls for. */
export async function serverThat(
  decides: (request: IncomingMessage) => Step | undefined,
): Promise<ScriptedServer> {
  const asked: string[] = [];
  const bodies: unknown[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const ports: (number | undefined)[] = [];
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        asked.push(inWords(request));
        bodies.push(body === "" ? undefined : JSON.parse(body));
        headers.push(request.headers);
        ports.push(request.socket.remotePort);
        decides(request)?.(response, request);
      },
      // The other side hung up before it had said what it wanted.
      () => undefined,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    kubeConfig: kubeConfigFor(`http://127.0.0.1:${port}`),
    asked,
    bodies,
    headers,
    ports,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function kubeConfigFor(server: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: "test", server, skipTLSVerify: true }, { name: "nobody" });
  return config;
}

function inWords({ url, method }: IncomingMessage): string {
  const { pathname, searchParams } = new URL(url ?? "", "http://server");
  if (method !== "GET") return `${method} ${pathname}?${searchParams.toString()}`;
  if (searchParams.get("watch") === "true") return `watch ${searchParams.get("resourceVersion")}`;
  if (GROUP_VERSION.test(pathname)) return `kinds of ${pathname.slice("/apis/".length)}`;
  const token = searchParams.get("continue");
  if (token !== null) return `list continue=${token}`;
  return searchParams.has("limit") ? "list" : "list all";
}

const GROUP_VERSION = /^\/apis\/[^/]+\/[^/]+$/;

/** The answer to which kinds a version of a group has, where that is asked: these, or, as in most clusters, none at all. */
export function kinds(pathname: string, plurals: readonly string[] = []): Step | undefined {
  if (!GROUP_VERSION.test(pathname)) return undefined;
  return plurals.length === 0
    ? refuse(404, "NotFound")
    : answer(200, { kind: "APIResourceList", resources: plurals.map((name) => ({ name })) });
}

/** `a@7` is the object `a` at version 7; `a#2@7` is the second one of that name. */
function objectAt(text: string): object {
  const [identity = "", resourceVersion] = text.split("@");
  const [name = "", birth = "1"] = identity.split("#");
  return { metadata: { name, uid: `${name}-${birth}`, resourceVersion } };
}

/** A list as of a version; with `next` there is another page. */
export function list(version: string, objects: readonly string[], next?: string): Step {
  const metadata = { resourceVersion: version, ...(next === undefined ? {} : { continue: next }) };
  return answer(200, { metadata, items: objects.map(objectAt) });
}

export function refuse(code: number, reason: string, headers: Record<string, string> = {}): Step {
  return answer(code, status(code, reason), headers);
}

function status(code: number, reason: string): object {
  return { kind: "Status", status: "Failure", code, reason, message: `${reason} it is` };
}

export function answer(code: number, body: unknown, headers: Record<string, string> = {}): Step {
  return (response) =>
    void response
      .writeHead(code, { "content-type": "application/json", ...headers })
      .end(JSON.stringify(body));
}

/** One line of a watch: `ADDED a@7`, `BOOKMARK @9`, or the text as it is. */
function line(text: string): string {
  const [type, object] = text.split(" ");
  const isEvent = object !== undefined && /^[A-Z]+$/.test(type ?? "");
  return isEvent ? `${JSON.stringify({ type, object: objectAt(object) })}\n` : text;
}

/** An answer to a watch that sends these lines and then ends, is cut, or stays open. */
export function watching(lines: readonly string[], then: "end" | "cut" | "stay" = "stay"): Step {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const text = lines.map(line).join("");
    if (text !== "") response.write(text);
    if (then === "end") response.end();
    // Only after what was written has left.
    if (then === "cut") setTimeout(() => response.destroy(), 20);
  };
}

export const error = (code: number, reason: string): string =>
  `${JSON.stringify({ type: "ERROR", object: status(code, reason) })}\n`;
