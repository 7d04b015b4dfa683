import { Environment } from "@marcbachmann/cel-js";
import { expect, test } from "vitest";
import { canonicalCidr, isCidr, withCidrFunctions } from "./cidr-functions.ts";

test("a block is an address and a prefix length", () => {
  for (const text of [
    "10.0.0.0/8",
    "10.1.2.3/8",
    "0.0.0.0/0",
    "::/0",
    "2001:DB8::1/32",
    "64:ff9b::1.2.3.4/96",
  ]) {
    expect([text, isCidr(text)]).toEqual([text, true]);
  }
});

test("everything that reads differently elsewhere is no block", () => {
  const doubtful = [
    "10.0.0.0",
    "10.0.0.0/33",
    "010.0.0.0/8",
    "10.0.0.0/08",
    "10.0.0.0/+8",
    "10.0.0/8",
    "10.0.0.0/8/8",
  ];
  const mapped = [
    "::ffff:10.0.0.0/104",
    "::ffff:a00:0/8",
    "fe80::%eth0/64",
    "1::2::3/64",
    "::1.2.3.04/128",
    "/8",
    "",
  ];
  for (const text of [...doubtful, ...mapped]) expect([text, isCidr(text)]).toEqual([text, false]);
});

test("the canonical form has no bits after the prefix and the shortest IPv6", () => {
  expect(canonicalCidr("10.1.2.3/8")).toBe("10.0.0.0/8");
  expect(canonicalCidr("2001:DB8:0:0::1/32")).toBe("2001:db8::/32");
  expect(canonicalCidr("2001:db8:0:1:0:0:0:1/128")).toBe("2001:db8:0:1::1/128");
});

test("CEL asks about blocks as the API server lets it", () => {
  const cel = withCidrFunctions(new Environment());
  expect(cel.evaluate("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')")).toBe(true);
  expect(cel.evaluate("cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))")).toBe(false);
  expect(cel.evaluate("cidr('0.0.0.0/0').containsCIDR('::/0')")).toBe(false);
  expect(cel.evaluate("cidr('10.0.0.0/8').prefixLength() == 8")).toBe(true);
  expect(cel.evaluate("string(cidr('10.1.2.3/8').masked())")).toBe("10.0.0.0/8");
  expect((): unknown => cel.evaluate("cidr('ten')")).toThrow("ten is no address block");
});
