import { expect, test } from "vitest";
import type { PermitNamespaces, ServiceAccessSpec } from "../model/service-access.ts";
import { accessOf, smallWorld, type WorldSketch } from "../testing/small-world.ts";
import { elsewhereOf } from "./elsewhere.ts";
import { policiesFor } from "./policies.ts";
import { resolve } from "./references.ts";

/** The warehouse is the object's own namespace. */
const SKETCH: WorldSketch = {
  namespaces: {
    warehouse: { team: "a" },
    shop: { team: "a" },
    bazaar: { team: "b" },
    files: "unknown",
  },
  accepts: { shop: ["warehouse"], fair: ["*"], street: ["shop"], gone: ["*"], warehouse: ["*"] },
  terminating: ["gone"],
};

const specOf = (namespaces: PermitNamespaces): ServiceAccessSpec => ({
  target: { podSelector: { matchLabels: { app: "stock" } } },
  ports: [{ port: 8080 }],
  permits: { dns: false, namespaces },
});

test.each<[string, PermitNamespaces, string]>([
  ["by name, those that accept", { names: ["shop", "fair"] }, "accepted fair, shop"],
  [
    "not without consent, nor with that for another",
    { names: ["bazaar", "street"] },
    "refused bazaar, street",
  ],
  ["not where there is no such namespace", { names: ["nowhere"] }, ""],
  ["not itself, for that needs no consent", { names: ["warehouse", "shop"] }, "accepted shop"],
  ["not what is going away", { names: ["gone", "shop"] }, "accepted shop"],
  ["by label", { selector: { matchLabels: { team: "a" } } }, "accepted shop; undetermined files"],
  [
    "by label and name together",
    { names: ["shop", "fair"], selector: { matchLabels: { team: "a" } } },
    "accepted shop",
  ],
  [
    "every namespace, said with an empty selector",
    { selector: {} },
    "accepted fair, shop; refused bazaar, street; undetermined files",
  ],
  ["a namespace without an object is not guessed", { names: ["files"] }, "undetermined files"],
  [
    "by its name it is surely none of others",
    { names: ["files", "shop"], selector: { matchLabels: { "kubernetes.io/metadata.name": "shop" } } },
    "accepted shop",
  ],
])("chosen: %s", (_, namespaces, expected) => {
  const found = elsewhereOf(accessOf("warehouse/stock", specOf(namespaces)), smallWorld(SKETCH));
  const said = (["accepted", "refused", "undetermined"] as const)
    .filter((what) => found[what].length > 0)
    .map((what) => `${what} ${found[what].join(", ")}`);
  expect(said.join("; ")).toBe(expected);
});

/** `namespace/name`, with whom it selects or admits. */
function written(spec: ServiceAccessSpec): readonly string[] {
  const access = accessOf("warehouse/stock", spec);
  const { policies } = policiesFor(access, resolve(access, smallWorld(SKETCH)));
  return policies.map(({ metadata, spec: { ingress, egress } }) => {
    const { namespace, name, ownerReferences = [] } = metadata;
    const rules = JSON.stringify([...(ingress ?? []), ...(egress ?? [])]).replaceAll('"', "");
    return `${namespace}/${name} (${ownerReferences.length} owner) ${rules}`;
  });
}

test("the rights admit whom they chose, consent or not, and permits are written where they are accepted", () => {
  expect(written(specOf({ names: ["shop", "bazaar"] }))).toEqual([
    "warehouse/stock-rights (1 owner) [{from:[" +
      "{podSelector:{matchLabels:{netpol/stock:true}}," +
      "namespaceSelector:{matchExpressions:[{key:kubernetes.io/metadata.name,operator:In,values:[bazaar,shop]}]}}," +
      "{podSelector:{matchLabels:{netpol/stock:true}}}],ports:[{protocol:TCP,port:8080}]}]",
    "warehouse/stock-permits (1 owner) [{to:[{podSelector:{matchLabels:{app:stock}}}],ports:[{protocol:TCP,port:8080}]}]",
    "shop/stock-permits-urtgjr1chl (0 owner) [{to:[{podSelector:{matchLabels:{app:stock}}," +
      "namespaceSelector:{matchLabels:{kubernetes.io/metadata.name:warehouse}}}],ports:[{protocol:TCP,port:8080}]}]",
  ]);
});

test("without a permits policy the holders elsewhere are let in all the same", () => {
  const permits = { policy: "None", namespaces: { names: ["shop"] } } as const;
  const policies = written({ ...specOf({ names: ["shop"] }), permits });
  expect(policies.map((text) => text.slice(0, text.indexOf(" [")))).toEqual([
    "warehouse/stock-rights (1 owner)",
  ]);
  expect(policies[0]).toContain("kubernetes.io/metadata.name:shop");
});

test("a destination in the object's own namespace is the same one for holders elsewhere", () => {
  const egress = [{ to: [{ podSelector: {} }, { preset: "Cluster" }], ports: [{ port: 80 }] }] as const;
  const [own, other] = written({
    permits: { dns: false, egress, namespaces: { names: ["shop"] } },
  });
  expect(own).toContain("to:[{namespaceSelector:{}},{podSelector:{}}]");
  expect(other).toContain(
    "to:[{namespaceSelector:{}},{podSelector:{},namespaceSelector:{matchLabels:{kubernetes.io/metadata.name:warehouse}}}]",
  );
});

test.each<[string, PermitNamespaces | object]>([
  ["nothing", {}],
  ["an empty list of names", { names: [] }],
  ["an empty list of names beside a selector", { names: [], selector: {} }],
])("%s chooses nobody, and is said", (_, namespaces) => {
  const access = accessOf("warehouse/stock", specOf(namespaces));
  const { policies, dropped } = policiesFor(access, resolve(access, smallWorld(SKETCH)));
  expect(policies.map(({ metadata }) => metadata.namespace)).toEqual(["warehouse", "warehouse"]);
  expect(JSON.stringify(policies[0]?.spec.ingress)).not.toContain("namespaceSelector");
  expect(dropped.map(({ reason }) => reason)).toEqual(["InvalidSpec"]);
});
