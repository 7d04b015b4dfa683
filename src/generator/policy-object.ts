import { keyText } from "../model/key.ts";
import type { NetworkPolicy, NetworkPolicySpec, ObjectMeta } from "../model/network-policy.ts";
import type { ServiceAccess } from "../model/service-access.ts";
import {
  API_VERSION,
  DESCRIPTION_ANNOTATION,
  type Half,
  ownershipLabels,
  permitsNameElsewhere,
  policyName,
} from "./names.ts";

/** A policy in the namespace of its object, which owns it. */
export function policyBeside(access: ServiceAccess, half: Half, spec: NetworkPolicySpec): NetworkPolicy {
  const { name, namespace } = access.metadata;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: {
      name: policyName(name, half),
      namespace,
      labels: ownershipLabels(access.metadata, half),
      annotations: { [DESCRIPTION_ANNOTATION]: describe(name, half) },
      ...ownerOf(access.metadata),
    },
    spec,
  };
}

/** Never with an owner: the garbage collector looks for it beside the policy, and takes the policy when it is not there. */
export function policyElsewhere(
  { metadata }: ServiceAccess,
  namespace: string,
  spec: NetworkPolicySpec,
): NetworkPolicy {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: {
      name: permitsNameElsewhere(metadata),
      namespace,
      labels: ownershipLabels(metadata, "permits"),
      annotations: { [DESCRIPTION_ANNOTATION]: describe(keyText(metadata), "permits") },
    },
    spec,
  };
}

function describe(object: string, half: Half): string {
  return half === "rights"
    ? `Who may use the service of ServiceAccess ${object}; change that object, not this policy.`
    : `Where the holders of the client label of ServiceAccess ${object} may go; change that object, not this policy.`;
}

/** The garbage collector removes the policies with their object; an object from a file has no uid to refer to. */
function ownerOf({ name, uid }: ObjectMeta): Pick<ObjectMeta, "ownerReferences"> {
  if (uid === undefined) return {};
  const owner = { apiVersion: API_VERSION, kind: "ServiceAccess", name, uid };
  return { ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }] };
}
