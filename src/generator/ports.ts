import { isNonEmpty } from "../model/nonempty.ts";
import type { PolicyPort, RulePorts } from "../model/network-policy.ts";
import type { Port } from "../model/service-access.ts";
import { sortedSet } from "./canonical.ts";

/**
 * The ports of a rule, the protocol always written out; `Any` among them means every port of every protocol. Undefined
 * where there are none: a rule without ports would be for all of them.
 */
export function rulePorts(ports: readonly Port[]): RulePorts | undefined {
  if (ports.some(isEvery)) return "every";
  const written = ports.map(policyPort);
  return isNonEmpty(written) ? sortedSet(written) : undefined;
}

/** `Any` beside a port is a contradiction: it is written as it stands, and the API server refuses it. */
function isEvery({ protocol, port, endPort }: Port): boolean {
  return protocol === "Any" && port === undefined && endPort === undefined;
}

function policyPort({ protocol, port, endPort }: Port): PolicyPort {
  return {
    protocol: protocol ?? "TCP",
    ...(port === undefined ? {} : { port }),
    ...(endPort === undefined ? {} : { endPort }),
  };
}
