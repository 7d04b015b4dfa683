import { readFileSync } from "node:fs";
import fc from "fast-check";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import { compileSchema } from "../manifest/schema/validator.ts";
import type { EgressRule, IngressRule, NetworkPolicy, PolicyPeer } from "../model/network-policy.ts";
import type { Port, ServiceAccess, ServiceAccessSpec } from "../model/service-access.ts";
import type { World } from "../model/world.ts";
import { oddSpecArbitrary, specArbitrary } from "../testing/random-access.ts";
import { accessOf, CLUSTER_DNS, smallWorld } from "../testing/small-world.ts";
import { type Generated, policiesFor } from "./policies.ts";
import { resolve } from "./references.ts";

const crd = load(readFileSync(new URL("../../crds/serviceaccesses.yaml", import.meta.url), "utf8"));

fc.configureGlobal({ seed: 20_261_121 });

const TIMES = { numRuns: 300 };

const cluster = smallWorld({
  services: {
    ...CLUSTER_DNS.services,
    "x/s": { selector: { app: "a" }, ports: [{ port: 80, targetPort: "web" }] },
  },
  workloads: { "x/Deployment/d": { selector: { matchLabels: { app: "a" } } } },
});
const withoutDns = smallWorld({ services: { "x/s": { selector: {}, ports: [{ port: 80 }] } } });

/** The same cluster with a network that assigns addresses, and one that does not. */
const flat = { namespace: "x", network: "", plugin: "macvlan", subnets: [] };
const world: World = {
  ...cluster,
  networkAttachments: new Map([
    ["x/addresses", { ...flat, name: "addresses", ipam: "subnets" }],
    ["x/none", { ...flat, name: "none", ipam: "none" }],
  ]),
};

const plainSpecs = fc.oneof(specArbitrary(), oddSpecArbitrary());
const networkSpecs = fc
  .tuple(plainSpecs, fc.constantFrom("addresses", "none"))
  .map(([spec, name]): ServiceAccessSpec => ({ ...plainer(spec), network: { name } }));
const specs = fc.oneof({ weight: 2, arbitrary: plainSpecs }, { weight: 1, arbitrary: networkSpecs });

/** With less of what a network refuses anyhow: names of ports, and Services. */
function plainer(spec: ServiceAccessSpec): ServiceAccessSpec {
  const text = JSON.stringify(spec, (key: string, value: unknown) =>
    key === "port" && typeof value === "string" ? 80 : value,
  );
  const { target, ...rest } = JSON.parse(text) as ServiceAccessSpec;
  if (target === undefined) return rest;
  return { ...rest, target: target.service === undefined ? target : { podSelector: {} } };
}

function generated(spec: ServiceAccessSpec, inWorld = world): Generated {
  const access = accessOf("x/db", spec);
  return policiesFor(access, resolve(access, inWorld));
}

interface WrittenRule {
  readonly policy: NetworkPolicy;
  readonly way: "ingress" | "egress";
  readonly peers: readonly PolicyPeer[] | null | undefined;
  readonly ports: IngressRule["ports"];
}

function rulesOf(policy: NetworkPolicy): readonly WrittenRule[] {
  const inwards = (policy.spec.ingress ?? []).map(({ from, ports }: IngressRule) => ({ peers: from, ports }));
  const outwards = (policy.spec.egress ?? []).map(({ to, ports }: EgressRule) => ({ peers: to, ports }));
  return [
    ...inwards.map((rule) => ({ policy, way: "ingress" as const, ...rule })),
    ...outwards.map((rule) => ({ policy, way: "egress" as const, ...rule })),
  ];
}

/** The lists of peers and of ports that the object itself has for this half and this way. */
function asked(
  { spec }: ServiceAccess,
  { policy, way }: WrittenRule,
): { readonly presets: readonly string[]; readonly ports: readonly Port[] } {
  const half = policy.metadata.labels?.["serviceaccess.dev/half"];
  const { ingress = [], egress = [] } = spec.rights ?? {};
  const outwards = half === "rights" ? egress : (spec.permits?.egress ?? []);
  const rules = way === "ingress" ? ingress : outwards;
  const peers = way === "ingress" ? ingress.flatMap(({ from }) => from) : outwards.flatMap(({ to }) => to);
  return {
    presets: peers.flatMap(({ preset }) => (preset === undefined ? [] : [preset])),
    ports: [...(spec.ports ?? []), ...rules.flatMap(({ ports }) => ports ?? [])],
  };
}

