import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, expect, test } from "vitest";

import { type BadAccess, readAccessCases } from "../../src/testing/decode-access-cases.ts";
import { believe } from "../control-plane/believe.ts";
import { eventually } from "../control-plane/eventually.ts";
import { plane } from "../control-plane/plane.ts";
import { startControlPlane } from "../control-plane/start.ts";
import { isIdle } from "../operator/health.ts";
import { serviceAccess } from "../operator/objects.ts";
import { accessPath, condition, isReady, type RawAccess, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";

/** What the operator of today finds in a cluster where an older schema let everything in. */
const folder = mkdtempSync(join(tmpdir(), "older-schema-"));
const { etcd, kubectl, "kube-apiserver": server } = plane.binaries;
const older = await startControlPlane({
  binaries: { etcd, kubectl, "kube-apiserver": server },
  definitions: [olderDefinition()],
});
afterAll(async () => {
  await older.stop();
  rmSync(folder, { recursive: true });
});

const reads = readsOf(older.api);
const operator = stage(older, { foreseen: "object cannot be read" });
const mergePatch = "application/merge-patch+json";

interface Definition {
  readonly spec: { readonly versions: readonly { readonly schema: Schema }[] };
}

interface Schema {
  readonly openAPIV3Schema: { readonly properties: { readonly status: { readonly properties: object } } };
}

function today(): Definition {
  const text = readFileSync(new URL("../../crds/serviceaccesses.yaml", import.meta.url), "utf8");
  return believe<Definition>(JSON.stringify(load(text)));
}

function withSchema(schema: (today: Schema) => object): Pick<Definition, "spec"> {
  const { spec } = today();
  const versions = spec.versions.map((version) => ({ ...version, schema: schema(version.schema) }));
  return believe<Definition>(JSON.stringify({ spec: { ...spec, versions } }));
}

/** Today's, with a schema that asks nothing. */
function olderDefinition(): string {
  const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const file = join(folder, "older.json");
  writeFileSync(file, JSON.stringify({ ...today(), ...withSchema(() => ({ openAPIV3Schema: anything })) }));
  return file;
}

/** The API server itself reads the metadata, whatever the schema says. */
const bad = readAccessCases().bad.filter(
  ({ fields }) => !fields.some((field) => /^metadata\.(?!name)/.test(field)),
);

/** Those of the bad objects that get past a server with this schema. */
async function storeBad(): Promise<readonly BadAccess[]> {
  const stored: BadAccess[] = [];
  for (const asked of bad) {
    const { namespace } = asked.object.metadata;
    const { status } = await older.api("POST", accessPath(namespace), asked.object);
    if (status === 201) stored.push(asked);
  }
  return stored;
}

async function told(name: string): Promise<RawAccess> {
  return await eventually(
    async () => {
      const access = await reads.access("default", name);
      return condition(access, "Stalled")?.status === "True" ? access : undefined;
    },
    { what: `${name} to be told what is wrong` },
  );
}

test("every mistake that an older schema let in is told in the status, and nothing is written for it", async () => {
  const stored = await storeBad();
  expect(stored.length).toBeGreaterThan(80);
  for (const { name, object, fields, says } of stored) {
    const access = await told(object.metadata.name);
    const ready = condition(access, "Ready");
    expect({ mistake: name, ...ready }).toMatchObject({ status: "False", reason: "InvalidSpec" });
    expect(access.status?.observedGeneration).toBe(1);
    for (const field of fields) expect(ready?.message).toContain(`${field}: `);
    expect(ready?.message).toContain(says);
  }
  expect(await reads.policies("default")).toEqual([]);
});

const good = {
  target: { podSelector: { matchLabels: { app: "web" } } },
  ports: [{ port: 80 }],
  permits: { dns: false },
};

test("beside them a good object becomes Ready, and stays so when others go bad", async () => {
  await older.apply({ ...serviceAccess("good", good), metadata: { name: "good", namespace: "default" } });
  await older.apply({ ...serviceAccess("other", good), metadata: { name: "other", namespace: "default" } });
  for (const name of ["good", "other"]) {
    await eventually(async () => isReady(await reads.access("default", name)), {
      what: `${name} to be Ready`,
    });
  }
  const before = await reads.policy("default", "other-rights");
  await older.api("PATCH", accessPath("default", "other"), { spec: { ports: [{ port: 0 }] } }, mergePatch);
  expect(condition(await told("other"), "Ready")?.message).toContain("spec.ports[0].port: ");
  expect(await reads.policy("default", "other-rights")).toEqual(before);
  expect(isReady(await reads.access("default", "good"))).toBe(true);
});

test("a bad object that is corrected becomes Ready, and is no longer stalled", async () => {
  const object = { ...serviceAccess("mended", { ...good, ports: [{ port: 0 }] }) };
  await older.apply({ ...object, metadata: { name: "mended", namespace: "default" } });
  await told("mended");
  await older.api("PATCH", accessPath("default", "mended"), { spec: { ports: [{ port: 80 }] } }, mergePatch);
  const access = await eventually(
    async () => {
      const now = await reads.access("default", "mended");
      return isReady(now) ? now : undefined;
    },
    { what: "the corrected object to be Ready" },
  );
  expect(condition(access, "Stalled")).toBeUndefined();
  expect(await reads.policy("default", "mended-rights")).toBeDefined();
});

test("a held object that has gone bad is let go when it is deleted, and takes its permits elsewhere with it", async () => {
  const accepting = { annotations: { "serviceaccess.dev/accept-permits-from": "default" } };
  const far = await older.namespace("far", accepting);
  const spec = { ...good, permits: { dns: false, namespaces: { names: [far] } } };
  await older.apply({ ...serviceAccess("held", spec), metadata: { name: "held", namespace: "default" } });
  await eventually(async () => (await reads.policies(far)).length === 1, { what: "permits elsewhere" });
  await older.api("PATCH", accessPath("default", "held"), { spec: { ports: [{ port: 0 }] } }, mergePatch);
  await told("held");
  expect((await reads.policies(far)).length).toBe(1);
  await older.api("DELETE", accessPath("default", "held"));
  const isGone = async () => (await reads.access("default", "held")) === undefined;
  await eventually(isGone, { what: "the object to be gone" });
  expect(await reads.policies(far)).toEqual([]);
});

test("an operator started again among bad objects writes nothing", async () => {
  const before = await reads.everything();
  await operator.restart("SIGTERM");
  await eventually(() => isIdle(operator.health()), { what: "the queue to be empty" });
  expect(await reads.everything()).toEqual(before);
});

test("where the installed definition lacks a field of the status, the rest of it still says what matters", async () => {
  await older.api("PATCH", definitionPath, withSchema(withoutFindings), mergePatch);
  await older.apply({ ...serviceAccess("fresh", good), metadata: { name: "fresh", namespace: "default" } });
  const access = await eventually(
    async () => {
      const now = await reads.access("default", "fresh");
      return now?.status?.summary?.includes("install the one of this version") === true ? now : undefined;
    },
    { what: "the status to say that the definition is old" },
  );
  expect(isReady(access)).toBe(true);
  expect(access.status?.target).toBeUndefined();
  await eventually(() => isIdle(operator.health()), { what: "the queue to be empty" });
});

const definitionPath =
  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/serviceaccesses.serviceaccess.dev";

function withoutFindings({ openAPIV3Schema }: Schema): object {
  const { properties } = openAPIV3Schema;
  const { findings: _findings, ...others } = { findings: undefined, ...properties.status.properties };
  const status = { ...properties.status, properties: others };
  return { openAPIV3Schema: { ...openAPIV3Schema, properties: { ...properties, status } } };
}
