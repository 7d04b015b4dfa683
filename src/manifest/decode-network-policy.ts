import type {
  EgressRule,
  IngressRule,
  IPBlock,
  LabelSelector,
  LabelSelectorRequirement,
  NetworkPolicy,
  NetworkPolicySpec,
  ObjectMeta,
  OwnerReference,
  PolicyPeer,
  PolicyPort,
  PolicyType,
} from "../model/network-policy.ts";
import {
  type Decoded,
  type Decoder,
  decoded,
  defaulted,
  flag,
  integer,
  list,
  map,
  mismatch,
  object,
  oneOf,
  problem,
  stringMap,
  text,
  wire,
} from "./decode-json.ts";
import { DEFAULT_NAMESPACE, objectName } from "./decode-metadata.ts";
import { otherManagers } from "./managed-fields.ts";

/**
 * Keeps the wire shape: absent, null and empty stay what they are, for `core/compile.ts` to decide.
 * Only types are checked here; whether a selector or a CIDR makes sense is the evaluator's to say.
 */
export function decodeNetworkPolicy(
  raw: unknown,
  defaultNamespace = DEFAULT_NAMESPACE,
): Decoded<NetworkPolicy> {
  return map(policyContent(raw, defaultNamespace), (content): NetworkPolicy => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    ...content,
  }))(raw);
}

/** It has the same fields with the same meaning; only nobody has checked its values. */
export function decodeMultiNetworkPolicy(
  raw: unknown,
  defaultNamespace = DEFAULT_NAMESPACE,
): Decoded<NetworkPolicy> {
  return map(policyContent(raw, defaultNamespace), (content): NetworkPolicy => ({
    apiVersion: "k8s.cni.cncf.io/v1beta1",
    kind: "MultiNetworkPolicy",
    ...content,
  }))(raw);
}

function policyContent(
  raw: unknown,
  defaultNamespace: string,
): Decoder<Pick<NetworkPolicy, "metadata" | "spec">> {
  const managers = otherManagers(raw);
  return map(rawPolicy, ({ metadata, spec }) => ({
    metadata: {
      ...metadata,
      namespace: metadata.namespace ?? defaultNamespace,
      ...(managers.length === 0 ? {} : { managers }),
    },
    spec,
  }));
}

const requirement = wire<LabelSelectorRequirement>({ key: text, operator: text, values: list(text) }, [
  "key",
  "operator",
]);

export const labelSelector = wire<LabelSelector>(
  { matchLabels: stringMap, matchExpressions: list(requirement) },
  [],
);

const ipBlock = wire<IPBlock>({ cidr: text, except: list(text) }, ["cidr"]);

const peers = list(
  wire<PolicyPeer>({ podSelector: labelSelector, namespaceSelector: labelSelector, ipBlock }, []),
);

/** An out-of-range number is kept: it is a port that matches nothing, and the evaluator says so. */
const int32 = integer(-(2 ** 31), 2 ** 31 - 1);

const portOrName: Decoder<number | string> = (raw) => {
  if (typeof raw === "string") return decoded(raw);
  if (typeof raw === "number") return int32(raw);
  return problem(mismatch("a port number or the name of a container port", raw));
};

const ports = list(wire<PolicyPort>({ protocol: text, port: portOrName, endPort: int32 }, []));

const spec = wire<NetworkPolicySpec>(
  {
    podSelector: labelSelector,
    policyTypes: list(oneOf<PolicyType>("Ingress", "Egress")),
    ingress: list(wire<IngressRule>({ from: peers, ports }, [])),
    egress: list(wire<EgressRule>({ to: peers, ports }, [])),
  },
  [],
);

const owner = wire<OwnerReference>(
  {
    apiVersion: text,
    kind: text,
    name: text,
    uid: text,
    controller: flag,
    blockOwnerDeletion: flag,
  },
  ["kind", "name"],
);

/** ObjectMeta as read: the namespace may be left to the reader's context. */
type ReadMeta = Omit<ObjectMeta, "namespace" | "finalizers" | "managers"> & { readonly namespace?: string };

const presentMeta: Decoder<ReadMeta> = map(
  wire<ReadMeta>(
    {
      name: objectName,
      namespace: objectName,
      uid: text,
      resourceVersion: text,
      generation: integer(0, Number.MAX_SAFE_INTEGER),
      labels: stringMap,
      annotations: stringMap,
      ownerReferences: list(owner),
      deletionTimestamp: text,
    },
    ["name"],
  ),
  withoutNulls,
);

const rawPolicy = object({ metadata: presentMeta, spec: defaulted(spec, {}) });

/** In metadata null says no more than absence. */
function withoutNulls(meta: ReadMeta): ReadMeta {
  const present = Object.entries(meta).filter(([, value]) => value !== null);
  return Object.fromEntries(present) as unknown as ReadMeta;
}
