import { expect, test } from "vitest";
import { serviceaccess, transcript } from "../testing/transcript.ts";

const ACCESS = `apiVersion: serviceaccess.dev/v1alpha1
kind: ServiceAccess
metadata: {name: db, namespace: shop}
spec:
  target: {podSelector: {matchLabels: {app: db}}}
  ports: [{port: 5432}]
  permits: {dns: false, namespaces: {names: [far]}}
`;
const pod = (name: string, labels: string) =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: far, labels: ${labels}}, spec: {}}`;
const FAR = pod("web", '{netpol/db: "true"}');
const DB = `{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, spec: {}}`;
const namespace = (annotations: string) =>
  `{apiVersion: v1, kind: Namespace, metadata: {name: far, annotations: ${annotations}}}`;
const CONSENTING = namespace("{serviceaccess.dev/accept-permits-from: shop}");

async function run(line: string, ...documents: readonly string[]) {
  return await serviceaccess(line, { files: { "all.yaml": documents.join("\n---\n") } });
}

test("permits are rendered where the Namespace of the input accepts them", async () => {
  const { stdout, stderr } = await run("render -f all.yaml", ACCESS, CONSENTING);
  expect([...stdout.matchAll(/^ {2}namespace: (\w+)$/gm)].map(([, name]) => name)).toEqual([
    "shop",
    "shop",
    "far",
  ]);
  expect(stdout).not.toContain("ownerReferences");
  expect(stderr).toBe("");
});

test("where it does not, that is noted", async () => {
  const { stdout, stderr, code } = await run("render -f all.yaml", ACCESS, namespace("{}"));
  expect(stdout).not.toMatch(/^ {2}namespace: far$/m);
  expect({ stderr, code }).toEqual({
    stderr:
      "note: all.yaml: document 1, line 7: ServiceAccess shop/db: spec.permits.namespaces: nothing is written in far," +
      " without the annotation serviceaccess.dev/accept-permits-from=shop on the Namespace\n",
    code: 0,
  });
});

test("a Namespace that is not in the input is not guessed: a warning, where nothing depends on it", async () => {
  const { stderr, code } = await run("render -f all.yaml", ACCESS);
  expect({ stderr, code }).toEqual({
    stderr:
      "warning: all.yaml: document 1, line 7: ServiceAccess shop/db: spec.permits.namespaces.names: there is no" +
      " Namespace far, so no permits are written there; add its manifest to the input with -f\n",
    code: 0,
  });
});

test("and an error, where something of it is in the input", async () => {
  const said = await transcript("matrix -f all.yaml", {
    files: { "all.yaml": [ACCESS, FAR, DB].join("\n---\n") },
  });
  expect(said).toBe(
    "! error: all.yaml: document 1, line 7: ServiceAccess shop/db: spec.permits.namespaces: there is no Namespace far," +
      " so whether it accepts the permits is not known; add its manifest to the input with -f\nexit 2\n",
  );
});

test.each([
  ["accepts the permits", CONSENTING, "denied"],
  ["does not", namespace("{}"), "allowed"],
])("a holder elsewhere is isolated where its Namespace %s", async (_, described, outcome) => {
  const { stdout, code } = await run("check far/web 192.0.2.1:443 -f all.yaml", ACCESS, FAR, DB, described);
  expect(stdout).toMatch(new RegExp(outcome, "i"));
  expect(code).toBe(outcome === "denied" ? 1 : 0);
  const inside = await run("check far/web shop/db:5432 -f all.yaml", ACCESS, FAR, DB, described);
  expect(inside.code).toBe(0);
});

test("a simulation holds the object, writes, and says who accepts", async () => {
  const { stdout } = await run("simulate -f all.yaml", ACCESS, FAR, DB, CONSENTING);
  expect(stdout).toContain(
    "hold shop/db\napply shop/db-rights\napply shop/db-permits\napply far/db-permits-",
  );
  expect(stdout).toMatch(/PermitsConsented +True +Consented/);
  expect(stdout).toMatch(/far\/Pod\/web \(permit\) +shop\/Pod\/db +Allowed/);
});

test("a simulation without the Namespace says so in the status", async () => {
  const { stdout } = await run("simulate -f all.yaml", ACCESS, FAR, DB);
  expect(stdout).toMatch(/PermitsConsented +Unknown +NamespaceUnknown/);
  expect(stdout).toMatch(/Warning +NamespaceUnknown +shop\/db/);
});
