import type { Labels } from "../model/labels.ts";
import type { ObjectMeta } from "../model/network-policy.ts";
import { hash } from "./hash.ts";

export type Half = "rights" | "permits";

export const HALVES: readonly Half[] = ["rights", "permits"];

export const API_VERSION = "serviceaccess.dev/v1alpha1";
export const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
export const MANAGER = "serviceaccess";
export const OWNER_NAME_LABEL = "serviceaccess.dev/owner-name";
export const OWNER_NAMESPACE_LABEL = "serviceaccess.dev/owner-namespace";
export const OWNER_UID_LABEL = "serviceaccess.dev/owner-uid";
export const HALF_LABEL = "serviceaccess.dev/half";
export const DESCRIPTION_ANNOTATION = "serviceaccess.dev/description";
export const ADOPT_ANNOTATION = "serviceaccess.dev/adopt";
/** On a Namespace: whose permits may be written there. */
export const ACCEPT_PERMITS_ANNOTATION = "serviceaccess.dev/accept-permits-from";
/** On a ServiceAccess, while policies of it lie in other namespaces, which no garbage collector takes away with it. */
export const PERMITS_FINALIZER = "serviceaccess.dev/permits";

/** On a MultiNetworkPolicy: the networks it is for; without it every enforcer passes over the policy. */
export const POLICY_FOR_ANNOTATION = "k8s.v1.cni.cncf.io/policy-for";
/** On a NetworkPolicy: the networks that Kube-OVN enforces it on. */
export const OVN_NETWORK_ANNOTATION = "ovn.kubernetes.io/network_policy_for";

/** The client label of an object that names none: `netpol/<name>: "true"`. */
export const CLIENT_LABEL_PREFIX = "netpol/";

const MAX_NAME = 63;

/**
 * `<name>-rights` or `<name>-permits`, at most 63 characters; what does not fit is cut and told apart by a hash. Such
 * names have exactly 63 characters and no others have, so that nobody can call an object by another one's cut name.
 */
export function policyName(name: string, half: Half): string {
  const full = `${name}-${half}`;
  if (full.length < MAX_NAME) return full;
  const tail = `-${hash(name)}-${half}`;
  // After a dot a name must go on with a letter or digit.
  return `${name.slice(0, MAX_NAME - tail.length).replace(/\.$/, "-")}${tail}`;
}

/**
 * The permits of an object in another namespace, `<name>-permits-<hash>`: several objects of one name may have some there.
 * No name of a policy beside its object ends like this.
 */
export function permitsNameElsewhere({ namespace, name }: ObjectMeta): string {
  const tail = `-permits-${hash(`${namespace}/${name}`)}`;
  return `${name.slice(0, MAX_NAME - tail.length).replace(/\.$/, "-")}${tail}`;
}

/** Whether permits elsewhere may be called so, of whatever object. */
export function mayBeElsewhere(name: string): boolean {
  return /-permits-[0-9a-z]{10}$/.test(name);
}

/** Labels say whose a policy is; nothing is copied from the object, or Argo CD would take the policy for its own. */
export function ownershipLabels(owner: ObjectMeta, half: Half): Labels {
  return {
    [MANAGED_BY_LABEL]: MANAGER,
    [OWNER_NAME_LABEL]: owner.name,
    [OWNER_NAMESPACE_LABEL]: owner.namespace,
    ...(owner.uid === undefined ? {} : { [OWNER_UID_LABEL]: owner.uid }),
    [HALF_LABEL]: half,
  };
}
