import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { readManifests } from "../manifest/read.ts";
import { compileSchema, type SchemaValidator } from "../manifest/schema/validator.ts";
import { worldOf } from "../manifest/world.ts";
import type { ServiceAccessStatus } from "../model/service-access.ts";
import { pieces } from "./bounds.ts";
import { simulate } from "./in-memory.ts";

test("addresses that no block says stand in a status as ranges, each on its own", async () => {
  const status = await statusOf([block("0.0.0.0/0", ["10.96.0.0/12"])]);
  expect(status.reachability?.map(({ to, verdict }) => [to.addresses, verdict])).toEqual([
    [["0.0.0.0-10.95.255.255", "10.112.0.0-255.255.255.255"], "Allowed"],
  ]);
});

test("a status with more addresses than a row takes has several rows, and leaves none out", async () => {
  const holes = Array.from({ length: 32 }, (_, i) => `10.${2 * i + 1}.0.0/16`);
  const more = Array.from({ length: 32 }, (_, i) => `172.${2 * i + 1}.0.0/16`);
  const status = await statusOf([block("10.0.0.0/8", holes), block("172.0.0.0/8", more)]);
  const rows = status.reachability ?? [];
  expect(rows.map(({ to }) => to.addresses?.length)).toEqual([32, 32, 2]);
  expect(new Set(rows.flatMap(({ to }) => to.addresses ?? [])).size).toBe(66);
});

test("a status stays within the schema however much there is to say", async () => {
  const peers = Array.from({ length: 32 }, (_, i) =>
    block(
      `${20 + i}.0.0.0/8`,
      Array.from({ length: 32 }, (_, j) => `${20 + i}.${2 * j + 1}.0.0/16`),
    ),
  );
  const status = await statusOf(peers);
  // Each block leaves 33 ranges, and the last of each touches the first of the next.
  expect(status.reachability?.flatMap(({ to }) => to.addresses).length).toBe(32 * 32 + 1);
  expect(status.unlisted).toBe(0);
});

test("a list in pieces is whole, and an empty one is one piece", () => {
  expect(pieces([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(pieces([], 2)).toEqual([[]]);
});

/** The status of an object without a target that opens the way to these blocks for one pod; held to the schema. */
async function statusOf(to: readonly object[]): Promise<ServiceAccessStatus> {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "client", namespace: "shop", labels: { "netpol/out": "true" } },
    status: { phase: "Running", podIP: "10.244.0.9" },
  };
  const access = {
    apiVersion: "serviceaccess.dev/v1alpha1",
    kind: "ServiceAccess",
    metadata: { name: "out", namespace: "shop", generation: 1 },
    spec: { permits: { dns: false, egress: [{ to, ports: [{ port: 443 }] }] } },
  };
  const items = [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }, pod, access];
  const { documents } = readManifests(JSON.stringify({ apiVersion: "v1", kind: "List", items }), "shop");
  const { world: before, problems } = worldOf(documents, {
    defaultNamespace: "shop",
    decodeServiceAccess: schema().decodeServiceAccess,
  });
  expect(problems).toEqual([]);
  const { world } = await simulate(before, () => new Date("2026-11-21T07:00:00Z"));
  const status = world.accesses.get("shop/out")?.status;
  expect(schema().validateStatus(status)).toEqual([]);
  return status ?? {};
}

function block(cidr: string, except: readonly string[]): object {
  return { ipBlock: { cidr, except } };
}

function schema(): SchemaValidator {
  const crd = load(readFileSync(new URL("../../crds/serviceaccesses.yaml", import.meta.url), "utf8"));
  const compiled = compileSchema(crd);
  if (compiled.kind !== "decoded") throw new Error("the CRD is of no use");
  return compiled.value;
}
