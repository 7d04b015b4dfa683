import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { decodeCrd, type CrdSchema } from "./decode-crd.ts";

const crd = decodeCrd(
  load(readFileSync(fileURLToPath(new URL("../../../crds/serviceaccesses.yaml", import.meta.url)), "utf8")),
);
const fields = fieldsOf(crd?.schema ?? {}, "");
const specFields = fields.filter(([path]) => path.startsWith("spec"));

/** Every field, element and map value of a schema with its path. */
function fieldsOf(schema: CrdSchema, path: string): readonly (readonly [path: string, schema: CrdSchema])[] {
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
      const below = path === "" ? name : `${path}.${name}`;
      return [[below, property] as const, ...fieldsOf(property, below)];
    }),
    ...(schema.items === undefined
      ? []
      : [[`${path}[]`, schema.items] as const, ...fieldsOf(schema.items, `${path}[]`)]),
  ];
}

function pathsWhere(holds: (schema: CrdSchema, path: string) => boolean): readonly string[] {
  return fields.filter(([path, schema]) => holds(schema, path)).map(([path]) => path);
}

test("every field has a description that is a sentence", () => {
  expect(specFields.length).toBeGreaterThan(100);
  const silent = pathsWhere(
    ({ description = "" }, path) =>
      path !== "metadata" && !path.endsWith("[]") && !/^\S.+\.$/u.test(description),
  );
  expect(silent).toEqual([]);
});

test("an optional field of the spec says what its absence means", () => {
  const optional = specFields.filter(
    ([path]) => !path.endsWith("[]") && !isRequired(path) && !isChoice(path),
  );
  const vague = optional.filter(
    ([, { description = "" }]) => !/absent|default|changes nothing/iu.test(description),
  );
  expect(vague.map(([path]) => path)).toEqual([]);
});

/** Of these fields exactly one, or one kind, is given; what stands beside them says it. */
function isChoice(path: string): boolean {
  return /(\.target|\.from\[\]|\.to\[\])\.\w+$/u.test(path);
}

function isRequired(path: string): boolean {
  const dot = path.lastIndexOf(".");
  const parent = fields.find(([candidate]) => candidate === path.slice(0, dot))?.[1] ?? crd?.schema;
  return parent?.required?.includes(path.slice(dot + 1)) ?? false;
}

function isUnbounded(schema: CrdSchema): boolean {
  return (
    (schema.type === "array" && schema.maxItems === undefined) ||
    (schema.additionalProperties !== undefined && schema.maxProperties === undefined) ||
    (schema.type === "string" && schema.enum === undefined && schema.maxLength === undefined)
  );
}

test("every list, map and text of the spec is bounded", () => {
  expect(
    pathsWhere(
      (schema, path) => /^(spec|status)/.test(path) && schema.format !== "date-time" && isUnbounded(schema),
    ),
  ).toEqual([]);
});

test("nothing has a default but the status that nobody has seen yet", () => {
  expect(pathsWhere((schema) => schema.default !== undefined)).toEqual(["status"]);
  expect(crd?.schema.properties?.["status"]?.default).toEqual({ observedGeneration: -1 });
});

test("every rule has a message that says what to do, and no line break in it", () => {
  const rules = [["", crd?.schema ?? {}] as const, ...fields].flatMap(
    ([, schema]) => schema["x-kubernetes-validations"] ?? [],
  );
  expect(rules.length).toBeGreaterThan(50);
  expect(rules.filter(({ message }) => message.length < 20 || message.includes("\n"))).toEqual([]);
});
