import { Ajv, type ErrorObject, type SchemaObject } from "ajv";
import { childOf } from "./child.ts";
import type { CrdSchema } from "./decode-crd.ts";
import { fieldText, type Step } from "./field-path.ts";
import { structureMessage } from "./structure-message.ts";

/** A value that has not the shape the schema asks for. */
export interface Misfit {
  readonly field: string;
  readonly message: string;
  readonly keyword: string;
}

export type StructureChecker = (raw: unknown) => readonly Misfit[];

/** Checks types, bounds, enums, uniqueness and unknown fields, as the API server does with fieldValidation=Strict. */
export function compileStructure(schema: CrdSchema): StructureChecker {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, formats: FORMATS });
  ajv.addKeyword({ keyword: "uniqueKeys", type: "array", errors: false, compile: uniqueKeys });
  const validate = ajv.compile(jsonSchema(schema));
  return (raw) => (validate(raw) ? [] : (validate.errors ?? []).map((error) => misfit(error, raw)));
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const FORMATS = { "date-time": RFC3339, int32: true, int64: true } as const;

type Definitions = Map<CrdSchema, readonly [name: string, schema: SchemaObject]>;

/** Parts that the CRD uses several times, by aliases, are defined and compiled once: that is most of the work. */
function jsonSchema(schema: CrdSchema): SchemaObject {
  const definitions: Definitions = new Map();
  const root = part(schema, definitions);
  return { ...root, $defs: Object.fromEntries(definitions.values()) };
}

function reference(schema: CrdSchema, definitions: Definitions): SchemaObject {
  if (schema.properties === undefined && schema.items === undefined) return part(schema, definitions);
  const known = definitions.get(schema);
  const name = known?.[0] ?? String(definitions.size);
  if (known === undefined) {
    definitions.set(schema, [name, {}]);
    definitions.set(schema, [name, part(schema, definitions)]);
  }
  return { $ref: `#/$defs/${name}`, description: schema.description };
}

function part(schema: CrdSchema, definitions: Definitions): SchemaObject {
  const { items, properties, additionalProperties: values, ...plain } = schema;
  const children: Readonly<Record<string, SchemaObject>> = Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, child]) => [name, reference(child, definitions)]),
  );
  return {
    ...plain,
    ...(schema["x-kubernetes-int-or-string"] === true ? { type: ["integer", "string"] } : {}),
    ...(schema["x-kubernetes-list-type"] === "set" ? { uniqueItems: true } : {}),
    ...(schema["x-kubernetes-list-type"] === "map"
      ? { uniqueKeys: schema["x-kubernetes-list-map-keys"] }
      : {}),
    ...(items === undefined ? {} : { items: reference(items, definitions) }),
    ...(properties === undefined ? {} : { properties: children, additionalProperties: false }),
    ...(values === undefined ? {} : { additionalProperties: reference(values, definitions) }),
  };
}

/** A list with x-kubernetes-list-type map has one element for each value of its keys. */
function uniqueKeys(keys: readonly string[]): (list: readonly unknown[]) => boolean {
  return (list) => {
    const texts = list.map((element) => JSON.stringify(keys.map((key) => childOf(element, key))));
    return new Set(texts).size === texts.length;
  };
}

function misfit(error: ErrorObject, raw: unknown): Misfit {
  const path = [...stepsTo(error.instancePath, raw), ...stepBelow(error)];
  return { field: fieldText(path), message: structureMessage(error), keyword: error.keyword };
}

/** A JSON pointer says `0` for an element as for a key; what it points into tells them apart. */
function stepsTo(pointer: string, raw: unknown): readonly Step[] {
  let value = raw;
  return pointer
    .split("/")
    .slice(1)
    .map((part) => {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      const step = Array.isArray(value) ? Number(key) : key;
      value = childOf(value, key);
      return step;
    });
}

/** These keywords speak of the object as a whole, and we of the field in it. */
function stepBelow({ keyword, params }: ErrorObject): readonly Step[] {
  switch (keyword) {
    case "required":
      return [String(params["missingProperty"])];
    case "additionalProperties":
      return [String(params["additionalProperty"])];
    default:
      return [];
  }
}
