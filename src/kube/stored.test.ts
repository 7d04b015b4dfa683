import { expect, test } from "vitest";
import { NETWORK_POLICIES, PODS } from "./resources.ts";
import { decodeStored } from "./stored.ts";

const noAccess = () => ({ kind: "problems", problems: [] }) as const;

const managedFields = [
  {
    manager: "kubectl",
    operation: "Update",
    fieldsType: "FieldsV1",
    fieldsV1: { "f:spec": { "f:ports": {} } },
  },
];

test("of a policy of somebody's, neither kubectl's copy nor who wrote which field is kept", () => {
  const copy = { "kubectl.kubernetes.io/last-applied-configuration": '{"kind":"NetworkPolicy"}', team: "a" };
  const policy = {
    metadata: {
      namespace: "shop",
      name: "web",
      uid: "1",
      resourceVersion: "7",
      managedFields,
      annotations: copy,
    },
    spec: { podSelector: {}, policyTypes: ["Ingress"] },
  };
  const stored = decodeStored(NETWORK_POLICIES, policy, noAccess);
  expect(stored.kind === "decoded" && stored.value.object).toMatchObject({
    metadata: { name: "web", annotations: { team: "a" } },
    spec: { podSelector: {}, policyTypes: ["Ingress"] },
  });
  expect(JSON.stringify(stored)).not.toMatch(/last-applied|managedFields|f:spec/);
});

test("of a pod only what a rule reads is kept: not its images, volumes, environment and conditions", () => {
  const pod = {
    metadata: { namespace: "shop", name: "web", uid: "1", managedFields, annotations: { a: "much" } },
    spec: {
      nodeName: "node-1",
      volumes: [{ name: "much" }],
      containers: [{ name: "main", image: "much", env: [{ name: "MUCH" }], ports: [{ containerPort: 80 }] }],
    },
    status: { phase: "Running", podIP: "10.0.0.1", conditions: [{ type: "Much" }] },
  };
  expect(JSON.stringify(decodeStored(PODS, pod, noAccess))).not.toMatch(/much/i);
});
