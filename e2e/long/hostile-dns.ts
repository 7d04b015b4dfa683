import { type DnsReply, type DnsServer, startDnsServer } from "../../src/testing/dns-server.ts";
import { type Dice, dice } from "./dice.ts";

/** One answer as a server gave it. */
export interface Given {
  readonly at: number;
  readonly name: string;
  readonly family: "IPv4" | "IPv6";
  readonly addresses: readonly string[];
  /** Whether whoever asked has surely got it; some answers are no answers, or are lost. */
  readonly isPlain: boolean;
  /** In milliseconds. */
  readonly ttl: number;
}

export interface HostileDns {
  readonly addresses: readonly string[];
  /** Everything that was answered, in order. */
  readonly given: readonly Given[];
  close(): Promise<void>;
}

/** What no policy may ever let through for a name. */
export const FORBIDDEN = [
  "169.254.169.254",
  "127.0.0.1",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.0.1",
  "100.64.0.1",
  "224.0.0.1",
  "0.0.0.0",
  "255.255.255.255",
  "::1",
  "fe80::1",
  "fd00::1",
  "ff02::1",
  "64:ff9b::7f00:1",
];

/** Two servers that answer as badly as a server can, each in its own way, and say what they have answered. */
export async function startHostileDns(seed: number): Promise<HostileDns> {
  const given: Given[] = [];
  const begun = performance.now();
  const serve = (chance: Dice) =>
    startDnsServer((name, type) => {
      const at = performance.now();
      const reply = replyFor(name, chance, at - begun);
      const family = type === "A" ? "IPv4" : "IPv6";
      given.push({ at, name, family, ...contentOf(reply, family) });
      return reply;
    });
  const servers: readonly DnsServer[] = [await serve(dice(seed)), await serve(dice(seed + 1))];
  return {
    addresses: servers.map(({ address }) => address),
    given,
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}

/** Each name has one bad habit, and `flaky` has all of them. */
function replyFor(name: string, chance: Dice, elapsed: number): DnsReply {
  const ttl = chance.oneOf([0, 0, 1, 3, 86_400]);
  switch (name) {
    case "calm.example":
      return { kind: "addresses", addresses: shuffled(CALM, chance), ttl: 0 };
    case "rotating.example":
      return { kind: "addresses", addresses: some(40, chance), ttl };
    case "crowded.example":
      return { kind: "truncated", addresses: [...range(500)] };
    case "hostile.example":
      return { kind: "addresses", addresses: [...FORBIDDEN, ...some(8, chance)], ttl };
    case "gone.example":
      // For half a minute of each, whoever asks.
      return Math.floor(elapsed / 30_000) % 2 === 1
        ? { kind: "code", code: "NXDOMAIN" }
        : { kind: "addresses", addresses: CALM, ttl: 0 };
    default:
      return chance.oneOf<() => DnsReply>([
        () => ({ kind: "addresses", addresses: some(20, chance), ttl }),
        () => ({ kind: "addresses", addresses: some(20, chance), ttl }),
        () => ({ kind: "aliases", chain: ["a.example", "b.example"], addresses: some(20, chance) }),
        () => ({ kind: "aliases", chain: ["a.example", "flaky.example"], addresses: [] }),
        () => ({ kind: "truncated", addresses: some(20, chance) }),
        () => ({ kind: "code", code: "SERVFAIL" }),
        () => ({ kind: "code", code: "NXDOMAIN" }),
        () => ({ kind: "none" }),
        () => ({ kind: "silence" }),
        () => ({ kind: "other question", addresses: FORBIDDEN }),
        () => ({ kind: "garbage" }),
      ])();
  }
}

const CALM = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"];

function contentOf(reply: DnsReply, family: "IPv4" | "IPv6"): Pick<Given, "addresses" | "isPlain" | "ttl"> {
  const addresses = "addresses" in reply && reply.kind !== "other question" ? reply.addresses : [];
  const own = addresses.filter((address) => address.includes(":") === (family === "IPv6"));
  const ttl = reply.kind === "addresses" ? (reply.ttl ?? 0) * 1000 : 60_000;
  return { addresses: own, isPlain: reply.kind === "addresses" && own.length > 0, ttl };
}

function some(count: number, chance: Dice): readonly string[] {
  const v4 = Array.from({ length: 1 + chance.roll(4) }, () => `198.51.100.${1 + chance.roll(count)}`);
  const v6 = Array.from({ length: 1 + chance.roll(3) }, () => `2001:db8:1::${1 + chance.roll(count)}`);
  return [...new Set([...v4, ...v6])];
}

function* range(count: number): Generator<string> {
  for (let i = 0; i < count; i += 1) yield `203.0.${113 + (i >> 8)}.${i & 255}`;
}

function shuffled<T>(list: readonly T[], chance: Dice): readonly T[] {
  return list.toSorted(() => chance.roll(3) - 1);
}
