import {
  CORE_SCHEMA,
  boolYaml11Tag,
  defineScalarTag,
  dump,
  load,
  mergeTag,
  NOT_RESOLVED,
  YAMLException,
} from "js-yaml";

/** A YAML document, or why it is none; `offset` counts characters from the beginning of the text. */
export type Parsed =
  | { readonly kind: "parsed"; readonly value: unknown }
  | { readonly kind: "broken"; readonly offset: number; readonly message: string };

/** One YAML document, read as kubectl reads it. */
export function parseYaml(text: string): Parsed {
  try {
    const value = load(text, LIMITS);
    return text.includes("&") && isCyclic(value)
      ? { kind: "broken", offset: 0, message: CYCLE }
      : { kind: "parsed", value };
  } catch (error) {
    if (!(error instanceof YAMLException)) return { kind: "broken", offset: 0, message: String(error) };
    const offset = error.mark?.position ?? 0;
    return { kind: "broken", offset, message: complaint(error.reason, text.slice(offset)) };
  }
}

/** Strings that kubectl would take for something else are quoted; lists stand under their key, as kubectl prints them. */
export function yamlText(value: unknown): string {
  return dump(value, { noRefs: true, lineWidth: -1, seqNoIndent: true, quoteStyle: "double" });
}

function complaint(reason: string, rest: string): string {
  if (reason !== "duplicated mapping key") return `is not valid YAML: ${reason}`;
  return `has the key ${/^[^:\n]*/.exec(rest)?.[0].trim()} twice in one map; keep one of them`;
}

const CYCLE = "contains an anchor that refers to itself";

/** Go's strconv with base 0: `010` is eight, `0x1f`, `0b11` and `0o17` are numbers. */
const GO_INTEGER = /^[-+]?(?:0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9]\d*)$/;
const GO_FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const NUMBER_STARTS = "+-.0123456789".split("");

const integerTag = defineScalarTag("tag:yaml.org,2002:int", {
  implicit: true,
  implicitFirstChars: NUMBER_STARTS,
  resolve: (source) => {
    const plain = source.replaceAll("_", "");
    return GO_INTEGER.test(plain) ? goInteger(plain) : NOT_RESOLVED;
  },
  identify: () => false,
});

const floatTag = defineScalarTag("tag:yaml.org,2002:float", {
  implicit: true,
  implicitFirstChars: NUMBER_STARTS,
  resolve: (source) => {
    const plain = source.replaceAll("_", "");
    return GO_FLOAT.test(plain) ? Number(plain) : NOT_RESOLVED;
  },
  identify: () => false,
});

/**
 * kubectl reads YAML 1.1 through Go's yaml.v2: `yes`, `on` and `n` are booleans, `<<` merges, but dates and `12:30:45`
 * stay text. A schema of YAML 1.2 would read a manifest otherwise than the cluster that it is meant for.
 */
const KUBECTL_SCHEMA = CORE_SCHEMA.withTags(boolYaml11Tag, integerTag, floatTag, mergeTag);

/** Far more than any manifest needs, and far too little to exhaust memory with. */
const LIMITS = { schema: KUBECTL_SCHEMA, maxAliases: 1000, maxTotalMergeKeys: 10_000, maxDepth: 100 };

function goInteger(plain: string): number {
  const sign = plain.startsWith("-") ? -1 : 1;
  const digits = plain.replace(/^[-+]/, "");
  return sign * Number(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
}

/** Aliases can tie a document into a ring, which no JSON can be. */
function isCyclic(root: unknown): boolean {
  const open = new Set<unknown>();
  const closed = new Set<unknown>();
  const visit = (node: unknown): boolean => {
    if (typeof node !== "object" || node === null || closed.has(node)) return false;
    if (open.has(node)) return true;
    open.add(node);
    const found = Object.values(node).some(visit);
    open.delete(node);
    closed.add(node);
    return found;
  };
  return visit(root);
}
