import { readFileSync } from "node:fs";
import fc from "fast-check";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { compileSchema } from "../manifest/schema/validator.ts";
import { keyText } from "../model/key.ts";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { oddSpecArbitrary, specArbitrary } from "../testing/random-access.ts";
import { clusterArbitrary } from "../testing/random-cluster.ts";
import { accessOf, CLUSTER_DNS, smallWorld } from "../testing/small-world.ts";
import type { SmallCluster } from "../testing/table.ts";
import { inMemoryCluster } from "./in-memory.ts";
import { reconcile } from "./reconcile.ts";
import { storeOf } from "./store.ts";

fc.configureGlobal({ seed: 20_261_121 });

const validateStatus = (() => {
  const crd = load(readFileSync(new URL("../../crds/serviceaccesses.yaml", import.meta.url), "utf8"));
  const compiled = compileSchema(crd);
  if (compiled.kind !== "decoded") throw new Error("the CRD is damaged");
  return compiled.value.validateStatus;
})();

const referred = smallWorld({
  services: {
    ...CLUSTER_DNS.services,
    "x/s": { selector: { app: "a" }, ports: [{ port: 9, targetPort: "web" }] },
  },
  workloads: { "x/Deployment/d": { selector: { matchLabels: { app: "a" } } } },
});

function worldOf(cluster: SmallCluster, spec: ServiceAccessSpec): World {
  const access = accessOf("x/db", spec);
  return {
    ...referred,
    namespaces: cluster.namespaces,
    pods: new Map(cluster.pods.map((pod) => [keyText(pod), pod])),
    policies: new Map(cluster.policies.map((policy) => [keyText(policy.metadata), policy])),
    accesses: new Map([[keyText(access.metadata), access]]),
  };
}

const KEY = { namespace: "x", name: "db" };
const specs = fc.oneof(oddSpecArbitrary(), specArbitrary());

test("whatever the spec and the cluster: a run ends with a status that the schema takes, and another writes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(specs, clusterArbitrary(), async (spec, found) => {
      const cluster = inMemoryCluster(storeOf(worldOf(found, spec)));
      await reconcile(KEY, cluster, () => new Date(0));
      const status = cluster.store.world.accesses.get("x/db")?.status;
      expect(status).toBeDefined();
      expect(validateStatus(status)).toEqual([]);
      expect(status?.conditions?.[0]?.type).toBe("Ready");
      const before = cluster.changes.length;
      await reconcile(KEY, cluster, () => new Date(1e12));
      expect(cluster.changes.slice(before)).toEqual([]);
    }),
    { numRuns: 120 },
  );
});

test("from any spec to any other one: what is left is exactly what the last one asks, and what is foreign stays", async () => {
  await fc.assert(
    fc.asyncProperty(specs, specs, clusterArbitrary(), async (first, second, found) => {
      const once = inMemoryCluster(storeOf(worldOf(found, inForce(second))));
      await reconcile(KEY, once, () => new Date(0));
      fc.pre(condition(once.store.world, "Programmed") === "True");

      const changed = inMemoryCluster(storeOf(worldOf(found, first)));
      await reconcile(KEY, changed, () => new Date(0));
      const access = changed.store.world.accesses.get("x/db");
      if (access !== undefined)
        changed.store.put({
          kind: "ServiceAccess",
          object: { ...access, spec: inForce(second) },
        });
      await reconcile(KEY, changed, () => new Date(0));
      expect(specsOf(changed.store.world)).toEqual(specsOf(once.store.world));
    }),
    { numRuns: 80 },
  );
});

function inForce(spec: ServiceAccessSpec): ServiceAccessSpec {
  return { ...spec, suspend: false, mode: "Enforce" };
}

function condition({ accesses }: World, type: string): string | undefined {
  return accesses.get("x/db")?.status?.conditions?.find((each) => each.type === type)?.status;
}

function specsOf({ policies }: World): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...policies].map(([key, { spec }]) => [key, spec]));
}
