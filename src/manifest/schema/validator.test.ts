import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { readAccessCases } from "../../testing/decode-access-cases.ts";
import { placesIn, replaced } from "../../testing/json-places.ts";
import { compileSchema, type SchemaValidator } from "./validator.ts";

const crd = load(
  readFileSync(fileURLToPath(new URL("../../../crds/serviceaccesses.yaml", import.meta.url)), "utf8"),
);
const { validateServiceAccess, validateStatus, decodeServiceAccess } = validator(crd);
const { good, bad } = readAccessCases();
const bare = {
  apiVersion: "serviceaccess.dev/v1alpha1",
  kind: "ServiceAccess",
  metadata: { name: "web", namespace: "default" },
};

function validator(rawCrd: unknown): SchemaValidator {
  const compiled = compileSchema(rawCrd);
  if (compiled.kind !== "decoded") throw new Error(JSON.stringify(compiled.problems));
  return compiled.value;
}

test.each(good)("accepted: $name", ({ object }) => {
  expect(validateServiceAccess(object)).toEqual([]);
});

test.each(bad)("refused: $name", ({ object, fields, says }) => {
  const problems = validateServiceAccess(object);
  expect(problems.map(({ field }) => field).toSorted()).toEqual(fields.toSorted());
  expect(problems.map(({ message }) => message).join("\n")).toContain(says);
});

test("the table has more than forty-five bad and twenty good objects", () => {
  expect(bad.length).toBeGreaterThanOrEqual(45);
  expect(good.length).toBeGreaterThanOrEqual(20);
});

test("problems come sorted by field, element 2 before element 10", () => {
  const ports = Array.from({ length: 11 }, (_, index) => ({ port: index === 2 || index === 10 ? 0 : 80 }));
  const object = { ...bare, spec: { target: { podSelector: {} }, ports, suspend: 1 } };
  expect(validateServiceAccess(object).map(({ field }) => field)).toEqual([
    "spec.ports[2].port",
    "spec.ports[10].port",
    "spec.suspend",
  ]);
});

test("what a mistyped word was meant to be is said", () => {
  const problems = validateServiceAccess({ ...bare, kind: "ServiceAcess", spec: { taget: {} } });
  expect(problems.map(({ field, message }) => `${field}: ${message}`)).toEqual([
    'kind: must be ServiceAccess, not "ServiceAcess"; did you mean ServiceAccess?',
    "spec.taget: is no field here; did you mean target?",
    expect.stringContaining("spec.target: say target, the pods to protect"),
  ]);
});

test("a field that is missing is described", () => {
  const problems = validateServiceAccess({
    ...bare,
    spec: { target: { podSelector: {} }, rights: { egress: [{}] } },
  });
  expect(problems).toContainEqual({
    field: "spec.rights.egress[0].to",
    message: "is required: the destinations",
  });
  expect(validateServiceAccess(bare)).toEqual([
    { field: "spec", message: "is required: the service, its ports and who may use them" },
  ]);
});

test("an object is never a ServiceAccess by its prototype", () => {
  const inherited: unknown = JSON.parse(
    '{"__proto__": {"spec": {"target": {"podSelector": {}}}}, "constructor": 1}',
  );
  const fields = validateServiceAccess(inherited).map(({ field }) => field);
  expect(fields).toEqual(expect.arrayContaining(["__proto__", "constructor", "spec"]));
});

test("a status of another version does not stop the operator: it is dropped, the spec is kept", () => {
  const access = { ...bare, spec: { target: { podSelector: {} } } };
  const old = decodeServiceAccess({ ...access, status: { conditions: "all fine", gone: true } });
  const current = decodeServiceAccess({ ...access, status: { observedGeneration: -1 } });
  expect(old).toEqual({ kind: "decoded", value: access });
  expect(current).toEqual({ kind: "decoded", value: { ...access, status: { observedGeneration: -1 } } });
});

test("decoding keeps the metadata that the model has, without nulls", () => {
  const metadata = { name: "web", labels: null, creationTimestamp: null, generation: 3, managedFields: [{}] };
  const decoded = decodeServiceAccess({ ...bare, metadata, spec: { target: { podSelector: {} } } });
  expect(decoded).toMatchObject({ kind: "decoded" });
  expect(decoded.kind === "decoded" && decoded.value.metadata).toEqual({
    name: "web",
    namespace: "default",
    generation: 3,
  });
});

test("a status is held to the schema before it is written", () => {
  const condition = {
    type: "Ready",
    status: "True",
    reason: "Done",
    message: "",
    lastTransitionTime: "2026-11-21T07:00:00Z",
  };
  expect(validateStatus({ observedGeneration: 1, conditions: [condition], findingsCount: 0 })).toEqual([]);
  const problems = validateStatus({
    conditions: [condition, condition, { ...condition, type: "Effective", lastTransitionTime: "yesterday" }],
    reachability: [{ from: {}, to: {}, ports: [], verdict: "Maybe", egress: { verdict: "Allowed", by: [] } }],
  });
  expect(problems.map(({ field }) => field)).toEqual([
    "conditions",
    "conditions[2].lastTransitionTime",
    "reachability[0].ingress",
    "reachability[0].verdict",
  ]);
});

test("a file that is no CRD gives a problem instead of a validator", () => {
  expect(compileSchema({ kind: "List" })).toMatchObject({ kind: "problems" });
  const rule = { rule: "self.(", message: "" };
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-validations": [rule] } };
  const broken = { spec: { group: "g", names: {}, versions: [{ name: "v1", storage: true, schema }] } };
  expect(compileSchema(broken)).toMatchObject({ kind: "problems" });
});

test("a list of fifty thousand mistakes is answered, long before the test's time is up", () => {
  const ports = Array.from({ length: 50_000 }, () => ({ port: true }));
  expect(validateServiceAccess({ ...bare, spec: { target: { podSelector: {} }, ports } })).toHaveLength(
    50_001,
  );
});

// What an older or newer schema let through, and what a broken client sends.
const anything = fc.jsonValue({ maxDepth: 6 });

test("every JSON value gets an answer", () => {
  fc.assert(
    fc.property(anything, (raw) => {
      expect(validateServiceAccess(raw)).not.toEqual([]);
      expect(decodeServiceAccess(raw)).toMatchObject({ kind: "problems" });
    }),
  );
});

test("any JSON in any place of a good object gets an answer, and only what has no problem is decoded", () => {
  const place = fc.constantFrom(
    ...good.flatMap(({ object }) => placesIn(object).map((path) => ({ object, path }))),
  );
  fc.assert(
    fc.property(place, anything, ({ object, path }, replacement) => {
      const problems = validateServiceAccess(replaced(object, path, replacement));
      expect(problems.every(({ field, message }) => typeof field === "string" && message !== "")).toBe(true);
      expect(decodeServiceAccess(replaced(object, path, replacement)).kind).toBe(
        problems.length === 0 ? "decoded" : "problems",
      );
    }),
    { numRuns: 500 },
  );
});
