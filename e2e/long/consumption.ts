import { readFileSync } from "node:fs";

/** What a process takes, as the kernel counts it. */
export interface Consumption {
  readonly rssMiB: number;
  readonly mostMiB: number;
  /** Seconds of one processor since it began. */
  readonly cpu: number;
}

/** The kernel counts time in these, whatever the processor. */
const ticksPerSecond = 100;

export function consumption(pid: number): Consumption {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mebibytes = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? NaN) / 1024);
  // The second field is the name of the program, in parentheses, and may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  const cpu = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  return { rssMiB: mebibytes("VmRSS"), mostMiB: mebibytes("VmHWM"), cpu };
}
