import { afterAll, expect, test } from "vitest";

import { virtualMachine } from "../../src/testing/machines.ts";
import { eventually } from "../control-plane/eventually.ts";
import { plane } from "../control-plane/plane.ts";
import { define, undefine } from "../operator/definitions.ts";
import { KUBEVIRT_KINDS } from "../operator/kubevirt-definitions.ts";
import { inNamespace, serviceAccess } from "../operator/objects.ts";
import { condition, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";

const reads = readsOf(plane.api);
afterAll(() => undefine(plane, KUBEVIRT_KINDS));
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
