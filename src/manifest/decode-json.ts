import type { Labels } from "../model/labels.ts";
import type { Problem } from "../model/problem.ts";

/** What became of a raw JSON value: a value of the model, or everything that is wrong with it. */
export type Decoded<T> =
  | { readonly kind: "decoded"; readonly value: T }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/** Total: any JSON value is an acceptable argument, `undefined` stands for an absent field. */
export type Decoder<T> = (raw: unknown) => Decoded<T>;

type Shape = Readonly<Record<string, Decoder<unknown>>>;
type Fields<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends Decoder<infer T> ? T : never;
};
type WireShape<T> = { readonly [K in keyof T]-?: Decoder<NonNullable<T[K]>> };

export function decoded<T>(value: T): Decoded<T> {
  return { kind: "decoded", value };
}

export function problem(message: string, field = ""): Decoded<never> {
  return { kind: "problems", problems: [{ field, message }] };
}

/** The fields we name; Kubernetes has many more, and they are not looked at. */
export function object<S extends Shape>(shape: S): Decoder<Fields<S>> {
  const fields = Object.entries(shape);
  return (raw) => {
    if (!isRecord(raw)) return problem(mismatch("an object", raw));
    const value: Record<string, unknown> = {};
    const problems: Problem[] = [];
    for (const [name, decode] of fields) {
      const field = decode(raw[name]);
      if (field.kind === "decoded") value[name] = field.value;
      else for (const inner of field.problems) problems.push(below(name, inner));
    }
    return problems.length > 0 ? { kind: "problems", problems } : decoded(value as Fields<S>);
  };
}

/**
 * An object in its wire shape: what was absent stays absent and what was null stays null,
 * because to Kubernetes they mean something else than empty.
 */
export function wire<T extends object>(
  shape: WireShape<T>,
  required: readonly (keyof T & string)[],
): Decoder<T> {
  const fields: [string, Decoder<unknown>][] = Object.entries(shape);
  const mandatory: readonly string[] = required;
  return (raw) => {
    if (!isRecord(raw)) return problem(mismatch("an object", raw));
    const value: Record<string, unknown> = {};
    const problems: Problem[] = [];
    for (const [name, decode] of fields) {
      const given = raw[name];
      if (isAbsent(given) && !mandatory.includes(name)) {
        if (given === null) value[name] = null;
        continue;
      }
      const field = decode(given);
      if (field.kind === "decoded") value[name] = field.value;
      else for (const inner of field.problems) problems.push(below(name, inner));
    }
    return problems.length > 0 ? { kind: "problems", problems } : decoded(value as T);
  };
}

export function list<T>(decode: Decoder<T>): Decoder<readonly T[]> {
  return (raw) => {
    if (!Array.isArray(raw)) return problem(mismatch("a list", raw));
    const values: T[] = [];
    const problems: Problem[] = [];
    for (const [index, element] of raw.entries()) {
      const item = decode(element);
      if (item.kind === "decoded") values.push(item.value);
      else for (const inner of item.problems) problems.push(below(`[${index}]`, inner));
    }
    return problems.length > 0 ? { kind: "problems", problems } : decoded(values);
  };
}

/** Absent and null are the same where Kubernetes has a default. */
export function defaulted<T, D>(decode: Decoder<T>, fallback: D): Decoder<T | D> {
  const whenAbsent = decoded(fallback);
  return (raw) => (isAbsent(raw) ? whenAbsent : decode(raw));
}

export function optional<T>(decode: Decoder<T>): Decoder<T | undefined> {
  return defaulted(decode, undefined);
}

export function map<A, B>(decode: Decoder<A>, change: (value: A) => B): Decoder<B> {
  return (raw) => {
    const result = decode(raw);
    return result.kind === "decoded" ? decoded(change(result.value)) : result;
  };
}

/** Two readings of the same value. */
export function both<A extends object, B extends object>(
  first: Decoder<A>,
  second: Decoder<B>,
): Decoder<A & B> {
  return (raw) => {
    const a = first(raw);
    const b = second(raw);
    if (a.kind === "decoded" && b.kind === "decoded") return decoded({ ...a.value, ...b.value });
    const problems = [a, b].flatMap((part) => (part.kind === "problems" ? part.problems : []));
    return { kind: "problems", problems };
  };
}

export const text: Decoder<string> = (raw) =>
  typeof raw === "string" ? decoded(raw) : problem(mismatch("a string", raw));

export const flag: Decoder<boolean> = (raw) =>
  typeof raw === "boolean" ? decoded(raw) : problem(mismatch("true or false", raw));

export function integer(min: number, max: number): Decoder<number> {
  return (raw) =>
    typeof raw === "number" && Number.isInteger(raw) && raw >= min && raw <= max
      ? decoded(raw)
      : problem(mismatch(`a whole number from ${min} to ${max}`, raw));
}

export function oneOf<T extends string>(...allowed: readonly T[]): Decoder<T> {
  return (raw) => {
    const found = allowed.find((word) => word === raw);
    return found === undefined ? problem(mismatch(`one of ${allowed.join(", ")}`, raw)) : decoded(found);
  };
}

/** Labels, annotations and selectors: YAML readers turn an unquoted `true` or `1` into something else than a label. */
export const stringMap: Decoder<Labels> = (raw) => {
  if (!isRecord(raw)) return problem(mismatch("a map of strings", raw));
  const problems = Object.entries(raw)
    .filter(([, value]) => typeof value !== "string")
    .map(([key, value]) => ({
      field: `[${JSON.stringify(key)}]`,
      message: mismatch("a string", value),
    }));
  return problems.length > 0 ? { kind: "problems", problems } : decoded(raw as Labels);
};

export function isRecord(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

export function isAbsent(raw: unknown): raw is undefined | null {
  return raw === undefined || raw === null;
}

/** `spec` + `ports[0]` is `spec.ports[0]`; `spec` + `[0]` is `spec[0]`. */
function below(name: string, { field, message }: Problem): Problem {
  return { field: field === "" || field.startsWith("[") ? `${name}${field}` : `${name}.${field}`, message };
}

/** Says what was expected, what was found, and the usual way out. */
export function mismatch(expected: string, raw: unknown): string {
  if (isAbsent(raw)) return `is required: ${expected}`;
  const isScalar = typeof raw === "number" || typeof raw === "boolean";
  const remedy = expected === "a string" && isScalar ? `; write "${raw}", in quotes` : "";
  return `must be ${expected}, not ${named(raw)}${remedy}`;
}

function named(raw: unknown): string {
  if (Array.isArray(raw)) return "a list";
  if (typeof raw === "object") return "an object";
  const shown = JSON.stringify(raw) ?? typeof raw;
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}
