import { isRecord } from "../manifest/decode-json.ts";
import type { Resource } from "./resources.ts";

/** An object as the API server sent it, with the little every kind has. */
export interface Received {
  readonly meta: Meta;
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface Meta {
  /** Empty for what lies in no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
}

/** Undefined for anything that is not an object of the API. */
export function received(resource: Resource, raw: unknown): Received | undefined {
  const metadata = isRecord(raw) ? raw["metadata"] : undefined;
  if (!isRecord(raw) || !isRecord(metadata)) return undefined;
  const { name, namespace = "", uid, resourceVersion, generation } = metadata;
  if (typeof name !== "string" || typeof uid !== "string" || name === "" || uid === "") return undefined;
  if (typeof resourceVersion !== "string" || typeof namespace !== "string") return undefined;
  const meta = {
    namespace,
    name,
    uid,
    resourceVersion,
    generation: typeof generation === "number" ? generation : 0,
  };
  // The elements of a list do not say what they are: the list does.
  return { meta, raw: { kind: resource.kind, apiVersion: resource.apiVersion, ...raw } };
}

/** `namespace/name`, or the name alone for what lies in no namespace. */
export function nameOf(meta: Pick<Meta, "namespace" | "name">): string {
  return meta.namespace === "" ? meta.name : `${meta.namespace}/${meta.name}`;
}

/** Resource versions of one resource grow. Where they are not numbers nothing is known, and the answer is no. */
export function isNewer(version: string, than: string): boolean {
  if (!DECIMAL.test(version) || !DECIMAL.test(than)) return false;
  return version.length === than.length ? version > than : version.length > than.length;
}

const DECIMAL = /^[1-9][0-9]*$/;
