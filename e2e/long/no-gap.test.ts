import { afterAll, beforeAll, expect, test } from "vitest";

import { readLiveWorld } from "../../src/kube/live.ts";
import type { World } from "../../src/model/world.ts";
import { accessDecoder } from "../../src/operator/schema.ts";
import { type Gaps, gapsIn } from "../../src/testing/gaps.ts";
import { believe } from "../control-plane/believe.ts";
import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane } from "../control-plane/plane.ts";
import { inNamespace, networkPolicy, pod, service, serviceAccess } from "../operator/objects.ts";
import { accessPath, isReady, policyPath, readsOf } from "../operator/reads.ts";
import { type Recorder, recordPolicies } from "../operator/recorder.ts";
import { stage } from "../operator/stage.ts";

const reads = readsOf(plane.api);
const operator = stage(plane);

/** Addresses outside the cluster, in and beside the blocks that the specs name. */
const OUTSIDE = ["192.0.2.7", "198.51.100.7"];

let home: string;
let elsewhere: string;
let recorder: Recorder;

beforeAll(async () => {
  home = await plane.namespace("nogap");
  elsewhere = await plane.namespace("nogap-elsewhere", {
    annotations: { "serviceaccess.dev/accept-permits-from": home },
  });
  await plane.apply(
    ...inNamespace(
      home,
      pod("db-0", { app: "db", "netpol/db": "true" }),
      pod("db-1", { app: "db", "netpol/db": "true", "netpol/data": "true" }),
      pod("db-2", { app: "db", tier: "new" }),
      pod("cache", { app: "cache", tier: "new", "netpol/db": "true" }),
      pod("web", { app: "web", "netpol/db": "true", "netpol/data": "true" }),
      pod("report", { app: "report", "netpol/data": "true" }),
      pod("stranger", { app: "stranger" }),
    ),
    ...inNamespace(
      elsewhere,
      pod("shop", { app: "shop", "netpol/db": "true" }),
      pod("other", { app: "other" }),
    ),
    ...inNamespace(home, service("db", { app: "db" }, 5433)),
  );
  recorder = await recordPolicies(plane, [home, elsewhere]);
});

const dns = "/api/v1/namespaces/kube-system/services/kube-dns";

beforeAll(async () => {
  await plane.apply(...inNamespace("kube-system", service("kube-dns", { "k8s-app": "kube-dns" }, 53)));
  const ports = [{ port: 53, protocol: "UDP", targetPort: 53 }];
  await plane.api("PATCH", dns, { spec: { ports } }, "application/merge-patch+json");
});

afterAll(async () => {
  await plane.api("DELETE", dns);
  await recorder.close();
});

const db = { podSelector: { matchLabels: { app: "db" } } };
const everyone = { target: db, ports: [{ port: 5432 }], permits: { dns: false } };
const calls = (...names: readonly string[]) =>
  names.map((app) => ({ to: [{ podSelector: { matchLabels: { app } } }], ports: [{ port: 80 }] }));
const net = { to: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: [{ port: 443 }] };
const labelled = (key: string, more: object = {}) => ({ label: { key, value: "true" }, dns: false, ...more });

interface Change {
  readonly what: string;
  readonly before: object;
  readonly after: object;
  /** Where it cannot be had that nothing is opened in between. */
  readonly opens?: true;
}

/** Each from one spec to the other and back again. */
const changes: readonly Change[] = [
  { what: "ports", before: everyone, after: { ...everyone, ports: [{ port: 5433 }, { port: 5432 }] } },
  { what: "all ports", before: everyone, after: { ...everyone, ports: [{ port: 5433 }] } },
  { what: "the client label", before: everyone, after: { ...everyone, permits: labelled("netpol/data") } },
  {
    what: "policy types",
    before: everyone,
    after: { ...everyone, rights: { policyTypes: ["Ingress", "Egress"], egress: calls("db", "web") } },
  },
  {
    what: "what the target may call",
    before: { ...everyone, rights: { egress: calls("cache", "db") } },
    after: { ...everyone, rights: { egress: [...calls("web", "db"), net] } },
  },
  {
    what: "what the target may call, and the ports",
    before: { ...everyone, ports: [{ port: 80 }], rights: { egress: [net] } },
    after: { ...everyone, ports: [{ port: 5432 }], rights: { egress: [...calls("db"), net] } },
  },
  {
    what: "what the target may call, and the client label",
    before: { ...everyone, ports: [{ port: 80 }], rights: { egress: [net] } },
    after: {
      ...everyone,
      ports: [{ port: 80 }],
      rights: { egress: calls("db") },
      permits: labelled("netpol/data"),
    },
  },
  {
    what: "the target",
    before: everyone,
    after: { ...everyone, target: { podSelector: { matchLabels: { tier: "new" } } } },
  },
  {
    what: "the target, and what it may call",
    before: { ...everyone, ports: [{ port: 80 }], rights: { egress: calls("cache", "web") } },
    after: {
      ...everyone,
      ports: [{ port: 80 }],
      target: { podSelector: { matchLabels: { tier: "new" } } },
      rights: { egress: calls("db", "web") },
    },
    opens: true,
  },
  {
    what: "the kind of the target",
    before: everyone,
    after: { target: { service: { name: "db" } }, permits: { dns: false } },
  },
  {
    what: "whether permits are generated",
    before: everyone,
    after: { ...everyone, permits: { policy: "None" } },
  },
  {
    what: "whether holders may ask the DNS",
    before: everyone,
    after: { ...everyone, permits: { dns: true } },
  },
  {
    what: "where holders are",
    before: everyone,
    after: { ...everyone, permits: { dns: false, namespaces: { names: ["ELSEWHERE"] } } },
  },
  {
    what: "everything at once",
    before: { ...everyone, rights: { egress: [net] } },
    after: {
      target: { podSelector: { matchLabels: { tier: "new" } } },
      ports: [{ port: 80 }],
      rights: { ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 9 }] }], egress: calls("web") },
      permits: labelled("netpol/data"),
    },
    opens: true,
  },
];

