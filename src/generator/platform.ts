import { parseRange } from "../core/addresses.ts";
import type { ObjectKey } from "../model/key.ts";
import type { Platform } from "../model/platform.ts";
import { CLOUD_PROVIDERS } from "./cloud-providers.ts";

/** What somebody said of the cluster, on a command line or in the environment. */
export interface SaidOfPlatform {
  readonly dnsService?: string | undefined;
  /** One or more, with commas. */
  readonly dnsAddresses?: string | undefined;
  readonly cloudProvider?: string | undefined;
}

/** A text says what is wrong with it. */
export function platformOf(said: SaidOfPlatform): Platform | string {
  const dnsService = said.dnsService === undefined ? undefined : objectKey(said.dnsService);
  if (said.dnsService !== undefined && dnsService === undefined)
    return `the cluster's DNS Service must be namespace/name, not "${said.dnsService}"`;
  const dnsAddresses = (said.dnsAddresses ?? "").split(",").filter((text) => text !== "");
  const strange = dnsAddresses.find((text) => !isAddress(text));
  if (strange !== undefined) return `the cluster's DNS addresses must be single addresses, not "${strange}"`;
  if (dnsAddresses.length > MOST_ADDRESSES)
    return `at most ${MOST_ADDRESSES} addresses of the cluster's DNS can be named`;
  const { cloudProvider } = said;
  if (cloudProvider !== undefined && !CLOUD_PROVIDERS.includes(cloudProvider))
    return `no cloud provider "${cloudProvider}"; there are: ${CLOUD_PROVIDERS.join(", ")}`;
  return { dnsService, dnsAddresses, cloudProvider };
}

/** With those of the Service and of caches they have to fit into a status. */
const MOST_ADDRESSES = 8;

function objectKey(text: string): ObjectKey | undefined {
  const [, namespace, name] = /^([a-z0-9-]{1,63})\/([a-z0-9][a-z0-9.-]{0,252})$/.exec(text) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

function isAddress(text: string): boolean {
  const range = parseRange(text);
  return range !== undefined && range.first === range.last && !text.includes("/");
}
