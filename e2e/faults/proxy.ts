import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { Agent, type Dispatcher, request } from "undici";

import { authority, serverCertificate, serverKey } from "../../src/testing/certificates.ts";
import type { Access } from "../control-plane/access.ts";
import { type Asked, askedOf } from "./asked.ts";
import { type CallFault, createFaults, type Faults } from "./fault.ts";
import { relayLines } from "./lines.ts";

/** Stands between the API server and whoever is to see it fail. */
export interface FaultProxy extends Pick<Faults, "inject" | "mend"> {
  /** For the kubeconfig of whoever is to go through it. */
  readonly address: Pick<Access, "server" | "certificate">;
  /** All that was asked, in order. */
  readonly asked: readonly Asked[];
  /** Called with each question and its body, before anything becomes of it. */
  listen(listener: Listener): void;
  /** Breaks every connection there is. */
  cut(): void;
  /** Breaks every connection, and every new one for so long. */
  down(ms: number): Promise<void>;
  close(): Promise<void>;
}

type Listener = (asked: Asked, body: string) => void;

export async function startProxy(access: Access): Promise<FaultProxy> {
  const ca = readFileSync(access.certificate, "utf8");
  const upstream = new Agent({ connect: { ca }, bodyTimeout: 0, headersTimeout: 0 });
  const faults = createFaults();
  const asked: Asked[] = [];
  const told = new Map<string, string[]>();
  const listeners: Listener[] = [(question) => asked.push(question)];
  const heard: Listener = (question, body) => listeners.forEach((listener) => listener(question, body));
  const room = { upstream, server: access.server, faults, heard, told, expired: new Set<string>() };
  const server = createServer({ cert: serverCertificate, key: serverKey }, (question, answer) => {
    // Whoever asked may have gone, or the server: either way the connection is what is left to break.
    handle(room, question, answer).catch(() => question.socket.destroy());
  });
  // Longer than whoever asks keeps a connection: breaks are ours to make.
  server.keepAliveTimeout = 120_000;
  let isDown = false;
  server.on("connection", (socket) => isDown && socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const certificate = join(access.folder, `fault-proxy-${portOf(server)}.crt`);
  writeFileSync(certificate, authority);
  return {
    ...faults,
    asked,
    listen: (listener) => void listeners.push(listener),
    address: { server: `https://127.0.0.1:${portOf(server)}`, certificate },
    cut: () => server.closeAllConnections(),
    down: async (ms) => {
      isDown = true;
      server.closeAllConnections();
      await delay(ms);
      isDown = false;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await upstream.destroy();
    },
  };
}

interface Room {
  readonly upstream: Agent;
  readonly server: string;
  readonly faults: Faults;
  readonly heard: Listener;
  /** The last lines of the watches of each collection. */
  readonly told: Map<string, string[]>;
  /** Who watches what from a place that is too old. */
  readonly expired: Set<string>;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** A question on its way, and where its answer goes. */
interface Call {
  readonly asked: Asked;
  readonly question: IncomingMessage;
  readonly body: string;
  readonly answer: ServerResponse;
}

async function handle(room: Room, question: IncomingMessage, answer: ServerResponse): Promise<void> {
  const call = { asked: askedOf(question), question, body: await text(question), answer };
  room.heard(call.asked, call.body);
  const fault = room.faults.ofCall(call.asked) ?? expiry(room, call);
  if (fault === undefined) await relay(room, call);
  else await befall(fault, room, call);
}

/** Whoever was told that their place is too old is told so again, until they have listed: as it is with a real one. */
function expiry({ expired }: Room, { asked, question }: Call): CallFault | undefined {
  const place = placeOf(asked, question);
  if (asked.verb === "list") expired.delete(place);
  return asked.verb === "watch" && expired.has(place) ? EXPIRED : undefined;
}

const EXPIRED = { kind: "refuse", status: 410, reason: "Expired" } as const;

/** Several operators are told apart by what they call themselves. */
function placeOf({ plural }: Asked, { headers }: IncomingMessage): string {
  return `${headers["user-agent"]} ${plural}`;
}

async function befall(fault: CallFault, room: Room, call: Call): Promise<void> {
  const hangUp = () => void call.question.socket.destroy();
  switch (fault.kind) {
    case "refuse":
      if (fault.status === 410) room.expired.add(placeOf(call.asked, call.question));
      return refuse(fault, call.answer);
    case "silence":
      return;
    case "delay":
      await delay(fault.ms);
      return await relay(room, call);
    case "lose":
      await (await ask(room, call)).body.text();
      return hangUp();
    case "stop":
      if (fault.when === "after") await (await ask(room, call)).body.text();
      await fault.act();
      return hangUp();
    case "cut":
    case "truncate":
      return await shorten(fault, room, call);
  }
}

function refuse(fault: CallFault & { readonly kind: "refuse" }, answer: ServerResponse): void {
  const { status: code, reason, retryAfter } = fault;
  const again = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  const message = `${reason} by the fault proxy`;
  answer
    .writeHead(code, { "content-type": "application/json", ...again })
    .end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message }));
}

/** The beginning of an answer, and then an end that is a break or looks like one in good order. */
async function shorten(
  fault: CallFault & { readonly kind: "cut" | "truncate" },
  room: Room,
  call: Call,
): Promise<void> {
  const { question, answer } = call;
  if (fault.kind === "cut" && fault.after === 0) return void question.socket.destroy();
  const { statusCode, headers, body } = await ask(room, call);
  answer.writeHead(statusCode, passedOn(headers));
  let left = fault.after;
  for await (const chunk of chunksOf(body)) {
    answer.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  // Only after what was written has left.
  if (fault.kind === "truncate") answer.end();
  else setTimeout(() => question.socket.destroy(), 20);
}

async function relay(room: Room, call: Call): Promise<void> {
  const { asked, answer } = call;
  const gone = new AbortController();
  answer.once("close", () => gone.abort());
  const { statusCode, headers, body } = await ask(room, call, gone.signal);
  answer.writeHead(statusCode, passedOn(headers));
  answer.flushHeaders();
  if (asked.verb === "watch" && statusCode === 200) {
    const onExpired = () => void room.expired.add(placeOf(asked, call.question));
    await relayLines(chunksOf(body), answer, asked, { ...room, onExpired });
  } else {
    for await (const chunk of chunksOf(body)) answer.write(chunk);
    answer.end();
  }
}

function ask(
  { upstream, server }: Room,
  { question: { method, url, headers }, body }: Call,
  signal?: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { host: _host, connection: _connection, "content-length": _length, ...sent } = headers;
  return request(`${server}${url}`, {
    dispatcher: upstream,
    method: methodOf(method),
    headers: sent,
    body: body === "" ? null : body,
    signal: signal ?? null,
  });
}

function methodOf(method: string | undefined): Dispatcher.HttpMethod {
  const known = (["GET", "POST", "PUT", "PATCH", "DELETE"] as const).find((each) => each === method);
  if (known === undefined) throw new Error(`the proxy passes no ${method} on`);
  return known;
}

/** Not the length: it is the proxy that says how long an answer is. */
function passedOn(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const kept = ["content-type", "retry-after"].flatMap((name) => {
    const value = headers[name];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(kept);
}

async function* chunksOf(body: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of body) if (Buffer.isBuffer(chunk)) yield chunk;
}
