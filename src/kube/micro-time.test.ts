import { expect, test } from "vitest";
import { microTime } from "./micro-time.ts";

test.each([
  ["2026-11-21T10:31:07Z", "2026-11-21T10:31:07.000000Z"],
  ["2026-11-21T10:31:07.042Z", "2026-11-21T10:31:07.042000Z"],
])("%s is written with six digits after the point", (at, text) => {
  expect(microTime(new Date(at))).toBe(text);
});
