import { keyText } from "../model/key.ts";
import type { ServiceAccess, ServiceAccessStatus } from "../model/service-access.ts";
import type { Cluster } from "./cluster.ts";

/** Writes the status, and notes meanwhile what is written: what then shows it is no news. */
export async function say(
  access: ServiceAccess,
  status: ServiceAccessStatus,
  cluster: Cluster,
): Promise<void> {
  const { saying } = cluster.store;
  const key = keyText(access.metadata);
  saying.set(key, status);
  try {
    await cluster.writeStatus(access, status);
  } finally {
    saying.delete(key);
  }
}
