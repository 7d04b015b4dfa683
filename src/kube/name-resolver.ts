import { NODATA, NOTFOUND, Resolver } from "node:dns/promises";
import { type FamilyAnswer, joined, type NameAnswer } from "../reconciler/names/answer.ts";

export interface ResolverOptions {
  /** In milliseconds; a server that says nothing is asked a second time, for datagrams get lost. */
  readonly timeout?: number;
}

/**
 * Asks every server, `address:port`, for both families of the whole name, without search domains, over TCP where an answer is too long for
 * a datagram. It never throws: what a server does not say is a failure of that server.
 */
export async function askServers(
  name: string,
  servers: readonly string[],
  { timeout = 2000 }: ResolverOptions = {},
): Promise<NameAnswer> {
  if (servers.length === 0) return nobody("no DNS server of the cluster is known");
  return joined(await Promise.all(servers.map((server) => askServer(name, server, timeout))));
}

/** One question each: whatever remembers answers would be older than their TTL. */
async function askServer(name: string, server: string, timeout: number): Promise<NameAnswer> {
  const resolver = new Resolver({ timeout, tries: 2 });
  try {
    resolver.setServers([server]);
  } catch (error) {
    return nobody(messageFor(error));
  }
  const [IPv4, IPv6] = await Promise.all([
    family(resolver.resolve4(name, { ttl: true })),
    family(resolver.resolve6(name, { ttl: true })),
  ]);
  return { IPv4, IPv6 };
}

async function family(asked: Promise<readonly { address: string; ttl: number }[]>): Promise<FamilyAnswer> {
  try {
    const records = await asked;
    return records.length === 0 ? { kind: "none" } : { kind: "addresses", records };
  } catch (error) {
    switch (codeOf(error)) {
      case NOTFOUND:
        return { kind: "missing" };
      case NODATA:
        return { kind: "none" };
      default:
        return { kind: "failed", why: messageFor(error) };
    }
  }
}

function nobody(why: string): NameAnswer {
  return { IPv4: { kind: "failed", why }, IPv6: { kind: "failed", why } };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function messageFor(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
