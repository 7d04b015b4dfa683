import type { NetworkPolicy, NetworkPolicySpec } from "../model/network-policy.ts";

/**
 * No object ever has this version: etcd's first write is revision 2. An apply that asks for it creates an object where
 * there is none and is refused with a conflict where there is one. (A POST would guard as well, but what it writes
 * belongs to the manager's updates and not to its applies, and a later apply could not take a field away again.)
 */
const NO_OBJECT_YET = "1";

/** What is applied to bring about `policy`, provided that the API still has what was observed. */
export function appliedPolicy(
  { metadata, spec }: NetworkPolicy,
  observed: NetworkPolicy | undefined,
): { readonly metadata: object; readonly spec: NetworkPolicySpec } {
  const { name, namespace, labels, annotations, ownerReferences } = metadata;
  const guard =
    observed === undefined
      ? { resourceVersion: NO_OBJECT_YET }
      : { uid: observed.metadata.uid, resourceVersion: observed.metadata.resourceVersion };
  return {
    metadata: { name, namespace, labels, annotations, ownerReferences, ...guard },
    spec: { ...spec, ...emptied(spec, observed?.spec) },
  };
}

/**
 * An apply does not remove what another manager added and we do not mention: rules that someone put into a policy of
 * ours without any would stay, and stay open. Said to be empty, they are ours, and gone. (Not said where there are none:
 * the API server would store the same policy again, at each apply.)
 */
function emptied(
  desired: NetworkPolicySpec,
  observed: NetworkPolicySpec | undefined,
): Pick<NetworkPolicySpec, "ingress" | "egress"> {
  return {
    ...(desired.ingress === undefined && observed?.ingress?.length ? { ingress: [] } : {}),
    ...(desired.egress === undefined && observed?.egress?.length ? { egress: [] } : {}),
  };
}