async function put(name: string, spec: object): Promise<void> {
  const text = JSON.stringify(spec).replaceAll("ELSEWHERE", elsewhere);
  const object = { ...serviceAccess(name, believe<object>(text)), metadata: { name, namespace: home } };
  const path = accessPath(home, name);
  const present = await reads.access(home, name);
  const answer =
    present === undefined
      ? await plane.api("POST", accessPath(home), object)
      : await plane.api("PUT", path, { ...object, metadata: present.metadata });
  expect(answer).toMatchObject({ status: present === undefined ? 201 : 200 });
}

async function ready(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await eventually(async () => isReady(await reads.access(home, name)), { what: `${name} to be Ready` });
  }
}

/** What happened to flows that are the same before and after, by all that the API server showed meanwhile. */
async function gapsOf(change: () => Promise<void>): Promise<Gaps & { readonly states: number }> {
  await recorder.begin();
  await change();
  const states = await recorder.states();
  return { ...gapsIn(await surroundings(), states), states: states.length };
}

async function surroundings() {
  const world = await readLiveWorld({ kubeconfig: plane.kubeconfig, decodeServiceAccess: accessDecoder() });
  const isHere = ({ namespace }: { readonly namespace: string }) => [home, elsewhere].includes(namespace);
  return { pods: podsOf(world).filter(isHere), namespaces: world.namespaces, outside: OUTSIDE };
}

function podsOf({ pods }: World) {
  return [...pods.values()];
}

const none: Gaps = { cut: [], opened: [] };

test.runIf(hasControllers).each(changes)(
  "nothing is cut, or opened, while $what changes",
  async ({ before, after, opens }) => {
    await put("db", before);
    await ready("db");
    for (const spec of [after, before]) {
      const { states, cut, opened } = await gapsOf(async () => {
        await put("db", spec);
        await ready("db");
      });
      expect(states).toBeGreaterThan(1);
      expect({ cut, opened: opens === true ? [] : opened }).toEqual(none);
    }
  },
);

test.runIf(hasControllers)(
  "nothing is cut when the operator is killed in the middle of a change",
  async () => {
    await put("db", { ...everyone, ports: [{ port: 80 }], rights: { egress: [net] } });
    await ready("db");
    const gaps = await gapsOf(async () => {
      const rights = { egress: calls("db") };
      await put("db", { ...everyone, ports: [{ port: 80 }], rights, permits: labelled("netpol/data") });
      await operator.restart("SIGKILL");
      await ready("db");
    });
    expect(gaps).toMatchObject(none);
  },
);

const cache = {
  target: { podSelector: { matchLabels: { app: "cache" } } },
  ports: [{ port: 6379 }],
  permits: labelled("netpol/db"),
};

test.runIf(hasControllers)("nothing is cut when somebody's policy is taken over", async () => {
  const ingress = [
    { from: [{ podSelector: { matchLabels: { app: "web" } } }], ports: [{ port: 6379 }, { port: 9 }] },
  ];
  const annotations = { "serviceaccess.dev/adopt": "true" };
  const theirs = { podSelector: { matchLabels: { app: "cache" } }, policyTypes: ["Ingress"], ingress };
  await plane.apply(...inNamespace(home, networkPolicy("taken-rights", theirs, { annotations })));
  const gaps = await gapsOf(async () => {
    await put("taken", cache);
    await ready("taken");
  });
  expect(gaps).toMatchObject(none);
  await remove("taken");
});

test.runIf(hasControllers)("nothing is cut when an object gets another name", async () => {
  await put("first", cache);
  await ready("first");
  const gaps = await gapsOf(async () => {
    await put("second", cache);
    await ready("second");
    await remove("first");
  });
  expect(gaps).toMatchObject(none);
  await remove("second");
});

test.runIf(hasControllers)(
  "nothing is cut when an operator comes that calls its policies otherwise",
  async () => {
    await put("db", { ...everyone, rights: { egress: [net] } });
    await ready("db");
    const gaps = await gapsOf(async () => {
      await operator.restart("SIGTERM", async () => {
        await renamed("db-rights", "db-in");
        await renamed("db-permits", "db-out");
        await recorder.begin();
      });
      await ready("db");
      await eventually(async () => (await reads.policy(home, "db-in")) === undefined, {
        what: "the old to go",
      });
    });
    expect(gaps).toMatchObject(none);
    expect(gaps.states).toBe(5);
  },
);

/** The same policy under the name that an earlier operator would have given it. */
async function renamed(from: string, to: string): Promise<void> {
  const policy = await eventually(() => reads.policy(home, from), { what: from });
  const { labels, annotations, ownerReferences } = policy.metadata;
  await plane.apply(
    ...inNamespace(home, networkPolicy(to, policy.spec, { labels, annotations, ownerReferences })),
  );
  await plane.api("DELETE", policyPath(home, from));
}

async function remove(name: string): Promise<void> {
  await plane.api("DELETE", accessPath(home, name));
  await eventually(async () => (await reads.policy(home, `${name}-permits`)) === undefined, {
    what: `the policies of ${name} to go`,
  });
}
