import { afterAll, expect, test } from "vitest";

import type { NetworkPolicy } from "../src/model/network-policy.ts";
import { eventually } from "./control-plane/eventually.ts";
import { plane } from "./control-plane/plane.ts";
import { define, undefine } from "./operator/definitions.ts";
import { attachmentDefinition, multiPolicyPath } from "./operator/networks.ts";
import { NETWORK_KINDS, OLDER_NETWORK_KINDS } from "./operator/network-definitions.ts";
import { inNamespace, serviceAccess } from "./operator/objects.ts";
import { accessPath, condition, isReady, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";

const reads = readsOf(plane.api);

await define(plane, OLDER_NETWORK_KINDS);
// Hooks run in the opposite order: the operator has ended when its kinds are taken away.
afterAll(() => undefine(plane, NETWORK_KINDS));
stage(plane);

type Stored = Pick<NetworkPolicy, "metadata" | "spec">;

async function multiPolicy(namespace: string, name: string): Promise<Stored | undefined> {
  const { status, body } = await plane.api<Stored>("GET", multiPolicyPath(namespace, name));
  return status === 200 ? body : undefined;
}

async function ready(namespace: string, name: string): Promise<void> {
  await eventually(async () => isReady(await reads.access(namespace, name)), { what: `${name} to be Ready` });
}

async function reason(namespace: string, name: string): Promise<string | undefined> {
  return condition(await reads.access(namespace, name), "Ready")?.reason;
}

const target = { podSelector: { matchLabels: { app: "db" } } };
const network = { name: "flat" };
const blocks = [{ from: [{ ipBlock: { cidr: "10.200.0.0/30", except: ["10.200.0.3/32"] } }] }];
const pair = serviceAccess("pair", { network, target, ports: [{ port: 5432 }] });
const ranges = (ports: object) =>
  serviceAccess("ranges", {
    network,
    target,
    ports: [ports],
    rights: { ingress: blocks },
    permits: { policy: "None" },
  });

test("the policies of a network come with it, are kept as they were written, and are restored", async () => {
  const namespace = await plane.namespace("networks");
  await plane.apply(...inNamespace(namespace, pair));
  await eventually(async () => (await reason(namespace, "pair")) === "NetworkNotFound", {
    what: "the missing network to be told",
  });
  await plane.apply(...inNamespace(namespace, attachmentDefinition("flat", { type: "host-local" })));
  await ready(namespace, "pair");

  const written = await multiPolicy(namespace, "pair-rights");
  expect(written?.spec).toEqual({
    podSelector: { matchLabels: { app: "db" } },
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [
          {
            podSelector: { matchLabels: { "netpol/pair": "true" } },
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
          },
        ],
        ports: [{ protocol: "TCP", port: 5432 }],
      },
    ],
  });
  expect(await reads.policies(namespace)).toEqual([]);

  const open = { metadata: { annotations: { "k8s.v1.cni.cncf.io/policy-for": null } } };
  const path = multiPolicyPath(namespace, "pair-rights");
  await plane.api("PATCH", path, open, "application/merge-patch+json");
  const isScoped = async () =>
    (await multiPolicy(namespace, "pair-rights"))?.metadata.annotations?.["k8s.v1.cni.cncf.io/policy-for"] ===
    `${namespace}/flat`;
  await eventually(isScoped, { what: "the annotation to be restored" });
  expect((await multiPolicy(namespace, "pair-rights"))?.spec).toEqual(written?.spec);
});

test("a selector on a network without addresses is refused, and the policies that are there stay", async () => {
  const namespace = await plane.namespace("networks");
  await plane.apply(...inNamespace(namespace, attachmentDefinition("flat"), ranges({ port: 22 })));
  await ready(namespace, "ranges");
  const before = await multiPolicy(namespace, "ranges-rights");
  const permits = { spec: { permits: { policy: "Generate" } } };
  await plane.api("PATCH", accessPath(namespace, "ranges"), permits, "application/merge-patch+json");
  await eventually(async () => (await reason(namespace, "ranges")) === "SelectorNeedsIPAM", {
    what: "the selector to be refused",
  });
  expect(await multiPolicy(namespace, "ranges-rights")).toEqual(before);
  expect(await multiPolicy(namespace, "ranges-permits")).toBeUndefined();
});

test("a range of ports is written in the form that the installed definition keeps, and in a shorter one later", async () => {
  const namespace = await plane.namespace("networks");
  const port = { port: 8000, endPort: 8002 };
  await plane.apply(...inNamespace(namespace, attachmentDefinition("flat"), ranges(port)));
  await ready(namespace, "ranges");
  const ports = async () => (await multiPolicy(namespace, "ranges-rights"))?.spec.ingress?.[0]?.ports;
  expect(await ports()).toEqual([8000, 8001, 8002].map((each) => ({ protocol: "TCP", port: each })));
  await plane.apply(...inNamespace(namespace, ranges({ port: 8000, endPort: 9000 })));
  await eventually(async () => (await reason(namespace, "ranges")) === "EndPortUnsupported", {
    what: "the long range to be refused",
  });
  await define(plane, NETWORK_KINDS);
  await ready(namespace, "ranges");
  expect(await ports()).toEqual([{ protocol: "TCP", port: 8000, endPort: 9000 }]);
});
