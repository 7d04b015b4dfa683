import { afterAll, expect, test } from "vitest";

import { instanceOf, launcher, virtualMachine } from "../src/testing/machines.ts";
import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { serviceaccess } from "./operator/command-line.ts";
import { define, undefine } from "./operator/definitions.ts";
import { KUBEVIRT_KINDS } from "./operator/kubevirt-definitions.ts";
import { inNamespace, pod, serviceAccess } from "./operator/objects.ts";
import { condition, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";

const reads = readsOf(plane.api);

await define(plane, KUBEVIRT_KINDS);
// Hooks run in the opposite order: the operator has ended when its kinds are taken away.
afterAll(() => undefine(plane, KUBEVIRT_KINDS));
stage(plane);

const access = serviceAccess("web", {
  target: { virtualMachine: { name: "vm1" } },
  ports: [{ port: 80 }],
  permits: { dns: false },
});

interface Made {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly ownerReferences?: readonly object[];
  };
}

/** Makes an object as KubeVirt would, which is not there: what its owner did not own would be collected. */
async function make(collection: string, object: object, owner?: Made): Promise<Made> {
  const { metadata, ...rest } = believe<Made>(JSON.stringify(object));
  const { uid: _uid, ownerReferences = [], ...own } = metadata;
  const owners = ownerReferences.map((each) => ({ ...each, uid: owner?.metadata.uid }));
  const made = { ...rest, metadata: { ...own, ownerReferences: owners } };
  const { status, body } = await plane.api<Made>("POST", collection, made);
  expect(status).toBe(201);
  return body;
}

async function statusOf(namespace: string) {
  return (await reads.access(namespace, "web"))?.status;
}

async function selected(namespace: string): Promise<unknown> {
  return (await reads.policy(namespace, "web-rights"))?.spec.podSelector;
}

test.runIf(hasControllers)("a machine is followed from its start over a migration to its end", async () => {
  const namespace = await plane.namespace("vms");
  await plane.apply(...inNamespace(namespace, access, pod("client", { "netpol/web": "true" })));
  await eventually(
    async () => condition(await reads.access(namespace, "web"), "Ready")?.reason === "VirtualMachineNotFound",
    {
      what: "the missing machine to be told",
    },
  );

  const machines = `/apis/kubevirt.io/v1/namespaces/${namespace}`;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const machine = await make(`${machines}/virtualmachines`, virtualMachine(namespace, "vm1"));
  await eventually(async () => (await selected(namespace)) !== undefined, {
    what: "rights before a launcher",
  });
  expect(await selected(namespace)).toEqual({
    matchLabels: { "kubevirt.io": "virt-launcher", "vm.kubevirt.io/name": "vm1" },
  });

  const instance = await make(`${machines}/virtualmachineinstances`, instanceOf(namespace, "vm1"), machine);
  const launch = (suffix: string) =>
    make(
      pods,
      launcher(namespace, "vm1", { suffix, uid: instance.metadata.uid, image: "nothing.invalid/main" }),
      instance,
    );
  await launch("a");
  await eventually(async () => (await statusOf(namespace))?.target?.selector === "vmi.kubevirt.io/id=vm1", {
    what: "the label of the launcher in the status",
  });
  expect(await selected(namespace)).toEqual({ matchLabels: { "vmi.kubevirt.io/id": "vm1" } });
  await reaches(namespace, "a");

  await launch("b");
  await reaches(namespace, "a", "b");
  await plane.api("DELETE", `${pods}/virt-launcher-vm1-a`);
  await reaches(namespace, "b");

  const ends = [`${namespace}/client`, `${namespace}/VirtualMachine/vm1:80`];
  const asked = ["check", ...ends, "--kubeconfig", plane.kubeconfig, "-o", "json"];
  expect(await serviceaccess(asked)).toMatchObject({ verdict: "Allowed" });
});

/** However many launchers it has, the machine is one; the launchers are read beside, so that all of them have come. */
async function reaches(namespace: string, ...suffixes: readonly string[]): Promise<void> {
  const expected = {
    summary: "1 client reaches 1 of 1 pods on TCP/80",
    target: { pods: 1, clients: 1, workloads: ["VirtualMachine/vm1"] },
    reachability: [{ to: { workload: "VirtualMachine/vm1", pods: 1 }, verdict: "Allowed" }],
  };
  await eventually(
    async () => {
      const { body } = await plane.api<{
        readonly items: readonly { readonly metadata: { readonly name: string } }[];
      }>("GET", `/api/v1/namespaces/${namespace}/pods?labelSelector=kubevirt.io%3Dvirt-launcher`);
      expect(body.items.map(({ metadata }) => metadata.name)).toEqual(
        suffixes.map((suffix) => `virt-launcher-vm1-${suffix}`),
      );
      expect(await statusOf(namespace)).toMatchObject(expected);
      return true;
    },
    { what: `the machine with ${suffixes.join(" and ")}` },
  );
}
