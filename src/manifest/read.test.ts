import fc from "fast-check";
import { expect, test } from "vitest";
import { locate, positionOf } from "./read-position.ts";
import { parseYaml, yamlText } from "./read-yaml.ts";
import { readManifests } from "./read.ts";

/** Kind, name and origin of what was read, then the problems with their lines: a reading as a picture. */
function reading(text: string, source = "f.yaml"): string {
  const { documents, problems } = readManifests(text, source);
  return [
    ...documents.map(({ apiVersion, kind, origin }) =>
      `${apiVersion} ${kind} #${origin.document} ${origin.path}`.trim(),
    ),
    ...problems.map(({ origin, field, message, at }) => {
      const { line } =
        at === undefined ? locate(text, origin.offset, `${origin.path}.${field}`) : positionOf(text, at);
      return `! #${origin.document} line ${line} ${field}: ${message}`;
    }),
  ].join("\n");
}

const POD = "apiVersion: v1\nkind: Pod\n";

test("documents are counted without the empty ones", () => {
  const text = `# a comment\n---\n${POD}---\n# nothing\n--- # here\n\n---\n${POD}...\n`;
  expect(reading(text)).toBe("v1 Pod #1\nv1 Pod #2");
});

test.each(["", "\n", "---\n", "# only a comment\n---\n# another\n", "\uFEFF"])(
  "%j holds no objects",
  (text) => {
    expect(reading(text)).toBe("");
  },
);

test("a byte order mark and Windows line ends do no harm", () => {
  expect(reading(`\uFEFF${POD}---\n${POD}`.replaceAll("\n", "\r\n"))).toBe("v1 Pod #1\nv1 Pod #2");
});

test("a List is taken apart, within another List too", () => {
  const inner = `{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret}]}`;
  expect(reading(`apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- ${inner}\n`)).toBe(
    "v1 Pod #1 items[0]\nv1 Secret #1 items[1].items[0]",
  );
});

test("the items of a typed list take their kind from it", () => {
  expect(reading('{"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"metadata":{}}]}')).toBe(
    "apps/v1 Deployment #1 items[0]",
  );
  expect(reading("apiVersion: v1\nkind: PodList\nitems: null\n")).toBe("");
});

test("several JSON values in a row are several documents", () => {
  expect(reading('{"apiVersion":"v1","kind":"Pod"}\n{"apiVersion":"v1","kind":"Secret"}\n')).toBe(
    "v1 Pod #1\nv1 Secret #2",
  );
});

test("escaped quotes and backslashes do not hide where a JSON string ends", () => {
  for (const text of ["\\", '\\"', '":', "\\\\", '{"a":1,"a":2}']) {
    const json = JSON.stringify({ apiVersion: "v1", kind: "Pod", a: text, b: text });
    expect(reading(json)).toBe("v1 Pod #1");
  }
  expect(reading('{"a": "\\\\", "a": 1}')).toContain('has the key "a" twice');
});

test("each of several JSON values has lines of its own", () => {
  expect(
    reading(
      '{"apiVersion":"v1","kind":"Pod"}\n{"apiVersion":"v1",\n"kind":7}\n{"apiVersion":"v1","kind":"Pod"}',
    ),
  ).toBe(
    "v1 Pod #1\nv1 Pod #3\n! #2 line 3 kind: is missing: every Kubernetes object has kind; leave out files that hold something else",
  );
});

test("what begins like JSON may be YAML", () => {
  expect(reading("{apiVersion: v1, kind: Pod}")).toBe("v1 Pod #1");
  expect(reading('{"apiVersion":"v1","kind":"Pod"}\n---\nkind: Secret\napiVersion: v1\n')).toBe(
    "v1 Pod #1\nv1 Secret #2",
  );
});

