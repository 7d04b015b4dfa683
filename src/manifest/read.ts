import type { Problem } from "../model/problem.ts";
import { isAbsent, isRecord } from "./decode-json.ts";
import { outlineJson } from "./read-json.ts";
import { type Parsed, parseYaml } from "./read-yaml.ts";

/** Where an object of the input was written. */
export interface Origin {
  /** The file's name, or `stdin`. */
  readonly source: string;
  /** 1 for the first document of the file that is not empty. */
  readonly document: number;
  /** Where the document's text begins in the file. */
  readonly offset: number;
  /** The place inside a List, such as `items[3]`; empty for a document of its own. */
  readonly path: string;
}

export interface SourceDocument {
  readonly origin: Origin;
  readonly apiVersion: string;
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface SourceProblem extends Problem {
  readonly origin: Origin;
  /** Which object, such as `Pod web`, where the document is one. */
  readonly subject?: string;
  /** Where the reader stopped, when it is the reader who complains. */
  readonly at?: number;
}

export interface Manifests {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly SourceProblem[];
}

/** Every Kubernetes object of a text of YAML documents or JSON values; Lists are taken apart. */
export function readManifests(text: string, source: string): Manifests {
  return joined(
    parse(text).map(({ parsed, offset, number }) => {
      const origin: Origin = { source, document: number, offset, path: "" };
      if (parsed.kind === "parsed") return flatten(parsed.value, origin, undefined, 0);
      const message = parsed.message + templateHint(text);
      return { documents: [], problems: [{ origin, field: "", message, at: offset + parsed.offset }] };
    }),
  );
}

export function joined(parts: readonly Manifests[]): Manifests {
  return {
    documents: parts.flatMap(({ documents }) => documents),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

interface Part {
  readonly parsed: Parsed;
  readonly offset: number;
  readonly number: number;
}

/** JSON.parse is many times faster than any YAML reader, and a cluster's dump can have tens of megabytes. */
function parse(text: string): readonly Part[] {
  return (/^\uFEFF?\s*[{[]/.test(text) ? parseJson(text) : undefined) ?? parseDocuments(text);
}

/** Undefined when the text is no JSON after all: `{a: b}` is YAML. */
function parseJson(text: string): readonly Part[] | undefined {
  try {
    const { values, duplicate } = outlineJson(text);
    const last = values.at(-1)?.end ?? 0;
    if (text.slice(last).trim() !== "") return undefined;
    const parts = values.map(({ start, end }, index): Part => {
      const value: unknown = JSON.parse(text.slice(start, end));
      return { parsed: { kind: "parsed", value }, offset: start, number: index + 1 };
    });
    if (duplicate === undefined) return parts;
    const message = `has the key ${JSON.stringify(duplicate.key)} twice in one object; keep one of them`;
    return [{ parsed: { kind: "broken", offset: duplicate.offset, message }, offset: 0, number: 1 }];
  } catch {
    return undefined;
  }
}

/** Documents are read one by one, so that a broken one does not hide what the others have to say. */
function parseDocuments(text: string): readonly Part[] {
  return documentTexts(text).map(({ content, offset }, index) => ({
    parsed: parseYaml(content),
    offset,
    number: index + 1,
  }));
}

/** Cuts at the lines that start with `---`, as kubectl does, and leaves out what holds only comments. */
export function documentTexts(
  text: string,
): readonly { readonly content: string; readonly offset: number }[] {
  const separators = Array.from(text.matchAll(/^---(?=\s|$)/gm), ({ index }) => index);
  const starts = [0, ...separators];
  return starts
    .map((offset, i) => ({ content: text.slice(offset, starts[i + 1]), offset }))
    .filter(({ content }) => !isBlank(content));
}

/** No line holds more than a comment, a directive or the separator. */
function isBlank(content: string): boolean {
  return !/^(?!---[^\S\n]*(?:#|$))[^\S\n]*[^\s#%]/m.test(content);
}

const MAX_NESTED_LISTS = 8;

/** The objects of a document; those of a typed list, such as a PodList, may leave their kind to the list. */
function flatten(value: unknown, origin: Origin, inherited: Kind | undefined, depth: number): Manifests {
  if (isAbsent(value)) return { documents: [], problems: [] };
  if (!isRecord(value))
    return refused(origin, "", "is not a Kubernetes object: it must be a map with apiVersion and kind");
  const apiVersion = value["apiVersion"] ?? inherited?.apiVersion;
  const kind = value["kind"] ?? inherited?.kind;
  if (typeof apiVersion !== "string" || apiVersion === "")
    return refused(origin, "apiVersion", missing("apiVersion", origin));
  if (typeof kind !== "string" || kind === "") return refused(origin, "kind", missing("kind", origin));
  if (!kind.endsWith("List") || !("items" in value)) {
    const whole = inherited === undefined ? value : { ...value, apiVersion, kind };
    return { documents: [{ origin, apiVersion, kind, value: whole }], problems: [] };
  }
  if (depth === MAX_NESTED_LISTS)
    return refused(origin, "items", "is a List in too many Lists; write the objects out");
  return flattenItems(value["items"], origin, { apiVersion, kind }, depth);
}

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

function flattenItems(items: unknown, origin: Origin, list: Kind, depth: number): Manifests {
  if (isAbsent(items)) return { documents: [], problems: [] };
  if (!Array.isArray(items)) return refused(origin, "items", "must be a list of objects");
  const inherited = list.kind === "List" ? undefined : { ...list, kind: list.kind.slice(0, -"List".length) };
  const prefix = origin.path === "" ? "" : `${origin.path}.`;
  return joined(
    items.map((item: unknown, index) =>
      flatten(item, { ...origin, path: `${prefix}items[${index}]` }, inherited, depth + 1),
    ),
  );
}

function refused(origin: Origin, field: string, message: string): Manifests {
  return { documents: [], problems: [{ origin, field, message }] };
}

function missing(field: string, { source }: Origin): string {
  if (/(?:^|\/)kustomization\.ya?ml$/.test(source)) {
    return "is missing: this is a kustomization; build it first (kubectl kustomize DIR) and pass the result with -f -";
  }
  return `is missing: every Kubernetes object has ${field}; leave out files that hold something else`;
}

function templateHint(text: string): string {
  return text.includes("{{")
    ? "; this looks like a template: render it first and pass the result with -f -"
    : "";
}