test("the random specs are ones that the schema accepts", () => {
  const compiled = compileSchema(crd);
  if (compiled.kind !== "decoded") throw new Error("the CRD is damaged");
  const { validateServiceAccess } = compiled.value;
  fc.assert(
    fc.property(specArbitrary(), (spec) => {
      expect(validateServiceAccess(accessOf("x/db", spec))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test("a rule for everyone is only written where the object says preset Anywhere in that list", () => {
  fc.assert(
    fc.property(specs, fc.constantFrom(world, withoutDns), (spec, inWorld) => {
      const access = accessOf("x/db", spec);
      for (const rule of generated(spec, inWorld).policies.flatMap(rulesOf)) {
        if (rule.peers === undefined) expect(asked(access, rule).presets).toContain("Anywhere");
        else expect(rule.peers).not.toEqual([]);
      }
    }),
    TIMES,
  );
});

test("a rule for every port is only written where the object says protocol Any", () => {
  fc.assert(
    fc.property(specs, fc.constantFrom(world, withoutDns), (spec, inWorld) => {
      const access = accessOf("x/db", spec);
      for (const rule of generated(spec, inWorld).policies.flatMap(rulesOf)) {
        if (rule.ports === undefined)
          expect(asked(access, rule).ports.map((port) => port.protocol)).toContain("Any");
        else expect(rule.ports).not.toEqual([]);
      }
    }),
    TIMES,
  );
});

test("no peer is empty, and none says more than one thing", () => {
  fc.assert(
    fc.property(specs, (spec) => {
      for (const { peers } of generated(spec).policies.flatMap(rulesOf)) {
        for (const peer of peers ?? []) {
          const isBlock = peer.ipBlock !== undefined;
          const isPods = peer.podSelector !== undefined || peer.namespaceSelector !== undefined;
          expect([isBlock, isPods].filter(Boolean)).toHaveLength(1);
        }
      }
    }),
    TIMES,
  );
});

test("what is written for a secondary network is in the form that every enforcer reads alike", () => {
  let written = 0;
  fc.assert(
    fc.property(networkSpecs, (spec) => {
      const { policies, undecided } = generated(spec);
      if (undecided !== undefined) expect(policies).toEqual([]);
      written += policies.length;
      for (const { kind, metadata, spec: said } of policies) {
        expect(kind).toBe("MultiNetworkPolicy");
        expect(metadata.annotations?.["k8s.v1.cni.cncf.io/policy-for"]).toBe(`x/${spec.network?.name}`);
        expect(JSON.stringify(said)).not.toContain("matchExpressions");
      }
      for (const { peers = [], ports = [] } of policies.flatMap(rulesOf)) {
        expect(ports?.every(({ port = 1 }) => typeof port === "number")).toBe(true);
        const isExcepting = peers?.some(({ ipBlock }) => ipBlock?.except !== undefined);
        if (isExcepting === true) expect(peers).toHaveLength(1);
        const isPlaced = ({ podSelector, namespaceSelector }: PolicyPeer) =>
          podSelector === undefined || namespaceSelector !== undefined;
        expect(peers?.every(isPlaced)).toBe(true);
        if (spec.network?.name === "none")
          expect(peers?.every(({ ipBlock }) => ipBlock !== undefined)).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
  // So many are written that this says something.
  expect(written).toBeGreaterThan(100);
});

test("a policy always says whom it isolates and in which direction", () => {
  fc.assert(
    fc.property(specs, (spec) => {
      for (const { spec: written } of generated(spec).policies) {
        expect(written.podSelector).toBeDefined();
        expect(written.policyTypes).not.toEqual([]);
        expect(new Set(written.policyTypes).size).toBe(written.policyTypes?.length);
        expect(written.ingress === undefined || written.policyTypes?.includes("Ingress")).toBe(true);
        expect(written.egress === undefined || written.policyTypes?.includes("Egress")).toBe(true);
      }
    }),
    TIMES,
  );
});

test("what is missing closes: no rule disappears without a word, and none appears", () => {
  fc.assert(
    fc.property(specArbitrary(), (spec) => {
      const [full, lacking] = [generated(spec), generated(spec, withoutDns)];
      if (lacking.undecided !== undefined) return;
      const before = full.policies.flatMap(rulesOf);
      const after = lacking.policies.flatMap(rulesOf);
      expect(lacking.policies.map(({ spec }) => spec.policyTypes)).toEqual(
        full.policies.map(({ spec }) => spec.policyTypes),
      );
      if (after.length < before.length) expect(lacking.dropped).not.toEqual([]);
      expect(after.length).toBeLessThanOrEqual(before.length);
    }),
    TIMES,
  );
});

test("the order in which something is said does not matter", () => {
  fc.assert(
    fc.property(specArbitrary(), fc.infiniteStream(fc.nat()), (spec, numbers) => {
      expect(generated(shuffled(spec, numbers)).policies).toEqual(generated(spec).policies);
      expect(JSON.stringify(generated(shuffled(spec, numbers)).policies)).toBe(
        JSON.stringify(generated(spec).policies),
      );
    }),
    TIMES,
  );
});

/** The same with every list and every record in another order. */
function shuffled<T>(value: T, numbers: Iterator<number>): T {
  if (isList(value)) return shuffle(value, numbers).map((each) => shuffled(each, numbers)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = shuffle(Object.entries(value), numbers);
  return Object.fromEntries(entries.map(([key, each]) => [key, shuffled(each, numbers)])) as T;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function shuffle<T>(list: readonly T[], numbers: Iterator<number>): readonly T[] {
  const keyed = list.map((each) => [numbers.next().value as number, each] as const);
  return keyed.toSorted(([a], [b]) => a - b).map(([, each]) => each);
}

test("saying something twice says nothing more", () => {
  fc.assert(
    fc.property(specArbitrary(), (spec) => {
      expect(generated(doubled(spec)).policies).toEqual(generated(spec).policies);
    }),
    TIMES,
  );
});

/** Every rule, peer and port twice; a rule for the DNS has one peer only, and lists that are sets stay as they are. */
function doubled(spec: ServiceAccessSpec): ServiceAccessSpec {
  const text = JSON.stringify(spec, (key: string, value: unknown) =>
    isList(value) && ["ports", "ingress", "egress", "from"].includes(key) ? [...value, ...value] : value,
  );
  return JSON.parse(text) as ServiceAccessSpec;
}

test("the same object gives the same policies, and is not touched", () => {
  fc.assert(
    fc.property(specs, (spec) => {
      const before = JSON.stringify(spec);
      expect(generated(spec)).toEqual(generated(spec));
      expect(JSON.stringify(spec)).toBe(before);
    }),
    { numRuns: 200 },
  );
});
