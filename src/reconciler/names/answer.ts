import type { Family } from "../../core/answer.ts";

/** What one server, or all of them together, said of one name. */
export type NameAnswer = Readonly<Record<Family, FamilyAnswer>>;

export type FamilyAnswer =
  | { readonly kind: "addresses"; readonly records: readonly AddressRecord[] }
  /** The name is there, and has no address of this family. */
  | { readonly kind: "none" }
  /** There is no such name. */
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly why: string };

export interface AddressRecord {
  /** As the server wrote it. */
  readonly address: string;
  /** In seconds. */
  readonly ttl: number;
}

export const FAMILIES: readonly Family[] = ["IPv4", "IPv6"];

/**
 * What all servers together say: the pods ask any of them, so whatever one of them answers may be used. That there is
 * nothing is believed only when nobody failed to say so.
 */
export function joined(answers: readonly NameAnswer[]): NameAnswer {
  return {
    IPv4: joinedFamily(answers.map(({ IPv4 }) => IPv4)),
    IPv6: joinedFamily(answers.map(({ IPv6 }) => IPv6)),
  };
}

function joinedFamily(answers: readonly FamilyAnswer[]): FamilyAnswer {
  const records = answers.flatMap((each) => (each.kind === "addresses" ? each.records : []));
  if (records.length > 0) return { kind: "addresses", records };
  const failed = answers.find(({ kind }) => kind === "failed");
  if (failed !== undefined) return failed;
  if (answers.some(({ kind }) => kind === "none")) return { kind: "none" };
  return answers.length === 0 ? { kind: "failed", why: "no server was asked" } : { kind: "missing" };
}
