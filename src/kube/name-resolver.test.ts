import { afterEach, expect, test } from "vitest";
import { type DnsReply, type DnsScript, type DnsServer, startDnsServer } from "../testing/dns-server.ts";
import type { FamilyAnswer } from "../reconciler/names/answer.ts";
import { askServers } from "./name-resolver.ts";

const servers: DnsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serving(script: DnsScript): Promise<DnsServer> {
  const server = await startDnsServer(script);
  servers.push(server);
  return server;
}

/** What comes of one question to one server that says this, family by family. */
async function asking(reply: DnsReply): Promise<readonly string[]> {
  const server = await serving(() => reply);
  const { IPv4, IPv6 } = await askServers("www.example", [server.address], { timeout: 150 });
  return [text(IPv4), text(IPv6)];
}

function text(answer: FamilyAnswer): string {
  if (answer.kind !== "addresses") return answer.kind;
  return answer.records.map(({ address, ttl }) => `${address} ${ttl}`).join(", ");
}

const ADDRESSES = ["192.0.2.1", "2001:db8::1"];
const HOSTILE = ["169.254.169.254", "127.0.0.1", "10.0.0.1", "224.0.0.1", "0.0.0.0"];

const PICTURES: readonly (readonly [DnsReply, string, string])[] = [
  [{ kind: "addresses", addresses: ADDRESSES }, "192.0.2.1 60", "2001:db8::1 60"],
  [{ kind: "addresses", addresses: ADDRESSES, ttl: 0 }, "192.0.2.1 0", "2001:db8::1 0"],
  [{ kind: "addresses", addresses: ["192.0.2.1"] }, "192.0.2.1 60", "none"],
  [{ kind: "addresses", addresses: HOSTILE }, HOSTILE.map((each) => `${each} 60`).join(", "), "none"],
  [{ kind: "truncated", addresses: ADDRESSES }, "192.0.2.1 60", "2001:db8::1 60"],
  [
    { kind: "aliases", chain: ["a.example", "b.example"], addresses: ADDRESSES },
    "192.0.2.1 30",
    "2001:db8::1 30",
  ],
  [{ kind: "aliases", chain: ["a.example"], addresses: [] }, "none", "none"],
  [{ kind: "aliases", chain: ["a.example", "www.example"], addresses: [] }, "none", "none"],
  [{ kind: "code", code: "NXDOMAIN" }, "missing", "missing"],
  [{ kind: "code", code: "SERVFAIL" }, "failed", "failed"],
  [{ kind: "code", code: "REFUSED" }, "failed", "failed"],
  [{ kind: "none" }, "none", "none"],
  [{ kind: "silence" }, "failed", "failed"],
  [{ kind: "other question", addresses: ADDRESSES }, "failed", "failed"],
  [{ kind: "garbage" }, "failed", "failed"],
];

test.each(PICTURES)("%j", async (reply, IPv4, IPv6) => {
  expect(await asking(reply)).toEqual([IPv4, IPv6]);
});

test("an answer with 500 addresses is fetched over TCP, and all of it is there", async () => {
  const addresses = Array.from({ length: 500 }, (_, i) => `198.18.${i >> 8}.${i & 255}`);
  const server = await serving(() => ({ kind: "truncated", addresses }));
  const { IPv4 } = await askServers("www.example", [server.address]);
  expect(IPv4.kind === "addresses" ? IPv4.records.length : IPv4).toBe(500);
  expect(server.questions).toContain("TCP A www.example");
});

test("nothing is remembered from one question to the next", async () => {
  const server = await serving((_, type, asked) => ({
    kind: "addresses",
    addresses: type === "A" ? [`192.0.2.${asked}`] : [],
    ttl: 3600,
  }));
  const seen: string[] = [];
  for (let i = 0; i < 3; i += 1) seen.push(text((await askServers("www.example", [server.address])).IPv4));
  expect(seen).toEqual(["192.0.2.1 3600", "192.0.2.2 3600", "192.0.2.3 3600"]);
});

test("every server is asked, and their answers are joined", async () => {
  const [one, two, broken] = await Promise.all([
    serving(() => ({ kind: "addresses", addresses: ["192.0.2.1"] })),
    serving(() => ({ kind: "addresses", addresses: ["192.0.2.2"] })),
    serving(() => ({ kind: "code", code: "SERVFAIL" })),
  ]);
  const all = [one, two, broken].map(({ address }) => address);
  expect(text((await askServers("www.example", all)).IPv4)).toBe("192.0.2.1 60, 192.0.2.2 60");
});

test("the whole name is asked, and no other", async () => {
  const server = await serving(() => ({ kind: "code", code: "NXDOMAIN" }));
  await askServers("www.example", [server.address]);
  expect([...server.questions].toSorted()).toEqual(["UDP A www.example", "UDP AAAA www.example"]);
});

test("without a server, or with what is none, nobody answers", async () => {
  for (const list of [[], ["nonsense"]])
    expect((await askServers("www.example", list)).IPv4.kind).toBe("failed");
});
