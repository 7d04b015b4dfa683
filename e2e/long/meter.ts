import { setTimeout as delay } from "node:timers/promises";

import type { Access } from "../control-plane/access.ts";
import { isIdle } from "../operator/health.ts";
import type { Stage } from "../operator/stage.ts";
import { timed } from "../operator/timed.ts";
import { writesOf, writtenSince } from "../operator/writes.ts";
import { type Consumption, consumption } from "./consumption.ts";

/** What the operator does with its time, and what it asks of others. */
export interface Meter {
  taken(): Consumption;
  /** Waits until it has nothing to do; gives the milliseconds. */
  rest(after: string): Promise<number>;
  /** Does something and prints how long it took, how long until every status was true again, and what that cost. */
  measured(what: string, act: () => Promise<unknown>): Promise<void>;
  /** Its requests by verb and answer so far, from its own metrics. */
  requests(): Promise<ReadonlyMap<string, number>>;
}

export const patience = { timeoutMs: 400_000 };

export function meterOf(plane: Access, operator: Stage): Meter {
  const taken = () => consumption(operator.pid());
  const isAtRest = async () => {
    if (!(await isIdle(operator.health()))) return false;
    // Still nothing after the time for which bursts are held back.
    await delay(200);
    return await isIdle(operator.health());
  };
  const rest: Meter["rest"] = async (after) =>
    (await timed(isAtRest, { what: `the operator to be at rest after ${after}`, ...patience })).ms;
  return {
    taken,
    rest,
    async measured(what, act) {
      const [writes, before] = [await writesOf(plane), taken()];
      const begun = performance.now();
      await act();
      const done = performance.now();
      await delay(200);
      await rest(what);
      const [took, rested] = [done - begun, performance.now() - done].map(seconds);
      const { cpu, rssMiB } = taken();
      const cost = `${(cpu - before.cpu).toFixed(1)} s of CPU, RSS ${rssMiB} MiB`;
      const ours = writtenSince(writes, await writesOf(plane)).filter((line) => line.startsWith("APPLY"));
      operator.figure(
        `${what}: ${took} s, statuses true ${rested} s later, ${cost}; ${ours.join(", ") || "no writes"}`,
      );
    },
    async requests() {
      const text = await (await fetch(`${operator.health()}/metrics`)).text();
      const lines = text.matchAll(/^serviceaccess_api_requests_total\{(.*)\} (\d+)$/gm);
      return new Map(Array.from(lines, ([, labels = "", count]) => [labels, Number(count)]));
    },
  };
}

export function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

/** The difference of two counts, in words. */
export function requestsSince(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): string {
  const changed = [...after].map(([labels, count]) => ({ labels, count: count - (before.get(labels) ?? 0) }));
  return changed.flatMap(({ labels, count }) => (count > 0 ? [`${labels} ${count}`] : [])).join("; ");
}
