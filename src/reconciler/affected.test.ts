import { expect, test } from "vitest";
import { accessOf, policyOf } from "../testing/small-world.ts";
import { isOwn } from "./affected.ts";
import { createStore, type Stored } from "./store.ts";

const key = { namespace: "shop", name: "db" };
const closed = { podSelector: {}, policyTypes: ["Ingress"] } as const;

function isOwnChange(object: Stored): boolean {
  const change = createStore().put(object);
  if (change === undefined) throw new Error("nothing changed");
  return isOwn(change, key);
}

test.each([
  ["shop/db-rights", true],
  ["shop/db-permits", true],
  ["shop/db", false],
  ["other/db-rights", false],
  ["shop/web-rights", false],
])("a policy called %s is an object's own: %s", (name, own) => {
  expect(isOwnChange({ kind: "NetworkPolicy", object: policyOf(name, closed) })).toBe(own);
});

test("an object is its own, and no other is", () => {
  const spec = { target: { podSelector: {} } };
  expect(isOwnChange({ kind: "ServiceAccess", object: accessOf("shop/db", spec) })).toBe(true);
  expect(isOwnChange({ kind: "ServiceAccess", object: accessOf("shop/web", spec) })).toBe(false);
});
