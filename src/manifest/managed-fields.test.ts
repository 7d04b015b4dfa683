import { expect, test } from "vitest";
import { otherManagers } from "./managed-fields.ts";

interface Entry {
  readonly manager: string;
  readonly fieldsV1: object;
}

/** As the API server sends a policy of ours, with what these managers own of it. */
function policy(
  entries: readonly Entry[],
  labels: object = { "app.kubernetes.io/managed-by": "serviceaccess" },
) {
  return { metadata: { name: "web-rights", labels, managedFields: entries } };
}

const all = {
  "f:metadata": {
    "f:annotations": { "f:serviceaccess.dev/description": {} },
    "f:labels": { "f:app.kubernetes.io/managed-by": {}, "f:serviceaccess.dev/half": {} },
    "f:ownerReferences": { 'k:{"uid":"u1"}': {} },
  },
  "f:spec": { "f:ingress": {}, "f:podSelector": {}, "f:policyTypes": {} },
};
const ours: Entry = { manager: "serviceaccess", fieldsV1: all };

test("of a policy that nobody else has touched nothing is kept", () => {
  expect(otherManagers(policy([ours]))).toEqual([]);
});

test("whoever changed a field owns it, and we do not any more", () => {
  const { "f:ingress": _ingress, ...spec } = all["f:spec"];
  const left: Entry = { manager: "serviceaccess", fieldsV1: { ...all, "f:spec": spec } };
  const theirs: Entry = {
    manager: "kubectl-edit",
    fieldsV1: {
      "f:metadata": { "f:labels": { ".": {}, "f:team": {} }, "f:annotations": { "f:note": {} } },
      "f:spec": { "f:ingress": {}, "f:policyTypes": {} },
    },
  };
  expect(otherManagers(policy([left, theirs]))).toEqual([
    { name: "kubectl-edit", fields: ["spec.ingress", "metadata.labels[team]", "metadata.annotations[note]"] },
  ]);
});

test("whoever only says the same as we do has changed nothing", () => {
  expect(otherManagers(policy([ours, { manager: "argocd-controller", fieldsV1: all }]))).toEqual([]);
});

test("a policy is ours by what we wrote, where somebody took the label away", () => {
  const theirs = { manager: "other", fieldsV1: { "f:spec": { "f:egress": {} } } };
  expect(otherManagers(policy([ours, theirs], {}))).toEqual([{ name: "other", fields: ["spec.egress"] }]);
});

test("of the policies of others nothing is kept", () => {
  expect(otherManagers(policy([{ manager: "kubectl", fieldsV1: all }], {}))).toEqual([]);
});

test.each([
  undefined,
  null,
  1,
  "x",
  [],
  {},
  { metadata: { managedFields: 1 } },
  { metadata: { managedFields: [1, null, {}] } },
])("anything else has no managers: %j", (raw) => {
  expect(otherManagers(raw)).toEqual([]);
});
