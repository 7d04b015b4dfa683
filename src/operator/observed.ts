import { healthPages, type HealthSources } from "./health.ts";
import type { Instruments } from "./instruments.ts";
import { type Pages, servePages } from "./pages.ts";
import { type ReadingSources, registerReadings } from "./readings.ts";
import type { Address, Settings } from "./settings.ts";

/** Where the operator can be watched. */
export interface Observed {
  /** Undefined: nowhere. */
  readonly ports: { readonly health: number | undefined; readonly metrics: number | undefined };
  readonly close: () => Promise<void>;
}

/** Serves health and metrics, from one address or from two. */
export async function serveObservers(
  { health, metrics }: Settings,
  instruments: Instruments,
  sources: HealthSources & ReadingSources,
): Promise<Observed> {
  registerReadings(instruments.metrics, sources);
  const onHealth = healthPages(sources);
  const onMetrics = metricsPages(instruments);
  const isOne = metrics === "beside health";
  const one = await serve("health", health, isOne ? { ...onHealth, ...onMetrics } : onHealth);
  const other = isOne ? one : await serve("metrics", metrics, onMetrics);
  return {
    ports: { health: one?.port, metrics: other?.port },
    close: async () => {
      await one?.close();
      if (other !== one) await other?.close();
    },
  };
}

async function serve(what: string, address: Address | undefined, pages: Pages) {
  return address === undefined ? undefined : await servePages(what, address, pages);
}

function metricsPages({ metrics }: Instruments): Pages {
  const contentType = "text/plain; version=0.0.4; charset=utf-8";
  return { "/metrics": () => ({ status: 200, contentType, body: metrics.text() }) };
}
