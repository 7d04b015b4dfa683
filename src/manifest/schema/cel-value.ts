import { isRecord } from "../decode-json.ts";
import type { CrdSchema } from "./decode-crd.ts";

/**
 * A raw value as CEL sees it by its schema: whole numbers are ints, objects have their known fields only, objects with
 * free keys are maps. What does not have its schema's type stays as it is; the structure check reports it.
 */
export function celValue(schema: CrdSchema, raw: unknown): unknown {
  if (typeof raw === "number") return isWhole(schema, raw) ? BigInt(raw) : raw;
  if (Array.isArray(raw)) return list(schema.items, raw);
  if (!isRecord(raw)) return raw;
  return schema.additionalProperties === undefined
    ? fields(schema, raw)
    : map(schema.additionalProperties, raw);
}

function isWhole(schema: CrdSchema, value: number): boolean {
  const takesInts = schema.type === "integer" || schema["x-kubernetes-int-or-string"] === true;
  return takesInts && Number.isInteger(value);
}

function list(items: CrdSchema | undefined, raw: readonly unknown[]): unknown {
  return items === undefined ? raw : raw.map((item) => celValue(items, item));
}

function fields({ properties = {} }: CrdSchema, raw: Readonly<Record<string, unknown>>): unknown {
  const known = Object.entries(properties).filter(([name]) => Object.hasOwn(raw, name));
  return Object.fromEntries(known.map(([name, schema]) => [name, celValue(schema, raw[name])]));
}

function map(values: CrdSchema, raw: Readonly<Record<string, unknown>>): unknown {
  return new Map(Object.entries(raw).map(([key, value]) => [key, celValue(values, value)]));
}
