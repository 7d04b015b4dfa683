import { ACCEPT_PERMITS_ANNOTATION } from "../generator/names.ts";
import { type Labels, NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { Namespace } from "../model/world.ts";
import { type Decoded, defaulted, map, object, optional, text } from "./decode-json.ts";
import { annotatedMetadata } from "./decode-metadata.ts";

export function decodeNamespace(raw: unknown): Decoded<Namespace> {
  return map(rawNamespace, ({ metadata: { annotations, ...meta }, status }): Namespace => ({
    name: meta.name,
    labels: withNameLabel(meta.name, meta.labels),
    labelsKnown: true,
    terminating: meta.deletionTimestamp !== undefined || status.phase === "Terminating",
    acceptsPermitsFrom: namesIn(annotations[ACCEPT_PERMITS_ANNOTATION] ?? ""),
  }))(raw);
}

/** A namespace of which only the name is known, because objects lie in it and no manifest describes it. */
export function unknownNamespace(name: string): Namespace {
  const labels = withNameLabel(name, {});
  return { name, labels, labelsKnown: false, terminating: false, acceptsPermitsFrom: [] };
}

const rawNamespace = object({
  metadata: annotatedMetadata,
  status: defaulted(object({ phase: optional(text) }), { phase: undefined }),
});

/** `"shop, web"`, or `"*"`; whoever forgets the comma means two names all the same. */
function namesIn(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((name) => name !== "");
}

/** The API server sets this label on every namespace and lets nobody change it. */
function withNameLabel(name: string, labels: Labels): Labels {
  return { ...labels, [NAMESPACE_NAME_LABEL]: name };
}
