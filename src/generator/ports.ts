import type { NonEmpty } from "../model/nonempty.ts";
import type { PolicyPort, RulePorts } from "../model/network-policy.ts";
import type { Port } from "../model/service-access.ts";
import { sortedSet } from "./canonical.ts";

/** The ports of a rule, the protocol always written out; `Any` among them means every port of every protocol. */
export function rulePorts(ports: NonEmpty<Port>): RulePorts {
  if (ports.some((port) => port.protocol === "Any")) return "every";
  const [first, ...others] = ports;
  return sortedSet([policyPort(first), ...others.map(policyPort)]);
}

function policyPort({ protocol, port, endPort }: Port): PolicyPort {
  return {
    protocol: protocol ?? "TCP",
    ...(port === undefined ? {} : { port }),
    ...(endPort === undefined ? {} : { endPort }),
  };
}
