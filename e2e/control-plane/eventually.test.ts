import { expect, test } from "vitest";

import { eventually } from "./eventually.ts";

test("eventually() gives the first thing that is something", async () => {
  const given = [undefined, null, false, 0, 1];
  expect(await eventually(() => given.shift(), { what: "a number" })).toBe(0);
});

test("eventually() takes an exception for not yet", async () => {
  let attempts = 0;
  const check = () => {
    if (attempts++ < 2) throw new Error("not ready");
    return attempts;
  };
  expect(await eventually(check, { what: "the third attempt" })).toBe(3);
});

const refuse = async () => Promise.reject(new Error("connection refused"));

test("eventually() says in the end what it waited for and what it saw", async () => {
  await expect(eventually(refuse, { what: "the server", timeoutMs: 100 })).rejects.toThrow(
    "waited 0.1 s for the server: Error: connection refused",
  );
  await expect(eventually(() => false, { what: "the truth", timeoutMs: 100 })).rejects.toThrow(
    "waited 0.1 s for the truth: the check gave false",
  );
});
