import { expect, test } from "vitest";
import type { ServiceAccess } from "../model/service-access.ts";
import { accessOf } from "../testing/small-world.ts";
import { namespaceOf } from "../testing/table.ts";
import { farewellOf } from "./farewell.ts";
import type { Change } from "./store.ts";

const message =
  "without the policies of this object 2 pods of StatefulSet/db would be open to everyone on every port";
const bare = accessOf("shop/db", { target: { podSelector: {} } });
const exposing = { ...bare, status: { deletionWouldExpose: { pods: 2, released: 0, message } } };
const marked = { ...exposing, metadata: { ...exposing.metadata, deletionTimestamp: "2026-11-21T08:00:00Z" } };

function change(before: ServiceAccess | undefined, after: ServiceAccess | undefined): Change {
  const item = (object: ServiceAccess | undefined): Change["before"] =>
    object === undefined ? undefined : { kind: "ServiceAccess", object };
  return {
    kind: "ServiceAccess",
    key: "shop/db",
    before: item(before),
    after: item(after),
    touched: undefined,
  };
}

function farewell(before: ServiceAccess | undefined, after: ServiceAccess | undefined, terminating = false) {
  const shop = { ...namespaceOf("shop", {}), terminating };
  return farewellOf(change(before, after), { namespaces: new Map([["shop", shop]]) });
}

test("an object that goes and leaves pods open is told of, once", () => {
  const told = { type: "Warning", reason: "DeletionExposes", note: `the object is deleted: ${message}` };
  expect(farewell(exposing, undefined)).toMatchObject(told);
  expect(farewell(exposing, undefined)?.access).toEqual(bare.metadata);
  // With a finalizer it is marked first, and is gone later.
  expect(farewell(exposing, marked)).toMatchObject(told);
  expect(farewell(marked, undefined)).toBeUndefined();
});

test("of one that goes with its namespace nothing is told, for its pods go, too", () => {
  expect(farewell(exposing, undefined, true)).toBeUndefined();
});

test("of one that opens nothing, comes, or changes, nothing is told", () => {
  for (const [before, after] of [
    [bare, undefined],
    [undefined, exposing],
    [exposing, { ...exposing, spec: { target: { podSelector: {} }, suspend: true } }],
    [marked, marked],
  ] as const)
    expect(farewell(before, after)).toBeUndefined();
});
