import fc from "fast-check";
import { expect, test } from "vitest";
import { share } from "./share.ts";

test("equal parts of different values are one, and the values are what they were", () => {
  const pod = (name: string) => ({ name, labels: { app: "db" }, ports: [{ name: "sql", number: 5432 }] });
  const [one, other] = [share(pod("db-0")), share(pod("db-1"))];
  expect([one, other]).toEqual([pod("db-0"), pod("db-1")]);
  expect(one.labels).toBe(other.labels);
  expect(one.ports).toBe(other.ports);
});

test("a text that looks like an object is not taken for it", () => {
  const [text, object] = [share('{"a":1}'), share({ a: 1 })];
  expect([text, object, share('{"a":1}')]).toEqual(['{"a":1}', { a: 1 }, '{"a":1}']);
});

test("whatever came as JSON and is shared is equal to what it was", () => {
  const json = fc.json({ maxDepth: 4 });
  const law = fc.property(json, (text) => {
    expect(share(JSON.parse(text))).toEqual(JSON.parse(text));
  });
  fc.assert(law);
});
