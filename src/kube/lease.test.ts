import { afterEach, expect, test } from "vitest";
import { answer, refuse, scriptedServer, type Step } from "../testing/scripted-server.ts";
import { createClient } from "./client.ts";
import { type LeaseClaim, leaseClient } from "./lease.ts";
import { createTransport } from "./transport.ts";

const PATH = "/apis/coordination.k8s.io/v1/namespaces/sys/leases";

const claim: LeaseClaim = {
  holder: "a",
  duration: 1_500,
  acquired: "2026-11-21T09:00:00.000000Z",
  renewed: new Date("2026-11-21T10:00:00.25Z"),
  transitions: 3,
};

const stored = {
  kind: "Lease",
  metadata: { name: "one", namespace: "sys", resourceVersion: "7", annotations: { "x.y/z": "theirs" } },
  spec: {
    holderIdentity: "b",
    leaseDurationSeconds: 15,
    leaseTransitions: 2,
    renewTime: "2026-11-21T09:59:59Z",
  },
};

test("there may be none", async () => {
  const { lease } = await leaseOn(refuse(404, "NotFound"));
  expect(await lease.read()).toBeUndefined();
});

test("it is made with whole seconds and with times of six digits, for the API server takes no others", async () => {
  const { lease, server } = await leaseOn(answer(200, stored));
  await lease.create(claim);
  expect(server.asked).toEqual([`POST ${PATH}?`]);
  expect(server.bodies).toEqual([
    {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { namespace: "sys", name: "one" },
      spec: {
        holderIdentity: "a",
        leaseDurationSeconds: 2,
        acquireTime: "2026-11-21T09:00:00.000000Z",
        renewTime: "2026-11-21T10:00:00.250000Z",
        leaseTransitions: 3,
      },
    },
  ]);
});

test("it is replaced in the version that was read, and what others wrote beside it stays", async () => {
  const { lease, server } = await leaseOn(answer(200, stored), answer(200, stored));
  const read = await lease.read();
  if (read !== undefined) await lease.replace(read, claim);
  expect(server.asked[1]).toBe(`PUT ${PATH}/one?`);
  expect(server.bodies[1]).toMatchObject({
    metadata: stored.metadata,
    spec: { holderIdentity: "a", leaseTransitions: 3 },
  });
});

test("a conflict is an error, not an answer", async () => {
  const { lease } = await leaseOn(answer(200, stored), refuse(409, "Conflict"));
  const read = await lease.read();
  await expect(read && lease.replace(read, claim)).rejects.toMatchObject({ status: 409 });
});

test("its record is another one after each renewal, and no other one after anything else", async () => {
  const renewed = { ...stored, spec: { ...stored.spec, renewTime: "2026-11-21T10:00:01Z" } };
  const annotated = { ...stored, metadata: { ...stored.metadata, resourceVersion: "8" } };
  const { lease } = await leaseOn(answer(200, stored), answer(200, renewed), answer(200, annotated));
  const records = [await lease.read(), await lease.read(), await lease.read()].map((one) => one?.record);
  expect(records[1]).not.toBe(records[0]);
  expect(records[2]).toBe(records[0]);
});

test.each([
  ["nothing", {}],
  [
    "nonsense",
    { spec: { holderIdentity: 7, leaseDurationSeconds: "x", leaseTransitions: null, renewTime: "now" } },
  ],
])("a Lease that holds %s is held by nobody", async (_, body) => {
  const { lease } = await leaseOn(answer(200, body));
  expect(await lease.read()).toMatchObject({ holder: "", duration: 0, transitions: 0 });
});

test("a server that does not answer is an error after the time that is given", async () => {
  const { lease } = await leaseOn(() => undefined);
  await expect(lease.read()).rejects.toThrow("cannot read Lease sys/one: no answer in time");
});

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function leaseOn(...script: readonly Step[]) {
  const server = await scriptedServer(...script);
  const client = createClient(createTransport(server.kubeConfig));
  endings.push(client.close, server.close);
  return { server, lease: leaseClient(client, { namespace: "sys", name: "one" }, 200) };
}
