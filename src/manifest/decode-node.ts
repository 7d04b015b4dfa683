import type { Node } from "../model/world.ts";
import { type Decoded, defaulted, list, map, object, stringMap, text } from "./decode-json.ts";
import { objectName } from "./decode-metadata.ts";

export function decodeNode(raw: unknown): Decoded<Node> {
  return map(rawNode, ({ metadata, status }): Node => ({
    name: metadata.name,
    labels: metadata.labels,
    addresses: status.addresses.filter(({ type }) => ADDRESSES.includes(type)).map(({ address }) => address),
  }))(raw);
}

/** A host's names stand beside its addresses. */
const ADDRESSES: readonly string[] = ["InternalIP", "ExternalIP"];

/** A manifest of a node that has not registered yet has no status. */
const rawNode = object({
  metadata: object({ name: objectName, labels: defaulted(stringMap, {}) }),
  status: defaulted(
    object({
      addresses: defaulted(list(object({ type: defaulted(text, ""), address: defaulted(text, "") })), []),
    }),
    { addresses: [] },
  ),
});
