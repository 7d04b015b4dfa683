import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { KubeConfig, type User } from "@kubernetes/client-node";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  authority,
  clientCertificate,
  clientKey,
  otherAuthority,
  serverCertificate,
  serverKey,
} from "../testing/certificates.ts";
import { soon } from "../testing/soon.ts";
import { createClient } from "./client.ts";
import { createTransport } from "./transport.ts";

test("a server is believed for the authority that the kubeconfig names, and for no other", async () => {
  const { ask } = await secured({ caData: base64(authority) });
  expect(await ask()).toMatchObject({ authorization: "none" });
  const { ask: doubt } = await secured({ caData: base64(otherAuthority) });
  await expect(doubt()).rejects.toThrow(/cannot ask: .*certificate/);
});

test("skipping verification is possible, for those who say so", async () => {
  const { ask } = await secured({ skipTLSVerify: true });
  expect(await ask()).toMatchObject({ authorization: "none" });
});

test("the name in the certificate may be another than the address", async () => {
  const { ask } = await secured({ caData: base64(authority), tlsServerName: "kubernetes.test" });
  await ask();
  const { ask: doubt } = await secured({ caData: base64(authority), tlsServerName: "elsewhere.test" });
  await expect(doubt()).rejects.toThrow(/does not match/);
});

test("a client certificate says who we are", async () => {
  const user = { certData: base64(clientCertificate), keyData: base64(clientKey) };
  const { ask } = await secured({ caData: base64(authority) }, user);
  expect(await ask()).toMatchObject({ client: "test client" });
});

test("tokens, passwords and impersonation travel as headers", async () => {
  const cluster = { caData: base64(authority) };
  expect(await (await secured(cluster, { token: "abc" })).ask()).toMatchObject({
    authorization: "Bearer abc",
  });
  const password = await secured(cluster, { username: "ada", password: "pw" });
  expect(await password.ask()).toMatchObject({ authorization: `Basic ${btoa("ada:pw")}` });
  const other = await secured(cluster, { token: "abc", impersonateUser: "grace" });
  expect(await other.ask()).toMatchObject({ impersonated: "grace" });
});

test("a program may say who we are, and is asked again when what it said has expired", async () => {
  const program = `
    const fs = require("node:fs"), file = process.argv[1];
    const turn = fs.existsSync(file) ? fs.readFileSync(file, "utf8") + "i" : "i";
    fs.writeFileSync(file, turn);
    console.log(JSON.stringify({ status: { token: turn, expirationTimestamp: "2001-01-01T00:00:00Z" } }));
  `;
  const exec = { command: process.execPath, args: ["-e", program, join(folder, "turn")] };
  const { ask } = await secured({ caData: base64(authority) }, { exec });
  expect(await ask()).toMatchObject({ authorization: "Bearer i" });
  expect(await ask()).toMatchObject({ authorization: "Bearer ii" });
});

test("a program that fails is a failure that says so", async () => {
  const exec = { command: process.execPath, args: ["-e", "console.error('log in first'); process.exit(1)"] };
  const { ask } = await secured({ caData: base64(authority) }, { exec });
  await expect(ask()).rejects.toThrow(/cannot ask: no credentials: log in first/);
});

test("a Pod's token is read again after a minute", async () => {
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, "first\n");
  const user = { authProvider: { name: "tokenFile", config: { tokenFile } } };
  const { ask } = await secured({ caData: base64(authority) }, user);
  expect(await ask()).toMatchObject({ authorization: "Bearer first" });
  writeFileSync(tokenFile, "second\n");
  expect(await ask()).toMatchObject({ authorization: "Bearer first" });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
  expect(await ask()).toMatchObject({ authorization: "Bearer second" });
});

test("connections are kept while their certificates stay, and made anew when they change", async () => {
  const caFile = join(folder, "ca.crt");
  writeFileSync(caFile, authority);
  const { ask } = await secured({ caFile });
  const before = [await ask(), await ask(), await ask()];
  for (let again = 0; again < 5; again += 1) expect(before).toContainEqual(await ask());
  writeFileSync(caFile, `${authority}${otherAuthority}`);
  expect(before).not.toContainEqual(await ask());
  writeFileSync(caFile, otherAuthority);
  await expect(ask()).rejects.toThrow(/certificate/);
});

test("requests that come together at the start share one pool, and closing it closes every connection", async () => {
  const { ask, close, connections } = await secured({ caData: base64(authority) });
  await Promise.all([ask(), ask(), ask(), ask(), ask()]);
  expect(await connections()).toBeGreaterThan(1);
  await close();
  await soon(async () => expect(await connections()).toBe(0));
});

let folder = "";
const endings: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "transport-"));
});

afterEach(async () => {
  vi.useRealTimers();
  for (const end of endings.splice(0)) await end();
  rmSync(folder, { recursive: true });
});

interface Cluster {
  readonly caData?: string;
  readonly caFile?: string;
  readonly skipTLSVerify?: boolean;
  readonly tlsServerName?: string;
}

/** A server that answers with who asked, over which connection. */
async function secured(cluster: Cluster, user: Partial<User> = {}) {
  const options = {
    cert: serverCertificate,
    key: serverKey,
    ca: authority,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket;
    response.end(
      JSON.stringify({
        authorization: request.headers.authorization ?? "none",
        impersonated: request.headers["impersonate-user"],
        client: socket.getPeerCertificate().subject?.CN,
        connection: socket.remotePort,
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const port = typeof bound === "object" ? bound?.port : undefined;
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: "c", server: `https://127.0.0.1:${port}`, skipTLSVerify: false, ...cluster },
    { name: "u", ...user },
  );
  const client = createClient(createTransport(config));
  endings.push(
    client.close,
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return {
    ask: () => client.json({ doing: "ask", method: "GET", path: "/" }),
    close: client.close,
    connections: () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
