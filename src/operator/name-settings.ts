import { isIP } from "node:net";
import { type Windows, WINDOWS } from "../reconciler/names/windows.ts";

export interface NameSettings {
  /** Who is asked, as `address:port`; undefined: every ready endpoint of the cluster's DNS. */
  readonly servers: readonly string[] | undefined;
  readonly windows: Windows;
  /** How many names the objects of one namespace get answered. */
  readonly mostOfNamespace: number;
}

export interface SaidOfNames {
  readonly servers: string | undefined;
  readonly minTtlSeconds: string | undefined;
  readonly graceSeconds: string | undefined;
  readonly perNamespace: string | undefined;
}

export function nameSettings(said: SaidOfNames): NameSettings {
  return {
    servers: said.servers?.split(",").map(server),
    windows: {
      ...WINDOWS,
      minTtl: whole("names-min-ttl-seconds", said.minTtlSeconds, WINDOWS.minTtl / 1000, 1, 3600) * 1000,
      grace: whole("names-grace-seconds", said.graceSeconds, WINDOWS.grace / 1000, 0, 86_400) * 1000,
    },
    mostOfNamespace: whole("names-per-namespace", said.perNamespace, NAMES_PER_NAMESPACE, 0, 10_000),
  };
}

export const NAMES_PER_NAMESPACE = 200;

/** 10.96.0.10, 10.96.0.10:1053, [2001:db8::1]:53 */
function server(text: string): string {
  const [, bracketed, plain, digits = "53"] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const [host = "", port] = [bracketed ?? plain, Number(digits)];
  const family = isIP(host);
  if ((family === 4) !== (plain !== undefined) || family === 0 || port < 1 || port > 65_535)
    throw new Error(
      `a DNS server must be an address with its port, such as 10.96.0.10:53 or [::1]:53, not "${text}"`,
    );
  return family === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

function whole(
  name: string,
  text: string | undefined,
  byDefault: number,
  least: number,
  most: number,
): number {
  const count = text === undefined ? byDefault : Number(text);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new Error(`${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}
