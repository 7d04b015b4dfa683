import type { ErrorObject } from "ajv";
import { isRecord, mismatch } from "../decode-json.ts";
import { nearest, suggestion } from "../nearest.ts";
import { childOf } from "./child.ts";

/** What is wrong with the shape of a value, in words that say what to do. */
export function structureMessage(error: ErrorObject): string {
  return MESSAGES[error.keyword]?.(error) ?? error.message ?? `does not satisfy ${error.keyword}`;
}

const MESSAGES: Readonly<Record<string, (error: ErrorObject) => string>> = {
  type: ({ params, data }) => wrongType(typeNames(params["type"]), data),
  required: ({ parentSchema, params }) =>
    `is required: ${descriptionOf(fieldSchema(parentSchema, params["missingProperty"]))}`,
  additionalProperties: (error) => unknownField(error, String(error.params["additionalProperty"])),
  enum: ({ params, data }) => unknownWord(params["allowedValues"], data),
  pattern: ({ parentSchema, data }) => `${sentenceOf(parentSchema)} (found ${JSON.stringify(data)})`,
  format: ({ params }) => `must be a ${String(params["format"])}, such as 2026-01-31T12:00:00Z`,
  minItems: () => "must not be empty; add an element, or leave the field out",
  maxItems: ({ params }) =>
    `must have at most ${params["limit"]} elements; divide it between several objects`,
  maxProperties: ({ params }) => `must have at most ${params["limit"]} keys; remove some`,
  minLength: () => "must not be empty; give a value, or leave the field out",
  maxLength: ({ params }) => `must have at most ${params["limit"]} characters; choose a shorter one`,
  minimum: ({ params, data }) => `must be at least ${params["limit"]}, not ${String(data)}`,
  maximum: ({ params, data }) => `must be at most ${params["limit"]}, not ${String(data)}`,
  uniqueItems: ({ data, params }) =>
    `must not list ${JSON.stringify(childOf(data, String(params["i"])))} twice; remove one of the two`,
  uniqueKeys: () => "has two elements with the same key; remove one of the two",
};

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

function typeNames(types: unknown): string {
  return String(types)
    .split(",")
    .map((type) => TYPE_NAMES[type] ?? type)
    .join(" or ");
}

/** To Kubernetes a null is a value of the wrong type, and not an absent field. */
function wrongType(expected: string, data: unknown): string {
  return data === null
    ? `must be ${expected}, not null; give a value, or leave the field out`
    : mismatch(expected, data);
}

function unknownField({ parentSchema }: ErrorObject, name: string): string {
  const known = Object.keys(propertiesOf(parentSchema));
  return `is no field here${suggestion(nearest(name, known, 1)) || `; there are ${known.join(", ")}`}`;
}

function unknownWord(allowed: unknown, data: unknown): string {
  const words = Array.isArray(allowed) ? allowed.map(String) : [];
  const guess = typeof data === "string" ? suggestion(nearest(data, words, 1)) : "";
  const expected = words.length === 1 ? `be ${words[0]}` : `be one of ${words.join(", ")}`;
  return `must ${expected}, not ${JSON.stringify(data)}${guess}`;
}

function fieldSchema(schema: unknown, name: unknown): unknown {
  return childOf(propertiesOf(schema), String(name));
}

function propertiesOf(schema: unknown): object {
  const properties = childOf(schema, "properties");
  return isRecord(properties) ? properties : {};
}

/** What the first rule beside a pattern says, because it says it in words; else what the field is. */
function sentenceOf(schema: unknown): string {
  const message = childOf(childOf(childOf(schema, "x-kubernetes-validations"), "0"), "message");
  return typeof message === "string" ? message : descriptionOf(schema);
}

/** The first sentence of the schema's description, as the continuation of a sentence of ours. */
function descriptionOf(schema: unknown): string {
  const description = childOf(schema, "description");
  const sentence = typeof description === "string" ? (description.split(/(?<=[.;:]) /)[0] ?? "") : "say it";
  return sentence.replace(/[.;:]$/, "").replace(/^[A-Z](?=[a-z]* )/, (letter) => letter.toLowerCase());
}
