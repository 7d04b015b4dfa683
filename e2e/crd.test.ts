import { readFileSync } from "node:fs";
import fc from "fast-check";
import { load } from "js-yaml";
import { expect, test } from "vitest";

import { compileSchema } from "../src/manifest/schema/validator.ts";
import { problemsOfStatus } from "../src/manifest/schema/api-status.ts";
import { readAccessCases, type AccessObject } from "../src/testing/decode-access-cases.ts";
import { partAt, placesIn, replaced, type Place } from "../src/testing/json-places.ts";
import { eventually } from "./control-plane/eventually.ts";
import { plane } from "./control-plane/plane.ts";

const { good, bad } = readAccessCases();
const collection = "/apis/serviceaccess.dev/v1alpha1/namespaces/default/serviceaccesses";
const crdFile = new URL("../crds/serviceaccesses.yaml", import.meta.url);
const offline = compileSchema(load(readFileSync(crdFile, "utf8")));

interface Refusal {
  readonly message: string;
}

/** What the server would say to `kubectl apply --server-side`; nothing is stored. */
async function applied(object: AccessObject): Promise<string> {
  const query = "fieldManager=crd-test&force=true&fieldValidation=Strict&dryRun=All";
  const path = `${collection}/${object.metadata.name}?${query}`;
  const { status, body } = await plane.api<Refusal>("PATCH", path, object, "application/apply-patch+yaml");
  return status < 300 ? "accepted" : body.message;
}

function validated(object: unknown): string {
  if (offline.kind !== "decoded") throw new Error("the CRD is of no use");
  const problems = offline.value.validateServiceAccess(object);
  return problems.length === 0
    ? "accepted"
    : problems.map(({ field, message }) => `${field}: ${message}`).join("\n");
}

/** The server writes the key of a map as [key] or .key, and we as .key or ["key"]. */
function plain(text: string): string {
  return text.replaceAll(/\["?([^[\]"]+)"?\]/g, ".$1");
}

test.each(good)("the API server accepts $name", async ({ object }) => {
  expect(await applied(object)).toBe("accepted");
});

test.each(bad)("the API server refuses $name", async ({ object, server, serverField }) => {
  const message = await applied(object);
  expect(message).toContain(server);
  expect(plain(message)).toContain(plain(serverField));
});

test("API server and CLI refuse the same objects of the table", async () => {
  const objects = [...good, ...bad];
  const answers = await Promise.all(objects.map(({ object }) => applied(object)));
  const refusedBy = (texts: readonly string[]) =>
    objects.filter((_, i) => texts[i] !== "accepted").map(({ name }) => name);
  expect(refusedBy(answers)).toEqual(refusedBy(objects.map(({ object }) => validated(object))));
});

test("the causes of a refusal become problems of their fields", async () => {
  const two = bad.find(({ name }) => name === "several mistakes are all reported");
  const path = `${collection}?dryRun=All&fieldValidation=Strict`;
  const { status, body } = await plane.api("POST", path, two?.object);
  expect(status).toBe(422);
  expect(
    problemsOfStatus(body)
      .map(({ field }) => field)
      .toSorted(),
  ).toEqual(two?.fields.toSorted());
});

interface Part {
  readonly spec: unknown;
  readonly place: Place;
}

function partsOf(cases: readonly { readonly object: unknown }[]): readonly Part[] {
  const specs = cases.map(({ object }) => partAt(object, ["spec"]));
  return specs.flatMap((spec) => placesIn(spec).map((place) => ({ spec, place })));
}

/** The name of the field that a part belongs to, so that parts can be exchanged that mean something there. */
function fieldOf({ place }: Part): string {
  return place.findLast((key) => !/^\d+$/.test(key)) ?? "spec";
}

function mutant({ spec, place }: Part, donor: Part): AccessObject {
  return {
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ServiceAccess",
    metadata: { name: "mutant", namespace: "default" },
    spec: replaced(spec, place, partAt(donor.spec, donor.place)),
  } as AccessObject;
}

const goodParts = partsOf(good);
const parts = partsOf([...good, ...bad]);
const akin = fc.constantFrom(...goodParts).chain((part) => {
  const donors = parts.filter((donor) => fieldOf(donor) === fieldOf(part) && donor.place.length > 0);
  return fc.tuple(fc.constant(part), fc.constantFrom(part, ...donors));
});
const unlike = fc.tuple(fc.constantFrom(...goodParts), fc.constantFrom(...parts));

test.each([
  { what: "with another part in a place for such a part", mutants: akin, least: 250 },
  { what: "with any part in any place", mutants: unlike, least: 10 },
])("API server and CLI agree on 500 objects $what", async ({ mutants, least }) => {
  const objects = fc
    .sample(mutants, { numRuns: 500, seed: 20261121 })
    .map(([part, donor]) => mutant(part, donor));
  const differences: string[] = [];
  let accepted = 0;
  for (const object of objects) {
    const [server, cli] = [await applied(object), validated(object)];
    if (cli === "accepted") accepted += 1;
    if ((server === "accepted") === (cli === "accepted")) continue;
    differences.push(`${JSON.stringify(object)}\nserver: ${server}\nCLI: ${cli}`);
  }
  expect(differences).toEqual([]);
  // Where one answer is the rule, agreement says little.
  expect(accepted).toBeGreaterThanOrEqual(least);
  expect(accepted).toBeLessThan(450);
});

