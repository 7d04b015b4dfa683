import { readManifests } from "../manifest/read.ts";
import { worldOf } from "../manifest/world.ts";
import type { World } from "../model/world.ts";
import type { Manifest } from "./decode-network-scenarios.ts";

/** The cluster of some manifests; they hold no ServiceAccess. */
export function worldOfManifests(items: readonly Manifest[]): World {
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const { documents, problems } = readManifests(text, "cluster.json");
  const reading = worldOf(documents, {
    defaultNamespace: "default",
    decodeServiceAccess: () => ({ kind: "problems", problems: [] }),
  });
  const [problem] = [...problems, ...reading.problems];
  if (problem !== undefined) throw new Error(`${problem.field}: ${problem.message}`);
  return reading.world;
}
