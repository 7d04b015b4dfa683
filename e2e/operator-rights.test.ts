import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterAll, expect, test } from "vitest";

import { ownershipLabels } from "../src/generator/names.ts";
import { auditEntries } from "./control-plane/audit.ts";
import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { plane } from "./control-plane/plane.ts";
import { define, undefine } from "./operator/definitions.ts";
import { KUBEVIRT_KINDS } from "./operator/kubevirt-definitions.ts";
import { NETWORK_KINDS } from "./operator/network-definitions.ts";
import { attachmentDefinition, multiPolicyPath } from "./operator/networks.ts";
import { inNamespace, networkPolicy, serviceAccess } from "./operator/objects.ts";
import { accessPath, isReady, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";
import { defineTiers, undefineTiers } from "./operator/tier-definitions.ts";

/**
 * Runs after all other files (vitest.config.ts), and judges what the operators of all of them asked for: the API server
 * wrote it down.
 */
const reads = readsOf(plane.api);
await defineTiers(plane);
await define(plane, [...KUBEVIRT_KINDS, ...NETWORK_KINDS]);
// Hooks run in the opposite order: the operator has ended when its kinds are taken away.
afterAll(() => undefineTiers(plane));
afterAll(() => undefine(plane, [...KUBEVIRT_KINDS, ...NETWORK_KINDS]));
stage(plane, { flags: ["--lease", "serviceaccess"] });

interface Role {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

/** `patch networkpolicies`, one for each verb of each resource. */
function granted(): readonly string[] {
  const rules = ["cluster_role.yaml", "lease_role.yaml"].flatMap((file) => shippedRole(file).rules);
  return rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
}

function shippedRole(file: string): Role {
  const text = readFileSync(join(import.meta.dirname, "../config/rbac", file), "utf8");
  return believe<Role>(JSON.stringify(load(text)));
}

/**
 * What was asked for and not refused, in the same words; an apply that creates takes the right to create as well. That
 * something is not there is an answer for those who have the right to ask.
 */
function used(): readonly string[] {
  const rights = auditEntries(plane)
    .filter(({ objectRef }) => objectRef?.resource !== undefined)
    .filter(({ responseStatus: { code } }) => code < 300 || code === 404)
    .flatMap(({ verb, objectRef, responseStatus }) => {
      const { resource = "", subresource } = objectRef ?? {};
      const what = subresource === undefined ? resource : `${resource}/${subresource}`;
      return responseStatus.code === 201 ? [`${verb} ${what}`, `create ${what}`] : [`${verb} ${what}`];
    });
  return [...new Set(rights)].toSorted();
}

test("the operator uses every right of the shipped role, and asks for no other", async () => {
  const namespace = await plane.namespace("rights");
  await plane.apply(...inNamespace(namespace, serviceAccess("web", spec({ dns: false }))));
  await eventually(async () => isReady(await reads.access(namespace, "web")), { what: "web to be Ready" });
  const without = { spec: { permits: { policy: "None", dns: null } } };
  await plane.api("PATCH", accessPath(namespace, "web"), without, "application/merge-patch+json");
  await eventually(async () => (await reads.policies(namespace)).length === 1, { what: "the permits to go" });
  await reachElsewhere(namespace);
  await changeNetwork(namespace);

  // The right to update finalizers is never used by itself: it is asked of whoever writes an owner that blocks.
  const asked = granted().filter((right) => right !== "update serviceaccesses/finalizers");
  await eventually(
    () => {
      expect(used()).toEqual(asked.toSorted());
      return true;
    },
    { what: "every right to be used" },
  );
});

function spec(permits: object): object {
  return { target: { podSelector: { matchLabels: { app: "web" } } }, ports: [{ port: 80 }], permits };
}

/** Policies of a secondary network, until the object is about the pod network. */
async function changeNetwork(namespace: string): Promise<void> {
  const asked = (network: object | null) =>
    serviceAccess("networked", { ...spec({ policy: "None" }), ...(network && { network }) });
  const flat = attachmentDefinition("flat", { type: "host-local" });
  await plane.apply(...inNamespace(namespace, flat, asked({ name: "flat" })));
  const path = multiPolicyPath(namespace, "networked-rights");
  const isThere = async () => (await plane.api("GET", path)).status === 200;
  await eventually(isThere, { what: "the policy of the network" });
  await plane.apply(...inNamespace(namespace, asked(null)));
  await eventually(async () => !(await isThere()), { what: "the policy of the network to go" });
}

/** Permits in another namespace take a finalizer; those that are left without an owner are swept away. */
async function reachElsewhere(namespace: string): Promise<void> {
  const accepting = { annotations: { "serviceaccess.dev/accept-permits-from": "*" } };
  const elsewhere = await plane.namespace("rights-elsewhere", accepting);
  const far = serviceAccess("far", spec({ dns: false, namespaces: { names: [elsewhere] } }));
  await plane.apply(...inNamespace(namespace, far));
  await eventually(async () => (await reads.policies(elsewhere)).length === 1, { what: "permits elsewhere" });
  const owner = { namespace, name: "gone", uid: randomUUID() };
  const orphan = networkPolicy(
    "orphan",
    { podSelector: {}, policyTypes: ["Egress"] },
    {
      labels: ownershipLabels(owner, "permits"),
    },
  );
  await plane.apply(...inNamespace(elsewhere, orphan));
  const isSwept = async () => (await reads.policy(elsewhere, "orphan")) === undefined;
  await eventually(isSwept, { what: "the orphan to be swept" });
}

test("no operator of any test was refused anything, but in namespaces that were going away", () => {
  const refused = auditEntries(plane).filter(({ responseStatus }) => responseStatus.code === 403);
  const strange = refused.filter(
    ({ responseStatus: { message = "" } }) => !message.includes("being terminated"),
  );
  expect(strange).toEqual([]);
});
