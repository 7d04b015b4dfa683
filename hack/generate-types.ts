/**
 * Writes src/model/service-access.ts from crds/serviceaccesses.yaml, the one source of the schema:
 * `node hack/generate-types.ts`. A test fails when the two differ.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { format } from "oxfmt";
import { decodeCrd, type Crd, type CrdSchema } from "../src/manifest/schema/decode-crd.ts";

const CRD_FILE = fileURLToPath(new URL("../crds/serviceaccesses.yaml", import.meta.url));
const TYPES_FILE = fileURLToPath(new URL("../src/model/service-access.ts", import.meta.url));
const COLUMNS = 110;

/** The schemas that get a type of their own, in the order of the file; all others are written in place. */
const NAMED: readonly (readonly [path: string, name: string])[] = [
  ["spec", "ServiceAccessSpec"],
  ["spec.target", "Target"],
  ["spec.network", "SecondaryNetwork"],
  ["spec.target.workload", "TargetWorkload"],
  ["spec.ports[]", "Port"],
  ["spec.rights", "Rights"],
  ["spec.rights.ingress[]", "AccessIngressRule"],
  ["spec.rights.egress[]", "AccessEgressRule"],
  ["spec.rights.ingress[].from[]", "IngressPeer"],
  ["spec.rights.egress[].to[]", "EgressPeer"],
  ["spec.rights.ingress[].from[].ipBlock", "AddressBlock"],
  ["spec.rights.egress[].to[].names", "NamesPeer"],
  ["spec.rights.egress[].to[].except", "PresetExcept"],
  ["spec.permits", "Permits"],
  ["spec.permits.label", "ClientLabel"],
  ["spec.permits.namespaces", "PermitNamespaces"],
  ["status", "ServiceAccessStatus"],
  ["status.conditions[]", "Condition"],
  ["status.target", "TargetStatus"],
  ["status.dns", "DnsStatus"],
  ["status.names[]", "NameStatus"],
  ["status.policies[]", "PolicyStatus"],
  ["status.reachability[]", "ReachabilityRow"],
  ["status.reachability[].from", "ReachabilitySource"],
  ["status.reachability[].to", "ReachabilityDestination"],
  ["status.reachability[].egress", "ReachabilitySide"],
  ["status.divergences[]", "Divergence"],
  ["status.divergences[].from", "DivergencePlace"],
  ["status.isolates[]", "IsolatedWorkload"],
  ["status.deletionWouldExpose", "Exposure"],
  ["status.preview", "Preview"],
  ["status.preview.policies[]", "PreviewedPolicy"],
  ["status.preview.gains[]", "ChangedFlow"],
  ["status.preview.gains[].from", "ChangedPlace"],
  ["status.findings[]", "Finding"],
];

/** Kubernetes' own selector has its type already, in model/network-policy.ts. */
const LABEL_SELECTOR = "spec.target.podSelector";

type Names = ReadonlyMap<unknown, string>;

export async function generateTypes(): Promise<string> {
  const crd = decodeCrd(load(readFileSync(CRD_FILE, "utf8")));
  if (crd === undefined) throw new Error(`${CRD_FILE} is no CustomResourceDefinition with a schema`);
  const { code, errors } = await format(TYPES_FILE, moduleText(crd), { printWidth: COLUMNS });
  if (errors.length > 0) throw new Error(`cannot format the types: ${errors[0]?.message}`);
  return code;
}

export function committedTypes(): string {
  return readFileSync(TYPES_FILE, "utf8");
}

if (import.meta.main) writeFileSync(TYPES_FILE, await generateTypes());

function moduleText(crd: Crd): string {
  const names: Names = new Map([
    [identity(at(crd.schema, LABEL_SELECTOR)), "LabelSelector"],
    ...NAMED.map(([path, name]) => [identity(at(crd.schema, path)), name] as const),
  ]);
  return [
    "// Generated from crds/serviceaccesses.yaml by hack/generate-types.ts: change that file, not this one.",
    `import type { LabelSelector, ObjectMeta } from "./network-policy.ts";
    import type { NonEmpty } from "./nonempty.ts";`,
    `export const SERVICE_ACCESS_API = ${apiText(crd)} as const;`,
    `/** How many elements the lists of a status may have; the API server refuses more. */
    export const STATUS_LIMITS = ${limitsText(at(crd.schema, "status"))} as const;`,
    `/** How long the texts of a status may be, by their place in it; the API server refuses longer ones. */
    export const STATUS_TEXT_LIMITS = ${textLimitsText(at(crd.schema, "status"))} as const;`,
    rootText(crd),
    ...NAMED.map(([path, name]) => interfaceText(name, at(crd.schema, path), names)),
  ].join("\n\n");
}

