import type { PolicyType } from "../model/network-policy.ts";
import { list, object, oneOf } from "./decode-json.ts";

const onlyTypes = object({
  spec: object({ policyTypes: list(oneOf<PolicyType>("Ingress", "Egress")) }),
});

/** The directions that a NetworkPolicy is for, where they can be read although the rest cannot; they have to be written out. */
export function readablePolicyTypes(raw: unknown): readonly PolicyType[] | undefined {
  const read = onlyTypes(raw);
  if (read.kind === "problems" || read.value.spec.policyTypes.length === 0) return undefined;
  return read.value.spec.policyTypes;
}
