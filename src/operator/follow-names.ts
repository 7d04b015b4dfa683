import { dnsEndpoints } from "../generator/cluster-dns.ts";
import { isIPv6 } from "../generator/address-blocks.ts";
import { askServers } from "../kube/name-resolver.ts";
import type { World } from "../model/world.ts";
import type { NameSettings } from "./name-settings.ts";
import { Names, type NamesOptions } from "./names.ts";

interface Following extends Pick<NamesOptions, "store" | "clock" | "log" | "onChange"> {
  readonly settings: NameSettings;
}

/** Resolves the DNS names of all objects as the pods of the cluster do. */
export function followNames({ settings, ...options }: Following): Names {
  const { windows, mostOfNamespace } = settings;
  let turn = 0;
  const ask = (name: string) => {
    turn += 1;
    const servers = settings.servers ?? serversIn(options.store.world);
    return askServers(name, some(servers, turn));
  };
  return new Names({ ...options, windows, mostOfNamespace, ask });
}

/** What the pods of the cluster ask, each replica by itself: one of them may know what another does not. */
function serversIn(world: World): readonly string[] {
  const servers = dnsEndpoints(world)
    .filter(({ protocol }) => protocol === "UDP")
    .map(({ address, port }) => (isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`));
  return [...new Set(servers)].toSorted();
}

/** Where every node has one, each question goes to so many, and in time to all of them. */
const MOST_SERVERS = 16;

function some(servers: readonly string[], turn: number): readonly string[] {
  const start = servers.length <= MOST_SERVERS ? 0 : (turn * MOST_SERVERS) % servers.length;
  return [...servers.slice(start), ...servers.slice(0, start)].slice(0, MOST_SERVERS);
}
