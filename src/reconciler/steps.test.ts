import fc from "fast-check";
import { expect, test } from "vitest";
import { isEqual } from "../model/equal.ts";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Rights, ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import type { Pod, World } from "../model/world.ts";
import { gapsIn } from "../testing/gaps.ts";
import { specArbitrary } from "../testing/random-access.ts";
import { clusterArbitrary } from "../testing/random-cluster.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import { podOf } from "../testing/table.ts";
import { simulate } from "./in-memory.ts";
import { planFor } from "./plan.ts";
import type { Action } from "./steps.ts";

fc.configureGlobal({ seed: 20_261_121 });

const OUTSIDE = ["9.9.9.9", "10.0.2.0", "192.0.2.1", "192.0.2.200"];

/** Two specs for one object, often with most of it the same, and a cluster about which nothing is left open. */
const changes = fc
  .record({
    cluster: clusterArbitrary(),
    before: specArbitrary(),
    other: specArbitrary(),
    kept: fc.subarray(["target", "ports", "rights", "permits"] as const),
  })
  .map(({ cluster, before, other, kept }) => {
    const same = Object.fromEntries(kept.map((key) => [key, before[key]]));
    const after: ServiceAccessSpec = { ...other, ...same };
    return { before, after, world: worldOf(cluster.pods.map(plain), cluster.policies) };
  });

function plain(pod: Pod, n: number): Pod {
  const namespace = n < 4 ? "x" : pod.namespace;
  const addresses = [`10.0.${n % 2}.${n}`];
  const settled = { phase: "Running", replicas: 1, fromTemplate: false, hostNetwork: false } as const;
  return { ...pod, ...settled, namespace, addresses, node: "", nodeAddresses: [] };
}

function worldOf(pods: readonly Pod[], policies: readonly NetworkPolicy[]): World {
  const named = smallWorld({
    namespaces: { x: { app: "a" }, y: { role: "b" }, z: {} },
    services: { "x/s": { selector: { app: "a" }, ports: [{ port: 9, targetPort: "web" }] } },
    workloads: { "x/Deployment/d": { selector: { matchLabels: { app: "a" } } } },
    policies,
  });
  const namespaces = [...named.namespaces].map(
    ([name, namespace]) => [name, { ...namespace, acceptsPermitsFrom: ["*"] }] as const,
  );
  return { ...named, namespaces: new Map(namespaces), pods: new Map(pods.map((pod) => [keyText(pod), pod])) };
}

/** The policies of the cluster before the change and after each step of it. */
async function statesOf(world: World, before: ServiceAccessSpec | undefined, after: ServiceAccessSpec) {
  const start = before === undefined ? world : withAccess(world, accessOf("x/db", before));
  const settled = await simulate(start, () => new Date(0));
  const changed = accessOf("x/db", after);
  const { actions } = planFor(changed, withAccess(settled.world, changed));
  const states = [settled.world.policies];
  for (const action of actions) states.push(afterStep(states.at(-1) ?? new Map(), action));
  return { actions, states: states.map((policies) => [...policies.values()]) };
}

function withAccess(world: World, access: ServiceAccess): World {
  return { ...world, accesses: new Map([["x/db", access]]) };
}

function afterStep(policies: World["policies"], { kind, policy }: Action): World["policies"] {
  const next = new Map(policies);
  if (kind === "remove") next.delete(keyText(policy.metadata));
  else next.set(keyText(policy.metadata), policy);
  return next;
}

/** The policies that select other pods after the change, those that come or go among them. */
function movedIn(states: readonly (readonly NetworkPolicy[])[]): readonly string[] {
  const [before, after] = [states.at(0) ?? [], states.at(-1) ?? []].map(
    (policies) => new Map(policies.map((policy) => [keyText(policy.metadata), policy.spec.podSelector])),
  );
  const keys = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
  return [...keys].filter((key) => !isEqual(before?.get(key), after?.get(key)));
}

