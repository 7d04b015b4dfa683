import { MANAGED_BY_LABEL, MANAGER } from "../generator/names.ts";
import type { FieldManager } from "../model/network-policy.ts";
import { isRecord } from "./decode-json.ts";

/**
 * Of a policy of ours, who else owns fields that we do not: whoever changes a field takes it from us, and the API server
 * notes it in `managedFields`. Nothing else of that is kept, since it is often larger than the object itself.
 */
export function otherManagers(raw: unknown): readonly FieldManager[] {
  const metadata = field(raw, "metadata");
  const entries = field(metadata, "managedFields");
  if (!Array.isArray(entries)) return [];
  const managers = entries.map((entry) => ({
    name: nameOf(entry),
    fields: fieldsOf(field(entry, "fieldsV1")),
  }));
  const own = managers.filter(({ name }) => name === MANAGER).flatMap(({ fields }) => fields);
  const isOurs = own.length > 0 || field(field(metadata, "labels"), MANAGED_BY_LABEL) === MANAGER;
  if (!isOurs) return [];
  return managers
    .filter(({ name }) => name !== MANAGER)
    .map(({ name, fields }) => ({ name, fields: fields.filter((each) => !own.includes(each)) }))
    .filter(({ fields }) => fields.length > 0);
}

function nameOf(entry: unknown): string {
  const name = field(entry, "manager");
  return typeof name === "string" && name !== "" ? name : "an unknown manager";
}

/** Every part of a policy's spec is owned as a whole; labels and annotations are owned one by one. */
function fieldsOf(fieldsV1: unknown): readonly string[] {
  const metadata = field(fieldsV1, "f:metadata");
  return [
    ...namesIn(field(fieldsV1, "f:spec")).map((name) => `spec.${name}`),
    ...namesIn(field(metadata, "f:labels")).map((name) => `metadata.labels[${name}]`),
    ...namesIn(field(metadata, "f:annotations")).map((name) => `metadata.annotations[${name}]`),
    ...namesIn(metadata)
      .filter((name) => name === "ownerReferences")
      .map((name) => `metadata.${name}`),
  ];
}

/** `f:ingress` is the field ingress; `.` is the object itself. */
function namesIn(fields: unknown): readonly string[] {
  if (!isRecord(fields)) return [];
  return Object.keys(fields).flatMap((key) => (key.startsWith("f:") ? [key.slice(2)] : []));
}

function field(raw: unknown, name: string): unknown {
  return isRecord(raw) ? raw[name] : undefined;
}
