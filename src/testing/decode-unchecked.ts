import type { ServiceAccessSpec } from "../model/service-access.ts";

/** A spec as an API server with an older schema may hand it out: nobody has checked it. */
export function uncheckedSpec(raw: unknown): ServiceAccessSpec {
  return raw as ServiceAccessSpec;
}
