import { type Decoder, decoded, isAbsent, isRecord, map, mismatch, object, problem } from "./decode-json.ts";

/**
 * Where exactly one field is to be set, its value. Undefined where that is none, more than one, or one that we do not know:
 * whoever wrote it may follow another version of the API, so it is no mistake, but it has no meaning here.
 */
export function oneField<T>(
  fields: Readonly<Record<string, Decoder<T | undefined>>>,
): Decoder<T | undefined> {
  return (raw) => {
    if (isAbsent(raw)) return decoded(undefined);
    if (!isRecord(raw)) return problem(mismatch("an object", raw));
    const [given, ...others] = givenFields(raw);
    if (given === undefined || others.length > 0) return decoded(undefined);
    const decode = Object.hasOwn(fields, given) ? fields[given] : undefined;
    return decode === undefined
      ? decoded(undefined)
      : map(object({ [given]: decode }), (all) => all[given])(raw);
  };
}

/** Undefined for an object with other fields than these; what is no object is left to the decoder to refuse. */
export function onlyFields<T>(names: readonly string[], decode: Decoder<T>): Decoder<T | undefined> {
  return (raw) =>
    isRecord(raw) && givenFields(raw).some((field) => !names.includes(field))
      ? decoded(undefined)
      : decode(raw);
}

/** Null and absent are the same. */
function givenFields(raw: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(raw).filter((field) => !isAbsent(raw[field]));
}
