import { believe } from "../control-plane/believe.ts";

interface Readiness {
  readonly queue: { readonly waiting: number; readonly running: number; readonly later: number };
}

/** Whether the operator has nothing to do, now or in a moment; what it means to try again in minutes does not count. */
export async function isIdle(health: string): Promise<boolean> {
  const { queue } = believe<Readiness>(await (await fetch(`${health}/readyz`)).text());
  return queue.waiting + queue.running === 0;
}