function apiText({ group, version, kind, plural }: Crd): string {
  return JSON.stringify({ group, version, apiVersion: `${group}/${version}`, kind, plural });
}

function limitsText(status: CrdSchema): string {
  return JSON.stringify(Object.fromEntries(limitsOf(status)));
}

/** The maxItems of every list, by the name of its field, outer lists first. */
function limitsOf(schema: CrdSchema): readonly (readonly [name: string, limit: number])[] {
  const properties = Object.entries(schema.properties ?? {});
  return [
    ...properties.flatMap(([name, { maxItems }]) =>
      maxItems === undefined ? [] : [[name, maxItems] as const],
    ),
    ...properties.flatMap(([, property]) => limitsOf(property.items ?? property)),
  ];
}

function textLimitsText(status: CrdSchema): string {
  return JSON.stringify(Object.fromEntries(textLimitsOf(status, "")));
}

function textLimitsOf(schema: CrdSchema, path: string): readonly (readonly [path: string, limit: number])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const below = `${path}${name}`;
    const { maxLength } = property.items ?? property;
    const own = maxLength === undefined ? [] : [[below, maxLength] as const];
    return [...own, ...textLimitsOf(property.items ?? property, `${below}.`)];
  });
}

function rootText({ group, version, kind, schema }: Crd): string {
  return `${comment(schema.description)}export interface ServiceAccess {
    readonly apiVersion: "${group}/${version}";
    readonly kind: "${kind}";
    readonly metadata: ObjectMeta;
    readonly spec: ServiceAccessSpec;
    readonly status?: ServiceAccessStatus;
  }`;
}

function interfaceText(name: string, schema: CrdSchema, names: Names): string {
  return `${comment(schema.description)}export interface ${name} ${fieldsText(schema, names)}`;
}

function fieldsText({ properties = {}, required = [] }: CrdSchema, names: Names): string {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const mark = required.includes(name) ? "" : "?";
    return `${fieldComment(schema, names)}readonly ${name}${mark}: ${typeText(schema, names)};`;
  });
  return `{\n${fields.join("\n")}\n}`;
}

/** A type with a name carries its description itself; only the selector, which is Kubernetes' own, does not. */
function fieldComment(schema: CrdSchema, names: Names): string {
  const name = names.get(identity(schema));
  return name === undefined || name === "LabelSelector" ? comment(schema.description) : "";
}

function typeText(schema: CrdSchema, names: Names): string {
  const name = names.get(identity(schema));
  if (name !== undefined) return name;
  if (schema["x-kubernetes-int-or-string"] === true) return "number | string";
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.items !== undefined) return listText(schema, typeText(schema.items, names));
  if (schema.properties !== undefined) return fieldsText(schema, names);
  if (schema.additionalProperties !== undefined) {
    return `Readonly<Record<string, ${typeText(schema.additionalProperties, names)}>>`;
  }
  return schema.type === "integer" ? "number" : (schema.type ?? "unknown");
}

function listText({ minItems = 0 }: CrdSchema, item: string): string {
  return minItems > 0 ? `NonEmpty<${item}>` : `readonly (${item})[]`;
}

function comment(description: string | undefined): string {
  return description === undefined ? "" : `${commentLines(description)}\n`;
}

/** The formatter leaves the lines of comments as they are; 105 characters fit in with ` * ` and one indent. */
function commentLines(description: string): string {
  const lines = description.match(/\S.{0,104}(?=\s|$)/gu) ?? [];
  return lines.length === 1
    ? `/** ${lines[0]} */`
    : `/**\n${lines.map((line) => ` * ${line}`).join("\n")}\n */`;
}

/** Two uses of one alias are the same schema, even where each use has a description of its own. */
function identity(schema: CrdSchema): unknown {
  return schema.properties ?? schema;
}

function at(schema: CrdSchema, path: string): CrdSchema {
  return path.split(".").reduce((parent, step) => {
    const property = parent.properties?.[step.replace("[]", "")];
    const found = step.endsWith("[]") ? property?.items : property;
    if (found === undefined) throw new Error(`the CRD has no ${path}`);
    return found;
  }, schema);
}