function isBridged(actions: readonly Action[]): boolean {
  return new Set(actions.map(({ policy }) => policy.metadata.name)).size < actions.length;
}

const DB: Pod = podOf("x/db-0", { ips: ["10.0.0.1"], labels: { app: "db", client: "yes" } });
const BASE: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 80 }],
  permits: { label: { key: "client", value: "yes" }, dns: false },
};
const net = (cidr: string): Rights => ({ egress: [{ to: [{ ipBlock: { cidr } }], ports: [{ port: 443 }] }] });

test.each<[string, readonly Pod[], ServiceAccessSpec | undefined, ServiceAccessSpec, readonly string[]]>([
  ["other ports", [DB], BASE, { ...BASE, ports: [{ port: 81 }] }, ["apply db-rights", "apply db-permits"]],
  [
    "no permits any more",
    [DB],
    BASE,
    { ...BASE, ports: [{ port: 81 }], permits: { policy: "None" } },
    ["apply db-rights", "remove db-permits"],
  ],
  [
    "other calls and other ports, where a pod is target and holder",
    [DB],
    { ...BASE, rights: net("192.0.2.0/25") },
    { ...BASE, rights: net("192.0.2.128/25"), ports: [{ port: 81 }] },
    ["apply db-rights", "apply db-permits", "apply db-rights"],
  ],
  [
    "other calls and other ports, where no pod is both",
    [],
    { ...BASE, rights: net("192.0.2.0/25") },
    { ...BASE, rights: net("192.0.2.128/25"), ports: [{ port: 81 }] },
    ["apply db-rights", "apply db-permits"],
  ],
  [
    "another target that calls others, where a pod is target and holder",
    [DB],
    { ...BASE, rights: net("192.0.2.0/25") },
    { ...BASE, rights: net("192.0.2.128/25"), target: { podSelector: {} } },
    ["apply db-permits", "apply db-rights", "apply db-permits"],
  ],
  [
    "the first policies, where a pod is target and holder",
    [DB],
    undefined,
    { ...BASE, rights: net("192.0.2.0/25") },
    ["apply db-rights", "apply db-permits", "apply db-rights"],
  ],
  [
    "egress that nothing isolates any more, where a pod is target and holder",
    [DB],
    { ...BASE, rights: net("192.0.2.0/25") },
    { ...BASE, permits: { ...BASE.permits, policy: "None" } },
    ["apply db-rights", "remove db-permits", "apply db-rights"],
  ],
])("the steps to %s", async (_, pods, before, after, steps) => {
  const world = worldOf([...pods, podOf("x/db-1", { ips: ["10.0.0.2"], labels: { app: "db" } })], []);
  const { actions, states } = await statesOf(world, before, after);
  expect(actions.map(({ kind, policy }) => `${kind} ${policy.metadata.name}`)).toEqual(steps);
  const { pods: all, namespaces } = world;
  const outside = ["192.0.2.1", "192.0.2.129"];
  expect(gapsIn({ pods: [...all.values()], namespaces, outside }, states).cut).toEqual([]);
});

test("no step of a change cuts a flow that is allowed before and after it", async () => {
  await fc.assert(
    fc.asyncProperty(changes, async ({ world, before, after }) => {
      const { states, actions } = await statesOf(world, before, after);
      const moved = movedIn(states);
      // What a pod loses of one half and gains of the other cannot be in one write, if both select others by then.
      fc.pre(!moved.includes("x/db-rights") || !moved.includes("x/db-permits"));
      const { pods, namespaces } = world;
      const { cut, opened } = gapsIn({ pods: [...pods.values()], namespaces, outside: OUTSIDE }, states);
      expect(cut).toEqual([]);
      // Rights that admit more before permits isolate more, and bridges, may open what is closed before and after.
      if (moved.length === 0 && !isBridged(actions)) expect(opened).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
