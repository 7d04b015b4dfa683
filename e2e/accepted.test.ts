import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { NetworkPolicy } from "../src/model/network-policy.ts";
import { believe } from "./control-plane/believe.ts";
import { plane } from "./control-plane/plane.ts";
import { define, undefine } from "./operator/definitions.ts";
import { NETWORK_KINDS } from "./operator/network-definitions.ts";

const samples = join(import.meta.dirname, "../config/samples");
const golden = join(import.meta.dirname, "../src/testing/golden");

/** What is rendered from each sample: `samples.test.ts` of the unit tests holds these files to it. */
const rendered = readdirSync(samples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("15-"))
  .map(({ name }) => ({ folder: name, policies: policiesOf(name) }))
  .filter(({ policies }) => policies.length > 0);

function policiesOf(folder: string): readonly NetworkPolicy[] {
  const text = readFileSync(join(golden, `${folder}.yaml`), "utf8");
  return believe<readonly (NetworkPolicy | null)[]>(JSON.stringify(loadAll(text))).filter(
    (policy) => policy !== null,
  );
}

await define(plane, NETWORK_KINDS);
afterAll(() => undefine(plane, NETWORK_KINDS));

let namespace: string;

beforeAll(async () => {
  namespace = await plane.namespace("accepted");
});

afterAll(async () => {
  await plane.kubectl(["delete", "namespace", namespace, "--wait=false"]);
});

const PLURALS = { NetworkPolicy: "networkpolicies", MultiNetworkPolicy: "multi-networkpolicies" } as const;

function path({ apiVersion, kind, metadata }: NetworkPolicy): string {
  return `/apis/${apiVersion}/namespaces/${namespace}/${PLURALS[kind]}/${metadata.name}`;
}

// All in one namespace, one sample after the other. No operator runs meanwhile that would take them for orphans.
test.each(rendered)("the policies of $folder are stored as they are rendered", async ({ policies }) => {
  for (const policy of policies) {
    const sent = { ...policy, metadata: { ...policy.metadata, namespace } };
    const query = "fieldManager=serviceaccess&fieldValidation=Strict&force=false";
    const applied = await plane.api<NetworkPolicy>(
      "PATCH",
      `${path(policy)}?${query}`,
      sent,
      "application/apply-patch+yaml",
    );
    expect([policy.metadata.name, applied.status]).toEqual([policy.metadata.name, 201]);
    const { body: stored } = await plane.api<NetworkPolicy>("GET", path(policy));
    expect(withoutServerFields(stored)).toEqual(sent);
    expect((await plane.api("DELETE", path(policy))).status).toBe(200);
  }
});

function withoutServerFields({ apiVersion, kind, metadata, spec }: NetworkPolicy): NetworkPolicy {
  const { name, namespace: place, labels, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: place,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
    },
    spec,
  };
}

test("a field that the API server does not know is refused, and a value that it writes in its own way is seen", async () => {
  const [policy] = rendered.flatMap(({ policies }) => policies);
  if (policy === undefined) throw new Error("no sample has a policy");
  const put = (spec: object) =>
    plane.api<NetworkPolicy>(
      "PATCH",
      `${path(policy)}?fieldManager=serviceaccess&fieldValidation=Strict&dryRun=All`,
      { ...policy, metadata: { ...policy.metadata, namespace }, spec },
      "application/apply-patch+yaml",
    );
  expect((await put({ ...policy.spec, ingres: [] })).status).toBe(500);
  const { body } = await put({
    podSelector: {},
    policyTypes: ["Ingress"],
    ingress: [{ ports: [{ port: 1 }] }],
  });
  expect(body.spec.ingress).toEqual([{ ports: [{ port: 1, protocol: "TCP" }] }]);
});
