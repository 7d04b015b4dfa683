import type { Log } from "../kube/log.ts";

export interface RecordedLog extends Log {
  /** `warn watch interrupted`: level and message, in order. */
  readonly entries: readonly string[];
}

export function recordedLog(): RecordedLog {
  const entries: string[] = [];
  const write = (level: string) => (_: object, message: string) => void entries.push(`${level} ${message}`);
  return { entries, debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
