import { afterAll, expect, test } from "vitest";

import { ownershipLabels } from "../../src/generator/names.ts";
import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane } from "../control-plane/plane.ts";
import { of } from "../faults/asked.ts";
import { startProxy } from "../faults/proxy.ts";
import { db, elsewhere, finalizer, remote } from "../operator/elsewhere.ts";
import { inNamespace, networkPolicy } from "../operator/objects.ts";
import { condition, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";

const proxy = await startProxy(plane);
// Hooks run in the opposite order: the operator has ended when the way to the API server is closed.
afterAll(() => proxy.close());
const reads = readsOf(plane.api);
const operator = stage({ ...plane, ...proxy.address });
const { places, prepared, permitsIn, noPermitsIn, change, remove, gone } = elsewhere(plane);

test("an object that is deleted while the operator is away goes when it is back", async () => {
  const { home, open } = await prepared();
  await operator.restart("SIGKILL", async () => {
    await remove(home);
    expect((await reads.access(home, "db"))?.metadata.finalizers).toEqual([finalizer]);
  });
  await gone(home);
  expect(await reads.policy(open, remote(home))).toBeUndefined();
});

test("an operator that dies between the finalizer and the first policy goes on where it was", async () => {
  const { home, open } = await places();
  const killed = new Promise<void>((resolve) => {
    const act = (): Promise<void> => {
      process.kill(operator.pid(), "SIGKILL");
      resolve();
      return Promise.resolve();
    };
    const isHold = of("serviceaccesses", "patch");
    proxy.inject({
      on: (asked) => isHold(asked) && asked.subresource === "" && asked.namespace === home,
      times: 1,
      fault: { kind: "stop", when: "after", act },
    });
  });
  await plane.apply(...inNamespace(home, db({ names: [open] })));
  await killed;
  expect((await reads.access(home, "db"))?.metadata.finalizers).toEqual([finalizer]);
  expect(await reads.policies(open)).toEqual([]);
  await operator.restart("SIGKILL");
  await permitsIn(open, home);
  await remove(home);
  await gone(home);
});

test("what may not be removed is said, and the object goes as soon as it may", async () => {
  const { home, open } = await prepared();
  const isRemoval = of("networkpolicies", "delete");
  proxy.inject({
    on: (asked) => isRemoval(asked) && asked.namespace === open,
    fault: { kind: "refuse", status: 403, reason: "Denied" },
  });
  await remove(home);
  await eventually(
    async () => condition(await reads.access(home, "db"), "PermitsRemoved")?.reason === "Forbidden",
    { what: "the refusal to be told" },
  );
  proxy.mend();
  await change(home, { metadata: { labels: { touched: "yes" } } });
  await gone(home);
  expect(await reads.policy(open, remote(home))).toBeUndefined();
});

test("permits whose object is gone are swept at the start, and what only looks like them is not", async () => {
  const { home, open, access } = await prepared();
  const labels = ownershipLabels({ namespace: "nowhere", name: "db", uid: "gone" }, "permits");
  const closed = { podSelector: { matchLabels: { app: "nobody" } }, policyTypes: ["Egress"] };
  const lookalikes = {
    "by-helm": { labels: { ...labels, "app.kubernetes.io/managed-by": "helm" } },
    unlabelled: {},
    rights: { labels: { ...labels, "serviceaccess.dev/half": "rights" } },
    living: { labels: { ...labels, "serviceaccess.dev/owner-uid": access.metadata.uid } },
  };
  await operator.restart("SIGTERM", async () => {
    const policies = Object.entries({ orphan: { labels }, ...lookalikes });
    await plane.apply(
      ...inNamespace(open, ...policies.map(([name, meta]) => networkPolicy(name, closed, meta))),
    );
  });
  await eventually(async () => (await reads.policy(open, "orphan")) === undefined, { what: "the sweep" });
  const left = (await reads.policies(open)).map(({ metadata }) => metadata.name);
  expect(left.toSorted()).toEqual([remote(home), ...Object.keys(lookalikes)].toSorted());
});

test("permits of an object whose finalizer was taken away go when it is gone", async () => {
  const { home, open } = await prepared();
  await operator.restart("SIGTERM", async () => {
    await change(home, { metadata: { finalizers: null } });
    await remove(home);
    await gone(home);
  });
  await noPermitsIn(open, home);
  expect(await reads.access(home, "db")).toBeUndefined();
});

test.runIf(hasControllers)(
  "an object that goes with its whole namespace leaves nothing elsewhere",
  async () => {
    const { home, open } = await prepared();
    await plane.kubectl(["delete", "namespace", home, "--wait=false"]);
    await gone(home);
    expect(await reads.policy(open, remote(home))).toBeUndefined();
  },
);