test("as many rules, peers and ports as the schema allows are within the server's budget", async () => {
  const labels = Object.fromEntries(
    Array.from({ length: 4 }, (_, i) => [`example.org/label-${i}`, `value-${i}`]),
  );
  const expression = { key: "example.org/tier", operator: "In", values: ["front", "back", "middle"] };
  const selector = { matchLabels: labels, matchExpressions: [expression] };
  const peers = Array.from({ length: 32 }, (_, i) =>
    i % 2 === 0
      ? {
          podSelector: selector,
          namespaceSelector: selector,
          namespaces: ["shop", "abcdesktop", "kube-system"],
        }
      : { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"] } },
  );
  const ports = Array.from({ length: 64 }, (_, i) => ({ port: 1000 + i, endPort: 2000 }));
  const rules = (key: "from" | "to") => Array.from({ length: 32 }, () => ({ [key]: peers, ports }));
  const object = {
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ServiceAccess",
    metadata: { name: "largest", namespace: "default" },
    spec: {
      target: { podSelector: selector },
      ports,
      rights: { ingress: rules("from"), egress: rules("to") },
    },
  };
  expect(validated(object)).toBe("accepted");
  expect(await applied(object)).toBe("accepted");
});

async function kubectl(...args: readonly string[]): Promise<string> {
  const result = await plane.kubectl(args);
  expect(result).toMatchObject({ code: 0 });
  return result.stdout;
}

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
}

/** The fields a user can ask `kubectl explain` about, each with the description it shows. */
function explained(
  schema: Described,
  path: string,
): readonly (readonly [path: string, description: string])[] {
  const { properties = {} } = schema.items ?? schema;
  return Object.entries(properties).flatMap(([name, field]) => {
    const below = `${path}.${name}`;
    return [[below, field.description ?? ""] as const, ...explained(field, below)];
  });
}

test("kubectl explain has a description for every field", async () => {
  const { body } = await plane.api<{ components: { schemas: Readonly<Record<string, Described>> } }>(
    "GET",
    "/openapi/v3/apis/serviceaccess.dev/v1alpha1",
  );
  const schema = body.components.schemas["dev.serviceaccess.v1alpha1.ServiceAccess"];
  const fields = explained(
    { properties: { ...schema?.properties, metadata: { description: "standard" } } },
    "serviceaccess",
  );
  expect(fields.length).toBeGreaterThan(100);
  expect(fields.filter(([, description]) => description === "")).toEqual([]);

  // kubectl remembers which resources there are, and forgets a new one's absence only after its first failure.
  await eventually(async () => (await plane.kubectl(["explain", "svca"])).code === 0, {
    what: "explain to work",
  });
  for (const path of ["spec", "spec.target", "spec.rights.ingress.from", "spec.permits", "status"]) {
    const shown = words(await kubectl("explain", `svca.${path}`));
    const children = fields.filter(([field]) => field.replace(/\.\w+$/, "") === `serviceaccess.${path}`);
    expect(children).not.toEqual([]);
    for (const [, description] of children) expect(shown).toContain(words(description));
  }
});

function words(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

const smallest = (name: string, namespace: string) => ({
  apiVersion: "serviceaccess.dev/v1alpha1",
  kind: "ServiceAccess",
  metadata: { name, namespace },
  spec: { target: { service: { name } } },
});

test("a new object waits for the operator: its status says generation -1, and its spec is as it was written", async () => {
  const namespace = await plane.namespace("crd");
  await plane.apply(smallest("memcached", namespace));
  const stored: unknown = JSON.parse(
    await kubectl("get", "svca", "memcached", "-n", namespace, "-o", "json"),
  );
  expect(stored).toMatchObject({ metadata: { generation: 1 }, status: { observedGeneration: -1 } });
  expect(partAt(stored, ["spec"])).toEqual({ target: { service: { name: "memcached" } } });
});

function condition(type: string, status: string) {
  return { type, status, reason: "Tested", message: "", lastTransitionTime: "2026-11-21T07:00:00Z" };
}

test("kubectl get shows the columns, by the short name and by the categories", async () => {
  const namespace = await plane.namespace("crd");
  await plane.apply(smallest("memcached", namespace));
  const status = {
    observedGeneration: 1,
    conditions: [
      condition("Ready", "True"),
      condition("Effective", "False"),
      condition("Exclusive", "Unknown"),
    ],
    summary: "2 clients reach 0 of 1 pods on TCP/11211",
    target: { pods: 1, clients: 2 },
    findingsCount: 3,
  };
  const path = `/apis/serviceaccess.dev/v1alpha1/namespaces/${namespace}/serviceaccesses/memcached/status`;
  expect(await plane.api("PATCH", path, { status }, "application/merge-patch+json")).toMatchObject({
    status: 200,
  });

  const table = (await kubectl("get", "svca", "-n", namespace)).trim().split("\n");
  expect(table.map((line) => line.trim().split(/\s+/))).toEqual([
    ["NAME", "READY", "TARGETS", "CLIENTS", "EFFECTIVE", "EXCLUSIVE", "FINDINGS", "AGE"],
    ["memcached", "True", "1", "2", "False", "Unknown", "3", expect.stringMatching(/^\d+s$/)],
  ]);
  expect(await kubectl("get", "svca", "-n", namespace, "-o", "wide")).toContain(status.summary);
  for (const category of ["network", "security"]) {
    expect(await kubectl("get", category, "-n", namespace, "-o", "name")).toContain(
      "serviceaccess.serviceaccess.dev/memcached",
    );
  }
});

test("the status is written through its own resource only", async () => {
  const namespace = await plane.namespace("crd");
  await plane.apply({
    ...smallest("memcached", namespace),
    status: { observedGeneration: 7, summary: "made up" },
  });
  expect(await kubectl("get", "svca", "memcached", "-n", namespace, "-o", "jsonpath={.status}")).toBe(
    '{"observedGeneration":-1}',
  );
});

test("plain kubectl apply takes the definition too, small enough for its annotation", async () => {
  const args = ["apply", "--dry-run=server", "-f", crdFile.pathname];
  expect(await plane.kubectl(args)).toMatchObject({ code: 0 });
});
