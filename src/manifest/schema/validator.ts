import type { ServiceAccess } from "../../model/service-access.ts";
import type { Problem } from "../../model/problem.ts";
import { decoded, isRecord, problem, type Decoded, type Decoder } from "../decode-json.ts";
import { decodeCrd, type Crd, type CrdSchema } from "./decode-crd.ts";
import { serviceAccessDecoder } from "./decode-service-access.ts";
import { compareFields } from "./field-path.ts";
import { OBJECT_META } from "./object-meta.ts";
import { compileRules, type BrokenRule } from "./rules.ts";
import { compileStructure, type Misfit } from "./structure.ts";

/** Answers for any JSON value; no problems means that the API server would take it. */
export type Validate = (raw: unknown) => readonly Problem[];

export interface SchemaValidator {
  /** What someone wrote: everything but `status`, which the API server ignores there too. */
  readonly validateServiceAccess: Validate;
  /** What the operator is about to write into `status`. */
  readonly validateStatus: Validate;
  readonly decodeServiceAccess: Decoder<ServiceAccess>;
}

/** Makes the validator from the CRD itself, as read from crds/serviceaccesses.yaml. */
export function compileSchema(rawCrd: unknown): Decoded<SchemaValidator> {
  const crd = decodeCrd(rawCrd);
  if (crd === undefined) return problem("is no CustomResourceDefinition with a schema");
  try {
    const validateServiceAccess = validateWith(writtenSchema(crd));
    const validateStatus = validateWith(crd.schema.properties?.["status"] ?? {});
    const decodeServiceAccess = serviceAccessDecoder(validateServiceAccess, validateStatus);
    return decoded({ validateServiceAccess, validateStatus, decodeServiceAccess });
  } catch (error) {
    return problem(
      `has a schema that cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** The schema of what people write: with the metadata spelled out and anything as status. */
function writtenSchema({ schema, group, version, kind }: Crd): CrdSchema {
  return {
    ...schema,
    required: ["apiVersion", "kind", "metadata", "spec"],
    properties: {
      ...schema.properties,
      apiVersion: { type: "string", description: `${group}/${version}`, enum: [`${group}/${version}`] },
      kind: { type: "string", description: kind, enum: [kind] },
      metadata: OBJECT_META,
      status: {},
    },
  };
}

function validateWith(schema: CrdSchema): Validate {
  const checkStructure = compileStructure(schema);
  const checkRules = compileRules(schema);
  return (raw) => {
    if (!isRecord(raw)) return [{ field: "", message: "must be an object" }];
    return sorted(merged(checkStructure(raw), checkRules(raw)));
  };
}

/** Where a rule says in a sentence what one of these says in symbols, the sentence is enough. */
const SYMBOLIC: readonly string[] = ["pattern", "minItems", "minLength"];

function merged(misfits: readonly Misfit[], broken: readonly BrokenRule[]): readonly Problem[] {
  const mistyped = new Set(misfits.filter(({ keyword }) => keyword === "type").map(({ field }) => field));
  // A rule on a value of the wrong shape adds nothing; one that fails on a good shape must not be lost.
  const rules = broken.filter(({ failed, at }) => !(failed && misfits.length > 0) && !mistyped.has(at));
  const said = new Set(rules.map(({ field }) => field));
  const shapes = misfits.filter(({ keyword, field }) => {
    if (mistyped.has(field)) return keyword === "type";
    return !SYMBOLIC.includes(keyword) || !said.has(field);
  });
  return [...shapes, ...rules].map(({ field, message }) => ({ field, message }));
}

function sorted(problems: readonly Problem[]): readonly Problem[] {
  const byText = new Map(problems.map((entry) => [`${entry.field}: ${entry.message}`, entry]));
  return [...byText.values()].toSorted((a, b) => compareFields(a.field, b.field));
}
