import type { PolicyPort } from "../model/network-policy.ts";
import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import { sortedSet } from "./canonical.ts";
import type { Home } from "./multi-peers.ts";

/** So many ports of one range are written one by one where the cluster would drop endPort without a word. */
const LONGEST_LIST = 64;

/** The ports as numbers; a list is never left out, and what cannot be written is a problem. */
export function plainPorts(ports: readonly PolicyPort[], home: Home): NonEmpty<PolicyPort> {
  const written = ports.flatMap((port) => plainPort(port, home));
  return isNonEmpty(written) ? sortedSet(written) : [NO_PORT];
}

/** Only ever beside a problem, with which nothing is written. */
const NO_PORT: PolicyPort = { protocol: "TCP", port: 0 };

function plainPort(port: PolicyPort, { network, problems }: Home): readonly PolicyPort[] {
  if (typeof port.port === "string") {
    const message = `port ${port.port} is a name, which enforcers of secondary networks look up in a table of their own or read as every port; say its number`;
    problems.push({ reason: "PortNotNumeric", message });
    return [];
  }
  const { port: first, endPort: last } = port;
  if (typeof first !== "number" || typeof last !== "number" || network.hasRanges) return [port];
  if (last - first < LONGEST_LIST) return listed(port, first, last);
  const message = `ports ${first}-${last}: the cluster's definition of MultiNetworkPolicy has no endPort, and more than ${LONGEST_LIST} ports are not written one by one; install a definition that has it, or say fewer ports`;
  problems.push({ reason: "EndPortUnsupported", message });
  return [];
}

function listed(port: PolicyPort, first: number, last: number): readonly PolicyPort[] {
  const { endPort: _endPort, ...rest } = port;
  return Array.from({ length: last - first + 1 }, (_, i) => ({ ...rest, port: first + i }));
}
