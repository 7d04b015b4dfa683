import type { Sink } from "./io.ts";

/** Counts what is done. Shows it on a terminal once it takes longer than a second, and wipes it away at the end. */
export interface Progress {
  step(): Promise<void>;
  end(): Promise<void>;
}

const PATIENCE = 1000;
const EVERY = 200;
/** Asking for the time costs more than most steps. */
const STEPS = 256;

export function progress(sink: Sink, what: string, total: number, now: () => number = Date.now): Progress {
  const started = now();
  let shown = 0;
  let done = 0;
  return {
    async step() {
      done += 1;
      if (!sink.isTTY || done % STEPS !== 0) return;
      const time = now();
      if (time - started < PATIENCE || time - shown < EVERY) return;
      shown = time;
      await sink.write(`\r${what}: ${done} of ${total} (${Math.floor((100 * done) / total)} %)`);
    },
    async end() {
      if (shown > 0) await sink.write("\r\u001B[K");
    },
  };
}
