import type { Kind } from "./definitions.ts";

const common = { group: "k8s.cni.cncf.io", scope: "Namespaced" } as const;
const texts = { type: "array", items: { type: "string" } } as const;
const labels = { type: "object", additionalProperties: { type: "string" } } as const;

const selector = {
  type: "object",
  properties: {
    matchLabels: labels,
    matchExpressions: {
      type: "array",
      items: {
        type: "object",
        required: ["key", "operator"],
        properties: { key: { type: "string" }, operator: { type: "string" }, values: texts },
      },
    },
  },
} as const;

const peer = {
  type: "object",
  properties: {
    ipBlock: {
      type: "object",
      required: ["cidr"],
      properties: { cidr: { type: "string" }, except: texts },
    },
    namespaceSelector: selector,
    podSelector: selector,
  },
} as const;

/** As NetworkPolicy has it; whether ranges are known depends on how old the definition is. */
function multiNetworkPolicy(endPort: object): Kind {
  const port = {
    type: "object",
    properties: { port: { "x-kubernetes-int-or-string": true }, protocol: { type: "string" }, ...endPort },
  };
  const rules = (list: string) => ({
    type: "array",
    items: {
      type: "object",
      properties: { [list]: { type: "array", items: peer }, ports: { type: "array", items: port } },
    },
  });
  const spec = {
    type: "object",
    required: ["podSelector"],
    properties: { podSelector: selector, policyTypes: texts, ingress: rules("from"), egress: rules("to") },
  };
  return {
    ...common,
    version: "v1beta1",
    kind: "MultiNetworkPolicy",
    plural: "multi-networkpolicies",
    properties: { spec },
  };
}

const others: readonly Kind[] = [
  { ...common, version: "v1", kind: "NetworkAttachmentDefinition", plural: "network-attachment-definitions" },
  { ...common, version: "v1alpha1", kind: "IPAMClaim", plural: "ipamclaims", hasStatus: true },
];

/** Secondary networks, the policies for them, and the addresses that machines keep there. */
export const NETWORK_KINDS: readonly Kind[] = [
  multiNetworkPolicy({ endPort: { type: "integer" } }),
  ...others,
];

/** The same, with the older definition of the policies: the API server forgets where a range of ports ends. */
export const OLDER_NETWORK_KINDS: readonly Kind[] = [multiNetworkPolicy({}), ...others];
