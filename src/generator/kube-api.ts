import { isNonEmpty, type NonEmpty } from "../model/nonempty.ts";
import type { PolicyPeer } from "../model/network-policy.ts";
import type { Port } from "../model/service-access.ts";
import type { EndpointSlice, World } from "../model/world.ts";
import { addressBlocks } from "./address-blocks.ts";
import { slicesOf } from "./endpoints.ts";
import type { Unresolved } from "./peers.ts";
import { rulePorts } from "./ports.ts";
import type { Rule } from "./rules.ts";

/** The Service that every cluster has for its API server. */
export const KUBE_API = { namespace: "default", name: "kubernetes" } as const;

/**
 * The API servers' own addresses, for plugins that judge where a connection really goes, and the Service's, for those that
 * judge it before it is translated.
 */
export function kubeApiRules(world: World): NonEmpty<Rule> | Unresolved {
  const servers = slicesOf(KUBE_API, world).flatMap(ruleToServers);
  if (!isNonEmpty(servers)) {
    const message =
      "the addresses of the API server are not known: there is no EndpointSlice of Service default/kubernetes";
    return { reason: "KubeAPINotFound", message };
  }
  const service = world.services.get("default/kubernetes");
  const ports = (service?.ports ?? []).map(({ protocol, port }): Port => ({ protocol, port }));
  const [first, ...others] = servers;
  return [first, ...others, ...ruleTo(addressBlocks(service?.clusterAddresses ?? []), ports)];
}

/** Whether it is ready is not asked: an API server that starts again keeps its address. */
function ruleToServers({ endpoints, ports }: EndpointSlice): readonly Rule[] {
  const known = ports.flatMap(({ protocol, port }): Port[] =>
    port === undefined ? [] : [{ protocol, port }],
  );
  return ruleTo(addressBlocks(endpoints.flatMap(({ addresses }) => addresses)), known);
}

function ruleTo(peers: readonly PolicyPeer[], ports: readonly Port[]): readonly Rule[] {
  const written = rulePorts(ports);
  return isNonEmpty(peers) && written !== undefined ? [{ peers, ports: written }] : [];
}
