import { type Labels, NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { Namespace } from "../model/world.ts";
import { type Decoded, defaulted, map, object, optional, text } from "./decode-json.ts";
import { metadata } from "./decode-metadata.ts";

export function decodeNamespace(raw: unknown): Decoded<Namespace> {
  return map(rawNamespace, ({ metadata: meta, status }): Namespace => ({
    name: meta.name,
    labels: withNameLabel(meta.name, meta.labels),
    labelsKnown: true,
    terminating: meta.deletionTimestamp !== undefined || status.phase === "Terminating",
  }))(raw);
}

/** A namespace of which only the name is known, because objects lie in it and no manifest describes it. */
export function unknownNamespace(name: string): Namespace {
  return { name, labels: withNameLabel(name, {}), labelsKnown: false, terminating: false };
}

const rawNamespace = object({
  metadata,
  status: defaulted(object({ phase: optional(text) }), { phase: undefined }),
});

/** The API server sets this label on every namespace and lets nobody change it. */
function withNameLabel(name: string, labels: Labels): Labels {
  return { ...labels, [NAMESPACE_NAME_LABEL]: name };
}
