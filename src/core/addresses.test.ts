import { expect, test } from "vitest";
import { addressText, contains, parseRange } from "./addresses.ts";

/** First and last address, as people write them. */
function ends(text: string): readonly string[] | undefined {
  const range = parseRange(text);
  return range === undefined
    ? undefined
    : [addressText(range.family, range.first), addressText(range.family, range.last)];
}

test.each([
  ["10.1.2.3", "10.1.2.3", "10.1.2.3"],
  ["10.1.2.3/8", "10.0.0.0", "10.255.255.255"],
  ["010.001.02.3/032", "10.1.2.3", "10.1.2.3"],
  ["0.0.0.0/0", "0.0.0.0", "255.255.255.255"],
  ["10.0.0.0/31", "10.0.0.0", "10.0.0.1"],
  ["::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["2001:DB8::1/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"],
  ["fe80::1", "fe80::1", "fe80::1"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3", "1:0:0:2::3"],
  ["::1.2.3.4", "::102:304", "::102:304"],
])("%s reaches from %s to %s", (text, first, last) => {
  expect(ends(text)).toEqual([first, last]);
});

test.each([
  "",
  "/8",
  "10.0.0.0/",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/8/8",
  "10.0.0",
  "10.0.0.256",
  "10.0.0.0.0",
  " 10.0.0.0",
  "10.0.0.0x",
  "::/129",
  ":::",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "12345::",
  "g::",
  "::ffff:10.0.0.1",
  "::ffff:0:0/96",
  "localhost",
])("%j is no address and no block", (text) => {
  expect(ends(text)).toBeUndefined();
});

test.each([
  ["10.0.0.0/8", "10.9.0.0/16", true],
  ["10.0.0.0/8", "10.0.0.0/8", true],
  ["10.0.0.0/8", "11.0.0.0/16", false],
  ["10.0.0.0/16", "10.0.0.0/8", false],
  ["0.0.0.0/0", "::1", false],
  ["::/0", "10.0.0.1", false],
  ["fd00::/8", "fdff::1", true],
])("whether %s contains %s is %s", (outer, inner, expected) => {
  const [a, b] = [parseRange(outer), parseRange(inner)];
  expect(a !== undefined && b !== undefined && contains(a, b)).toBe(expected);
});
