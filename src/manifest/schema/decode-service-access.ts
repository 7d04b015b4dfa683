import type { ObjectMeta } from "../../model/network-policy.ts";
import type { Problem } from "../../model/problem.ts";
import type { ServiceAccess } from "../../model/service-access.ts";
import { decoded, isAbsent, type Decoder } from "../decode-json.ts";
import { DEFAULT_NAMESPACE } from "../decode-metadata.ts";

/**
 * A ServiceAccess that the schema accepts. A status that does not fit, from another version of the schema, is dropped:
 * the operator writes it anew, and nothing is decided by it.
 */
export function serviceAccessDecoder(
  validate: (raw: unknown) => readonly Problem[],
  validateStatus: (raw: unknown) => readonly Problem[],
): Decoder<ServiceAccess> {
  return (raw) => {
    const problems = validate(raw);
    if (problems.length > 0) return { kind: "problems", problems };
    const { apiVersion, kind, metadata, spec, status } = raw as ServiceAccess;
    const access = { apiVersion, kind, metadata: knownMetadata(metadata), spec };
    return decoded(
      validateStatus(status).length > 0
        ? access
        : { ...access, status: status as NonNullable<typeof status> },
    );
  };
}

/** The fields of the model that are there; null is the same as absent in metadata. */
function knownMetadata(metadata: ObjectMeta): ObjectMeta {
  const namespace =
    isAbsent(metadata.namespace) || metadata.namespace === "" ? DEFAULT_NAMESPACE : metadata.namespace;
  const known = KNOWN.filter((name) => !isAbsent(metadata[name])).map((name) => [name, metadata[name]]);
  return { ...Object.fromEntries(known), name: metadata.name, namespace } as ObjectMeta;
}

const KNOWN = [
  "uid",
  "resourceVersion",
  "generation",
  "labels",
  "annotations",
  "ownerReferences",
  "deletionTimestamp",
  "finalizers",
] as const satisfies readonly (keyof ObjectMeta)[];
