import fc from "fast-check";
import { expect, test } from "vitest";
import { hash } from "./hash.ts";
import { HALVES, ownershipLabels, permitsNameElsewhere, policyName } from "./names.ts";

fc.configureGlobal({ seed: 20_261_121 });

const DNS_SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Names that an object can have, most of them about as long as is allowed, with dots and dashes where one cuts. */
const names = fc
  .array(fc.constantFrom("a", "b0", "x-", "y--", "z."), { minLength: 20, maxLength: 40 })
  .map((parts) => `a${parts.join("0").slice(0, 68)}9`);

test("a short name is written out", () => {
  expect(HALVES.map((half) => policyName("memcached", half))).toEqual([
    "memcached-rights",
    "memcached-permits",
  ]);
});

// These names stand in clusters: another scheme would leave their policies behind.
test.each([
  ["a".repeat(54), `${"a".repeat(54)}-permits`],
  ["a".repeat(55), `${"a".repeat(44)}-q84yg5475a-permits`],
  ["a".repeat(63), `${"a".repeat(44)}-bh333r81gm-permits`],
  [`${"a".repeat(43)}.${"b".repeat(19)}`, `${"a".repeat(43)}--9f2wr6rbum-permits`],
])("%s has a name that never changes", (name, permits) => {
  expect(policyName(name, "permits")).toBe(permits);
});

test("every name is one that Kubernetes takes, of at most 63 characters", () => {
  fc.assert(
    fc.property(names, fc.constantFrom(...HALVES), (name, half) => {
      const policy = policyName(name, half);
      expect(policy).toMatch(DNS_SUBDOMAIN);
      expect(policy.length).toBeLessThanOrEqual(63);
      expect(policy.endsWith(`-${half}`)).toBe(true);
    }),
  );
});

test("different objects have different policies, and so have the two halves", () => {
  const long = fc.tuple(
    fc.constantFrom("a".repeat(50), `${"a".repeat(43)}.`),
    fc.stringMatching(/^[a-z0-9]{1,13}$/),
  );
  const alike = long.map(([start, end]) => `${start}${end}`);
  fc.assert(
    fc.property(alike, alike, (a, b) => {
      const all = [...new Set([a, b])].flatMap((name) => HALVES.map((half) => policyName(name, half)));
      expect(new Set(all).size).toBe(all.length);
    }),
  );
});

test("nobody can call an object by the cut name of another one", () => {
  fc.assert(
    fc.property(names, fc.constantFrom(...HALVES), (name, half) => {
      const policy = policyName(name, half);
      const impostor = policy.slice(0, -half.length - 1);
      expect(impostor === name || policyName(impostor, half) !== policy).toBe(true);
    }),
  );
});

test("permits elsewhere have a name of their own for each object, wherever it is", () => {
  const objects = fc.record({ namespace: fc.constantFrom("shop", "shop-2"), name: names });
  fc.assert(
    fc.property(objects, objects, (a, b) => {
      const [first, second] = [permitsNameElsewhere(a), permitsNameElsewhere(b)];
      expect(first).toMatch(DNS_SUBDOMAIN);
      expect(first.length).toBeLessThanOrEqual(63);
      expect(first === second).toBe(a.namespace === b.namespace && a.name === b.name);
      expect(HALVES.some((half) => first.endsWith(`-${half}`))).toBe(false);
    }),
  );
});

// These, too, stand in clusters.
test.each([
  [{ namespace: "shop", name: "db" }, "db-permits-1gloc1cu8w"],
  [{ namespace: "other", name: "db" }, "db-permits-dy4o7g5wj8"],
  [{ namespace: "shop", name: "a".repeat(63) }, `${"a".repeat(44)}-permits-988nu1qn7r`],
])("the permits elsewhere of %o have a name that never changes", (owner, name) => {
  expect(permitsNameElsewhere(owner)).toBe(name);
});

test("a hash has ten characters and tells neighbours apart", () => {
  const texts = Array.from({ length: 5000 }, (_, i) => `shop-${i}`);
  const hashes = texts.map(hash);
  expect(hashes.every((text) => /^[0-9a-z]{10}$/.test(text))).toBe(true);
  expect(new Set(hashes).size).toBe(texts.length);
});

test("the labels say whose policy it is, and copy nothing", () => {
  const owner = { name: "db", namespace: "shop", uid: "u1", labels: { "argocd.argoproj.io/instance": "x" } };
  expect(ownershipLabels(owner, "rights")).toEqual({
    "app.kubernetes.io/managed-by": "serviceaccess",
    "serviceaccess.dev/owner-name": "db",
    "serviceaccess.dev/owner-namespace": "shop",
    "serviceaccess.dev/owner-uid": "u1",
    "serviceaccess.dev/half": "rights",
  });
});
