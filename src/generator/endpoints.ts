import type { EndpointSlice, Service, World } from "../model/world.ts";

/** The slices of a Service; of a live cluster there are only few slices, of the Services that somebody asks about. */
export function slicesOf(
  { namespace, name }: Pick<Service, "namespace" | "name">,
  { endpointSlices }: World,
): readonly EndpointSlice[] {
  return [...endpointSlices.values()].filter(
    (slice) => slice.namespace === namespace && slice.service === name,
  );
}
