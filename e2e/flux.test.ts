import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load, loadAll } from "js-yaml";
import { expect, test } from "vitest";

import { believe } from "./control-plane/believe.ts";
import { plane } from "./control-plane/plane.ts";
import { normalised } from "./gitops/argo-diff.ts";
import { foreignKeys } from "./gitops/argo-tracking.ts";
import { applied, FLUX, predicted } from "./gitops/applied.ts";
import { type Kstatus, kstatusOf } from "./gitops/kstatus.ts";
import type { Snapshot } from "./gitops/snapshot.ts";
import { serviceAccess } from "./operator/objects.ts";
import { accessPath, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";

const root = join(import.meta.dirname, "..");
const testdata = join(root, "config/argocd/resource_customizations/serviceaccess.dev/ServiceAccess/testdata");
const reads = readsOf(plane.api);
stage(plane);

/** The states of an object's life, which e2e/long/argocd.test.ts takes from the API server and keeps fresh. */
const life: Readonly<Record<string, Kstatus>> = {
  "not-seen": "InProgress",
  waiting: "InProgress",
  healthy: "Current",
  "cut-off": "Current",
  unconsented: "Current",
  restored: "Current",
  "dry-run": "Current",
  changed: "InProgress",
  "bad-spec": "Failed",
  conflict: "Failed",
  refused: "Failed",
  suspended: "Current",
  "suspended-unwritten": "InProgress",
  deleting: "Terminating",
};

test("kstatus reads an object right in every state of its life", () => {
  const told = Object.keys(life).map((name) => {
    const text = readFileSync(join(testdata, `${name}.yaml`), "utf8");
    return [name, kstatusOf(believe<Snapshot>(JSON.stringify(load(text))))];
  });
  expect(Object.fromEntries(told)).toEqual(life);
});

test("applied by Flux, an object has no drift, its policies are not Flux's, and kubectl wait sees it ready", async () => {
  const namespace = await plane.namespace("flux");
  const labels = {
    "kustomize.toolkit.fluxcd.io/name": "shop",
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
  };
  const web = serviceAccess("web", {
    target: { podSelector: { matchLabels: { app: "web" } } },
    ports: [{ port: 8080 }],
    permits: { dns: false },
  });
  const object = { ...web, metadata: { ...web.metadata, namespace, labels } };
  await applied(plane, FLUX, object);
  const wait = ["wait", "--for=condition=Ready", "serviceaccess/web", "-n", namespace, "--timeout=15s"];
  expect(await plane.kubectl(wait)).toMatchObject({ code: 0 });

  const path = accessPath(namespace, "web");
  const { body: live } = await plane.api("GET", path);
  expect(normalised(await predicted(plane, FLUX, path, object))).toEqual(normalised(live));
  const policies = await reads.policies(namespace);
  expect(policies.length).toBe(2);
  expect(policies.flatMap(({ metadata }) => foreignKeys(metadata))).toEqual([]);
});

interface FluxKustomization {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly path: string; readonly dependsOn?: readonly { readonly name: string }[] };
}

test("the example waits for the operator before its objects, and leads to folders that are there", () => {
  const text = readFileSync(join(root, "config/flux/kustomizations.yaml"), "utf8");
  const documents = believe<readonly FluxKustomization[]>(JSON.stringify(loadAll(text)));
  const [operator, objects] = documents;
  expect(objects?.spec.dependsOn).toEqual([{ name: operator?.metadata.name }]);
  for (const { spec } of documents)
    expect(existsSync(join(root, spec.path, "kustomization.yaml"))).toBe(true);
});
