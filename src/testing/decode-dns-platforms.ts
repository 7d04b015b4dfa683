import { readList } from "./decode-cases.ts";
import { worldOf } from "../manifest/world.ts";
import { readManifests } from "../manifest/read.ts";
import { type Platform, UNTOLD } from "../model/platform.ts";
import type { World } from "../model/world.ts";

/** What the cluster of one kind shows of its DNS, and where a client has to get through. */
export interface DnsPlatform {
  readonly platform: string;
  readonly manifests: readonly object[];
  readonly told?: Partial<Platform>;
  /** A pod of the DNS, and the port that it listens on. */
  readonly behind?: readonly [pod: string, port: number];
  readonly service: readonly string[];
  readonly caches?: readonly string[];
}

export function readDnsPlatforms(): readonly DnsPlatform[] {
  return readList("dns-platforms.yaml", [
    "platform",
    "manifests",
    "told",
    "behind",
    "service",
    "caches",
  ]) as readonly DnsPlatform[];
}

/** The platform's own objects and a client. */
export function dnsWorld({ manifests, told }: DnsPlatform, client: object): World {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: [...manifests, client] });
  const { documents, problems } = readManifests(list, "dns-platforms.yaml");
  const options = {
    defaultNamespace: "default",
    decodeServiceAccess: () => ({ kind: "problems", problems: [] }) as const,
  };
  const reading = worldOf(documents, options);
  const wrong = [...problems, ...reading.problems].map(({ field, message }) => `${field}: ${message}`);
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  return { ...reading.world, platform: { ...UNTOLD, ...told } };
}
