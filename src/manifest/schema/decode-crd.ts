/** A CustomResourceDefinition as far as types and validation need it: one version, its names and its schema. */
export interface Crd {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Aliases of the YAML file stay one object, so that what is written once can be named once. */
  readonly schema: CrdSchema;
}

/** The part of OpenAPI v3 that structural schemas allow and ours uses. */
export interface CrdSchema {
  readonly description?: string;
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly format?: string;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, CrdSchema>>;
  readonly additionalProperties?: CrdSchema;
  readonly required?: readonly string[];
  readonly maxProperties?: number;
  readonly items?: CrdSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-validations"?: readonly CrdRule[];
}

/** One CEL rule: when it gives false, `message` is said of the field at `fieldPath` below the schema's own place. */
export interface CrdRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/**
 * Reads our own CRD file, or answers undefined when this is no CustomResourceDefinition with a schema. What the schema
 * says is not checked here: the API server accepts the very same file in the e2e tests.
 */
export function decodeCrd(raw: unknown): Crd | undefined {
  const spec = field(raw, "spec");
  const names = field(spec, "names");
  const version = versionOf(field(spec, "versions"));
  const schema = field(field(version, "schema"), "openAPIV3Schema");
  if (!isObject(schema)) return undefined;
  return {
    group: String(field(spec, "group")),
    version: String(field(version, "name")),
    kind: String(field(names, "kind")),
    plural: String(field(names, "plural")),
    schema,
  };
}

function versionOf(versions: unknown): unknown {
  return Array.isArray(versions) ? versions.find((version) => field(version, "storage") === true) : undefined;
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
