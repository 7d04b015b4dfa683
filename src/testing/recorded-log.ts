import type { Log } from "../kube/log.ts";

export interface RecordedLog extends Log {
  /** `warn watch interrupted`: level and message, in order. */
  readonly entries: readonly string[];
}

export function recordedLog(): RecordedLog {
  const entries: string[] = [];
  const write = (level: string) =>
    function (this: unknown, _: object, message: string): void {
      // As pino's: a method that is taken out of its log does not write.
      if (this === undefined) throw new Error(`${level} was called without its log`);
      entries.push(`${level} ${message}`);
    };
  return { entries, debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
