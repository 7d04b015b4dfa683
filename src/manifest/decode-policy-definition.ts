import type { PolicyDefinition } from "../model/policy-definition.ts";
import { type Decoded, decoded, isRecord, mismatch, problem } from "./decode-json.ts";

/**
 * A CustomResourceDefinition of MultiNetworkPolicy, as far as it matters: of v1beta1 there are definitions with endPort
 * and without, and those without make one port of a range.
 */
export function decodePolicyDefinition(raw: unknown): Decoded<PolicyDefinition> {
  const name = at(raw, ["metadata", "name"]);
  if (typeof name !== "string") return problem(mismatch("a CustomResourceDefinition with a name", raw));
  return decoded({ name, hasEndPort: WAYS.every((way) => keeps(schemaOf(raw), way)) });
}

const WAYS: readonly (readonly string[])[] = ["ingress", "egress"].map((direction) =>
  `properties spec properties ${direction} items properties ports items properties endPort`.split(" "),
);

function schemaOf(raw: unknown): unknown {
  const versions = at(raw, ["spec", "versions"]);
  const listed: readonly unknown[] = Array.isArray(versions) ? versions : [];
  const written = listed.find((each) => at(each, ["name"]) === "v1beta1");
  return at(written, ["schema", "openAPIV3Schema"]);
}

/** Whether the place is in the schema, or below one where everything is kept. */
function keeps(schema: unknown, [key, ...rest]: readonly string[]): boolean {
  if (at(schema, ["x-kubernetes-preserve-unknown-fields"]) === true) return true;
  return key === undefined ? schema !== undefined : keeps(at(schema, [key]), rest);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((part, key) => (isRecord(part) ? part[key] : undefined), value);
}
