import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, expect, test } from "vitest";

import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { plane } from "./control-plane/plane.ts";
import { startControlPlane } from "./control-plane/start.ts";
import { inNamespace, serviceAccess } from "./operator/objects.ts";
import { accessPath, isReady, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";
import { tierDefinitions } from "./operator/tier-definitions.ts";

/** A control plane that writes down who asks it for what, and asks for the right to own with a blocking owner. */
const folder = mkdtempSync(join(tmpdir(), "rights-"));
const auditLog = join(folder, "audit.log");
const { etcd, kubectl, "kube-apiserver": server } = plane.binaries;
const audited = await startControlPlane({
  binaries: { etcd, kubectl, "kube-apiserver": server },
  definitions: [join(import.meta.dirname, "../crds/serviceaccesses.yaml"), administratorsKinds()],
  apiServerFlags: [
    `--audit-policy-file=${auditPolicy()}`,
    `--audit-log-path=${auditLog}`,
    "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
  ],
});
afterAll(async () => {
  await audited.stop();
  rmSync(folder, { recursive: true });
});

const reads = readsOf(audited.api);
stage(audited);

function auditPolicy(): string {
  const file = join(folder, "policy.json");
  const rules = [{ level: "Metadata", userGroups: ["system:serviceaccounts"] }, { level: "None" }];
  // A watch is complete when it ends; it is used from its start.
  const omitStages = ["RequestReceived"];
  writeFileSync(file, JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", omitStages, rules }));
  return file;
}

/** The kinds of policy that only some clusters have. */
function administratorsKinds(): string {
  const file = join(folder, "administrators.json");
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: tierDefinitions }));
  return file;
}

interface Role {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

/** `patch networkpolicies`, one for each verb of each resource. */
function granted(): readonly string[] {
  const file = join(import.meta.dirname, "../config/rbac/cluster_role.yaml");
  const { rules } = believe<Role>(JSON.stringify(load(readFileSync(file, "utf8"))));
  return rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
}

interface Entry {
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
  readonly responseStatus: { readonly code: number };
}

function entries(): readonly Entry[] {
  const lines = readFileSync(auditLog, "utf8").split("\n");
  // The last piece is empty, or a line that is still being written.
  return lines.slice(0, -1).map((line) => believe<Entry>(line));
}

/** What was asked for with success, in the same words; an apply that creates takes the right to create as well. */
function rightsIn(all: readonly Entry[]): readonly string[] {
  const rights = all
    .filter(({ objectRef, responseStatus }) => objectRef?.resource !== undefined && responseStatus.code < 300)
    .flatMap(({ verb, objectRef, responseStatus }) => {
      const { resource = "", subresource } = objectRef ?? {};
      const what = subresource === undefined ? resource : `${resource}/${subresource}`;
      return responseStatus.code === 201 ? [`${verb} ${what}`, `create ${what}`] : [`${verb} ${what}`];
    });
  return [...new Set(rights)].toSorted();
}

test("the operator uses every right of the shipped role, and asks for no other", async () => {
  const spec = {
    target: { podSelector: { matchLabels: { app: "web" } } },
    ports: [{ port: 80 }],
    permits: { dns: false },
  };
  await audited.apply(...inNamespace("default", serviceAccess("web", spec)));
  await eventually(async () => isReady(await reads.access("default", "web")), { what: "web to be Ready" });
  const without = { spec: { permits: { policy: "None", dns: null } } };
  await audited.api("PATCH", accessPath("default", "web"), without, "application/merge-patch+json");
  await eventually(async () => (await reads.policies("default")).length === 1, { what: "the permits to go" });

  // The right to update finalizers is never used by itself: it is asked of whoever writes an owner that blocks.
  const asked = granted().filter((right) => right !== "update serviceaccesses/finalizers");
  await eventually(
    () => {
      expect(rightsIn(entries())).toEqual(asked.toSorted());
      return true;
    },
    { what: "every right to be used" },
  );
  expect(entries().filter(({ responseStatus }) => responseStatus.code === 403)).toEqual([]);
});
