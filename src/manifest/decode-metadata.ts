import type { Labels } from "../model/labels.ts";
import type { OwnerReference } from "../model/network-policy.ts";
import type { WorkloadRef } from "../model/world.ts";
import {
  type Decoder,
  decoded,
  defaulted,
  flag,
  list,
  mismatch,
  object,
  optional,
  problem,
  stringMap,
  text,
} from "./decode-json.ts";

/** Where a manifest names no namespace, kubectl takes the one of its context: `default` unless told otherwise. */
export const DEFAULT_NAMESPACE = "default";

/** A DNS subdomain, as the API server asks of every object we read; it also keeps `/` out of our keys. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME = 253;

export const objectName: Decoder<string> = (raw) => {
  if (typeof raw !== "string") return problem(mismatch("a string", raw));
  if (raw.length <= MAX_NAME && NAME.test(raw)) return decoded(raw);
  return problem(
    `must be a name of lower case letters, digits, "-" and ".", at most ${MAX_NAME} characters, not ${JSON.stringify(raw.slice(0, 60))}`,
  );
};

/** Empty is absent to kubectl. */
const namespaceName: Decoder<string | undefined> = (raw) =>
  raw === undefined || raw === null || raw === "" ? decoded(undefined) : objectName(raw);

const ownerReference = object({
  apiVersion: defaulted(text, ""),
  kind: text,
  name: text,
  uid: defaulted(text, ""),
  controller: optional(flag),
});

const NO_ANNOTATIONS: Labels = {};

const fields = {
  name: objectName,
  namespace: namespaceName,
  uid: defaulted(text, ""),
  labels: defaulted(stringMap, {}),
  ownerReferences: defaulted(list(ownerReference), []),
  deletionTimestamp: optional(text),
};

/** The metadata every kind has; the namespace is still undecided where the manifest does not say. */
export const metadata = object(fields);

/** Only where an annotation means something: of most objects they are the largest part. */
export const annotatedMetadata = object({ ...fields, annotations: defaulted(stringMap, NO_ANNOTATIONS) });

/** The owner that manages the object: of several owners, at most one is the controller. */
export function controllerOf(
  owners: readonly Pick<OwnerReference, "kind" | "name">[],
): WorkloadRef | undefined {
  const owner = owners.find((candidate) => "controller" in candidate && candidate.controller === true);
  return owner === undefined ? undefined : { kind: owner.kind, name: owner.name };
}
