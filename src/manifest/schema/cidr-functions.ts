import type { Environment } from "@marcbachmann/cel-js";
import { addressText, contains, parseRange } from "../../core/addresses.ts";

/**
 * The part of Kubernetes' CEL library for address blocks that our rules use. A block stays the text it was written as:
 * `cidr()` only checks it, so that no type of its own is needed.
 */
export function withCidrFunctions(environment: Environment): Environment {
  return environment
    .registerFunction("isCIDR(string): bool", isCidr)
    .registerFunction("cidr(string): string", checked)
    .registerFunction("string.masked(): string", canonicalCidr)
    .registerFunction("string.prefixLength(): int", (text: string) => BigInt(prefixOf(text)))
    .registerFunction("string.containsCIDR(string): bool", containsCidr);
}

/**
 * As strict as the API server is in CEL: no leading zeros, no IPv4-mapped IPv6; host bits are allowed here.
 * `parseRange` is laxer, because policies that exist already may be.
 */
export function isCidr(text: string): boolean {
  const [base = "", prefix = "", ...more] = text.split("/");
  const dotted = base.slice(base.lastIndexOf(":") + 1);
  if (more.length > 0 || !/^(0|[1-9]\d*)$/.test(prefix)) return false;
  if (dotted.includes(".") && /(^|\.)0\d/.test(dotted)) return false;
  return parseRange(base) !== undefined && parseRange(text) !== undefined;
}

/** The one way to write a block: no bits after the prefix, IPv6 short and in lower case. */
export function canonicalCidr(text: string): string {
  const range = parseRange(text);
  return range === undefined ? text : `${addressText(range.family, range.first)}/${prefixOf(text)}`;
}

function checked(text: string): string {
  if (!isCidr(text)) throw new Error(`${text} is no address block`);
  return text;
}

function containsCidr(outer: string, inner: string): boolean {
  const [a, b] = [parseRange(checked(outer)), parseRange(checked(inner))];
  return a !== undefined && b !== undefined && contains(a, b);
}

function prefixOf(text: string): number {
  return Number(text.slice(text.indexOf("/") + 1));
}
