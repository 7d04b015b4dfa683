import { afterAll, expect, test } from "vitest";

import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane } from "../control-plane/plane.ts";
import { type Asked, isWrite } from "../faults/asked.ts";
import { startProxy } from "../faults/proxy.ts";
import { inNamespace, networkPolicy, pod, serviceAccess } from "../operator/objects.ts";
import { accessPath, isReady, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";
import { settled } from "./fresh.ts";

const reads = readsOf(plane.api);
const proxy = await startProxy(plane);
const operator = stage({ ...plane, ...proxy.address });

afterAll(async () => await proxy.close());

/** Events say what was done; whether one is lost changes nothing. */
function isOurs(asked: Asked): boolean {
  return isWrite(asked) && ["networkpolicies", "serviceaccesses"].includes(asked.plural);
}

const target = { podSelector: { matchLabels: { app: "db" } } };
const first = (elsewhere: string) => ({
  target,
  ports: [{ port: 5432 }],
  rights: { egress: [{ to: [{ podSelector: {} }], ports: [{ port: 80 }] }] },
  permits: { dns: false, namespaces: { names: [elsewhere] } },
});
const second = {
  target,
  ports: [{ port: 80 }],
  rights: { egress: [{ to: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: [{ port: 443 }] }] },
  permits: { label: { key: "netpol/data", value: "true" }, dns: false },
};

interface Place {
  readonly home: string;
  readonly elsewhere: string;
}

/** Each brings the object a step further, and is over when the operator has done what it asks. */
const life: readonly ((place: Place) => Promise<void>)[] = [
  async ({ home, elsewhere }) => {
    const theirs = networkPolicy(
      "db-rights",
      { ...target, policyTypes: ["Ingress"], ingress: [{}] },
      { annotations: { "serviceaccess.dev/adopt": "true" } },
    );
    await plane.apply(...inNamespace(home, theirs));
    await plane.apply(...inNamespace(home, serviceAccess("db", first(elsewhere))));
    await isSettled(home, elsewhere);
    expect(await reads.policies(elsewhere)).toHaveLength(1);
  },
  async ({ home, elsewhere }) => {
    const present = await reads.access(home, "db");
    await plane.api("PUT", accessPath(home, "db"), { ...present, spec: second });
    await isSettled(home, elsewhere);
    expect(await reads.policies(elsewhere)).toEqual([]);
  },
  async ({ home, elsewhere }) => {
    const present = await reads.access(home, "db");
    await plane.api("PUT", accessPath(home, "db"), { ...present, spec: first(elsewhere) });
    await isSettled(home, elsewhere);
  },
  async ({ home, elsewhere }) => {
    await plane.api("DELETE", accessPath(home, "db"));
    const left = async () => [
      ...(await reads.accesses(home)),
      ...(await reads.policies(home)),
      ...(await reads.policies(elsewhere)),
    ];
    await eventually(async () => (await left()).length === 0, { what: "everything to be gone" });
  },
];

async function isSettled(home: string, elsewhere: string): Promise<void> {
  await eventually(async () => isReady(await reads.access(home, "db")), { what: "db to be Ready" });
  const { made, fresh } = await settled(plane, 10_000, [home, elsewhere]);
  expect(made).toEqual(fresh);
}

async function place(): Promise<Place> {
  const home = await plane.namespace("kill");
  const annotations = { "serviceaccess.dev/accept-permits-from": home };
  const elsewhere = await plane.namespace("kill-elsewhere", { annotations });
  await plane.apply(
    ...inNamespace(
      home,
      pod("db-0", { app: "db", "netpol/db": "true" }),
      pod("web", { app: "web", "netpol/db": "true", "netpol/data": "true" }),
    ),
    ...inNamespace(elsewhere, pod("shop", { "netpol/db": "true" })),
  );
  return { home, elsewhere };
}

/** Lives an object's life, and ends the operator at its n-th write; whether there was such a write. */
async function lives(n: number, when: "before" | "after"): Promise<boolean> {
  const where = await place();
  const isHere = ({ namespace }: Asked): boolean => [where.home, where.elsewhere].includes(namespace);
  let restarted: Promise<void> | undefined;
  const killed = proxy.inject({
    on: (asked) => isOurs(asked) && isHere(asked),
    skip: n,
    times: 1,
    fault: { kind: "stop", when, act: () => (restarted = operator.restart("SIGKILL")) },
  });
  for (const step of life) await step(where);
  await restarted;
  killed.mend();
  return killed.hits() > 0;
}

test.runIf(hasControllers).each(["before", "after"] as const)(
  "killed %s any write reaches the API server, the operator comes back and all is as it should be",
  async (when) => {
    let n = 0;
    while (await lives(n, when)) n += 1;
    operator.figure(`killed ${when} each of ${n} writes`);
    expect(n).toBeGreaterThan(10);
  },
);
