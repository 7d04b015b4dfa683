import type { EgressPeer, IngressPeer, ServiceAccess } from "../model/service-access.ts";

type Spec = Pick<ServiceAccess["spec"], "rights" | "permits">;

/** Everyone whom the rules of an object name as a source, in the order in which it has them. */
export function sourcesIn({ rights }: Spec): readonly IngressPeer[] {
  return (rights?.ingress ?? []).flatMap(({ from }) => [...from]);
}

/** Everyone whom they name as a destination, of the target's pods and of the clients. */
export function destinationsIn({ rights, permits }: Spec): readonly EgressPeer[] {
  return [...(rights?.egress ?? []), ...(permits?.egress ?? [])].flatMap(({ to }) => [...to]);
}