test.each([
  ["a: 1\nb: 2\na: 3\n", "! #1 line 3 : has the key a twice in one map; keep one of them"],
  ['{"a":{"b":1,\n"\\u0062":2}}', '! #1 line 2 : has the key "b" twice in one object; keep one of them'],
  [
    `${POD}---\na:\n\tb: 1\n`,
    "v1 Pod #1\n! #2 line 5 : is not valid YAML: tab characters must not be used in indentation",
  ],
  ["a: &a [*a]\n", "! #1 line 1 : contains an anchor that refers to itself"],
  ["just text\n", "! #1 line 1 : is not a Kubernetes object: it must be a map with apiVersion and kind"],
  [
    "kind: Pod\n",
    "! #1 line 1 apiVersion: is missing: every Kubernetes object has apiVersion; leave out files that hold something else",
  ],
  [
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  metadata: {}\n",
    "! #1 line 4 kind: is missing: every Kubernetes object has kind; leave out files that hold something else",
  ],
  ["apiVersion: v1\nkind: List\nitems: {}\n", "! #1 line 3 items: must be a list of objects"],
])("%j is refused with its line", (text, expected) => {
  expect(reading(text)).toBe(expected);
});

test("a template and a kustomization are named for what they are", () => {
  expect(reading("a: {{ .Values.b }}\n")).toContain("this looks like a template: render it first");
  expect(reading("resources: [a.yaml]\n", "dir/kustomization.yaml")).toContain("kubectl kustomize DIR");
});

test("a thousand aliases are enough for anybody", () => {
  const text = `a: &a 1\nb: [${Array.from({ length: 1001 }, () => "*a").join(", ")}]\n`;
  expect(reading(text)).toContain("is not valid YAML");
});

test("nothing a file holds makes the reader throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => void reading(text)));
  fc.assert(fc.property(fc.jsonValue(), (value) => void reading(JSON.stringify(value))));
  const yamlish = fc.array(
    fc.constantFrom("---\n", "a: ", "- ", "&x ", "*x", "\n", "  ", "{", "}", "[", "]", '"', "|\n", "<<: "),
  );
  fc.assert(fc.property(yamlish, (parts) => void reading(parts.join(""))));
});

test.each([
  ["yes", true],
  ["Off", false],
  ["n", false],
  ["true", true],
  ["~", null],
  ["", null],
  ["010", 8],
  ["0o17", 15],
  ["0x1F", 31],
  ["-0b11", -3],
  ["1_000", 1000],
  ["08", 8],
  ["+5", 5],
  ["1e3", 1000],
  [".5", 0.5],
  ["12:30:45", "12:30:45"],
  ["2001-01-01", "2001-01-01"],
  ["1.2.3", "1.2.3"],
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["0x", "0x"],
  ["'yes'", "yes"],
  ["!!str 1", "1"],
])("kubectl reads %s as %j, and so do we", (scalar, expected) => {
  expect(parseYaml(`v: ${scalar}`)).toEqual({ kind: "parsed", value: { v: expected } });
});

test("merge keys are merged and do not count as duplicates", () => {
  expect(parseYaml("base: &b {a: 1, c: 2}\nx: {<<: *b, a: 3}")).toMatchObject({
    value: { x: { a: 3, c: 2 } },
  });
});

test("what is written is read back the same, strings that look like something else included", () => {
  const tricky = fc.constantFrom(
    "yes",
    "on",
    "n",
    "1e3",
    "12:30:45",
    "0x1f",
    "010",
    "1_000",
    "null",
    "~",
    "",
    "<<",
    "=",
    "- a",
    "0o7",
    ".5",
    "#",
  );
  const value = fc.dictionary(
    fc.oneof(tricky, fc.string()),
    fc.oneof(tricky, fc.string(), fc.integer(), fc.boolean(), fc.array(tricky)),
  );
  fc.assert(
    fc.property(value, (given) => {
      expect(parseYaml(yamlText(given))).toEqual({ kind: "parsed", value: given });
    }),
  );
});

test.each([
  ["metadata.name", 3],
  ['metadata.labels["a.b/c"]', 5],
  ["spec.ports[1].port", 9],
  ["spec.ports[1].endPort", 8],
  ["status", 1],
])("%s is found in line %i, or where it would stand", (field, line) => {
  const text = `apiVersion: v1
metadata:
  name: a
  labels:
    a.b/c: x
spec:
  ports: [{port: 1},
    {protocol: TCP,
     port: 2}]
`;
  expect(locate(text, 0, field).line).toBe(line);
});
