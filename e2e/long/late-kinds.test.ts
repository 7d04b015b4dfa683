import { afterAll, expect, test } from "vitest";

import { virtualMachine } from "../../src/testing/machines.ts";
import { eventually } from "../control-plane/eventually.ts";
import { plane } from "../control-plane/plane.ts";
import { define, undefine } from "../operator/definitions.ts";
import { KUBEVIRT_KINDS } from "../operator/kubevirt-definitions.ts";
import { NETWORK_KINDS } from "../operator/network-definitions.ts";
import { attachmentDefinition, multiPolicyPath } from "../operator/networks.ts";
import { inNamespace, serviceAccess } from "../operator/objects.ts";
import { condition, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";

const reads = readsOf(plane.api);
const withoutPolicies = NETWORK_KINDS.filter(({ kind }) => kind !== "MultiNetworkPolicy");
await define(plane, withoutPolicies);
afterAll(() => undefine(plane, [...KUBEVIRT_KINDS, ...NETWORK_KINDS]));
stage(plane);

test("KubeVirt that is installed while the operator runs is followed within a minute or so", async () => {
  const namespace = await plane.namespace("late");
  const target = { virtualMachine: { name: "vm1" } };
  await plane.apply(...inNamespace(namespace, serviceAccess("web", { target, ports: [{ port: 80 }] })));
  await eventually(
    async () => condition(await reads.access(namespace, "web"), "Ready")?.reason === "VirtualMachineNotFound",
    { what: "the missing machine to be told" },
  );
  await define(plane, KUBEVIRT_KINDS);
  const { apiVersion, kind, spec } = virtualMachine(namespace, "vm1");
  await plane.apply({ apiVersion, kind, metadata: { namespace, name: "vm1" }, spec });
  await eventually(async () => (await reads.policy(namespace, "web-rights")) !== undefined, {
    what: "the rights for the machine",
    timeoutMs: 90_000,
  });
  expect((await reads.policy(namespace, "web-rights"))?.spec.podSelector).toEqual({
    matchLabels: { "kubevirt.io": "virt-launcher", "vm.kubevirt.io/name": "vm1" },
  });
});

test("MultiNetworkPolicies that are installed while the operator runs are written within a minute or so", async () => {
  const namespace = await plane.namespace("late");
  const access = serviceAccess("db", {
    network: { name: "flat" },
    target: { podSelector: { matchLabels: { app: "db" } } },
    ports: [{ port: 5432 }],
  });
  await plane.apply(...inNamespace(namespace, attachmentDefinition("flat", { type: "host-local" }), access));
  const programmed = async () => condition(await reads.access(namespace, "db"), "Programmed");
  await eventually(async () => (await programmed())?.reason === "MultiNetworkPolicyNotServed", {
    what: "the missing kind to be told",
  });
  expect((await programmed())?.message).toContain("multi-networkpolicies.k8s.cni.cncf.io");
  await define(plane, NETWORK_KINDS);
  await eventually(async () => (await programmed())?.status === "True", {
    what: "the policies of the network",
    timeoutMs: 90_000,
  });
  expect((await plane.api("GET", multiPolicyPath(namespace, "db-rights"))).status).toBe(200);
  // Without the kind there are no policies, which somebody has taken away; that is told, and not fought about.
  await undefine(
    plane,
    NETWORK_KINDS.filter(({ kind }) => kind === "MultiNetworkPolicy"),
  );
  await eventually(async () => (await programmed())?.reason === "MultiNetworkPolicyNotServed", {
    what: "the kind that is gone to be told",
    timeoutMs: 180_000,
  });
});
