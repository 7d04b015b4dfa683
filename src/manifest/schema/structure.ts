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

function jsonSchema(schema: CrdSchema): SchemaObject {
  const { items, properties, additionalProperties, ...plain } = schema;
  return {
    ...plain,
    ...(schema["x-kubernetes-int-or-string"] === true ? { type: ["integer", "string"] } : {}),
    ...(schema["x-kubernetes-list-type"] === "set" ? { uniqueItems: true } : {}),
    ...(schema["x-kubernetes-list-type"] === "map"
      ? { uniqueKeys: schema["x-kubernetes-list-map-keys"] }
      : {}),
    ...(items === undefined ? {} : { items: jsonSchema(items) }),
    ...(properties === undefined ? {} : { properties: jsonSchemas(properties), additionalProperties: false }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: jsonSchema(additionalProperties) }),
  };
}

function jsonSchemas(
  properties: Readonly<Record<string, CrdSchema>>,
): Readonly<Record<string, SchemaObject>> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, jsonSchema(schema)]));
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
