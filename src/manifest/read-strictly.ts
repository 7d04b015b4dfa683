import type { Problem } from "../model/problem.ts";
import { isRecord } from "./decode-json.ts";
import { nearest, suggestion } from "./nearest.ts";

/**
 * Fields that a manifest has and Kubernetes does not. kubectl refuses them, and so must we: a mistyped `from` would
 * otherwise be an absent one, and the rule would admit everyone.
 */
export function unknownFields(kind: string, raw: unknown): readonly Problem[] {
  return [...strangers(raw, KNOWN.get(kind) ?? OTHERS, "")];
}

/** What may stand below a field: known names, or whatever it likes. Lists are looked through. */
type Known = "anything" | Fields;
interface Fields {
  readonly [field: string]: Known;
}

function named(...fields: readonly string[]): Fields {
  return Object.fromEntries(fields.map((field) => [field, "anything"]));
}

const METADATA = named(
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "clusterName",
  "managedFields",
);

const SELECTOR: Known = { matchLabels: "anything", matchExpressions: named("key", "operator", "values") };
const PEER: Known = { podSelector: SELECTOR, namespaceSelector: SELECTOR, ipBlock: named("cidr", "except") };
const PORT = named("protocol", "port", "endPort");

const POLICY: Known = {
  apiVersion: "anything",
  kind: "anything",
  metadata: METADATA,
  status: "anything",
  spec: {
    podSelector: SELECTOR,
    policyTypes: "anything",
    ingress: { from: PEER, ports: PORT },
    egress: { to: PEER, ports: PORT },
  },
};

/** Of the other kinds we read a few fields only; a wrong word in their metadata would lose a label. */
const OTHERS: Fields = {
  apiVersion: "anything",
  kind: "anything",
  metadata: METADATA,
  spec: "anything",
  status: "anything",
};

/**
 * Subjects, peers and ports of kinds that we do not know have a meaning, to close the rule, and are not looked into; all
 * around them a wrong word would be a rule that is not there.
 */
function tierPolicy(ports: "ports" | "protocols", ...fields: readonly string[]): Known {
  return {
    ...OTHERS,
    spec: {
      ...named(...fields, "subject"),
      ingress: named("name", "action", "from", ports),
      egress: named("name", "action", "to", ports),
    },
  };
}

/** Everything stands at the top; what is said of an endpoint beside its addresses is not looked into. */
const SLICE: Known = {
  apiVersion: "anything",
  kind: "anything",
  metadata: METADATA,
  addressType: "anything",
  endpoints: "anything",
  ports: named("name", "protocol", "port", "appProtocol"),
};

const KNOWN: ReadonlyMap<string, Known> = new Map<string, Known>([
  ["NetworkPolicy", POLICY],
  ["MultiNetworkPolicy", POLICY],
  ["EndpointSlice", SLICE],
  ["NetworkAttachmentDefinition", "anything"],
  ["IPAMClaim", "anything"],
  // KubeVirt overlooks a field that it does not know (M10).
  ["VirtualMachine", "anything"],
  ["VirtualMachineInstance", "anything"],
  ["AdminNetworkPolicy", tierPolicy("ports", "priority")],
  ["BaselineAdminNetworkPolicy", tierPolicy("ports")],
  ["ClusterNetworkPolicy", tierPolicy("protocols", "tier", "priority")],
]);

function* strangers(raw: unknown, known: Known, path: string): Generator<Problem> {
  if (known === "anything") return;
  if (Array.isArray(raw)) {
    for (const [index, element] of raw.entries()) yield* strangers(element, known, `${path}[${index}]`);
  }
  if (!isRecord(raw)) return;
  for (const [name, value] of Object.entries(raw)) {
    const field = path === "" ? name : `${path}.${name}`;
    const below = Object.hasOwn(known, name) ? known[name] : undefined;
    if (below === undefined) yield { field, message: stranger(name, Object.keys(known)) };
    else yield* strangers(value, below, field);
  }
}

function stranger(name: string, known: readonly string[]): string {
  const meant = nearest(name, known, 1);
  const hint =
    meant.length > 0 || known.length > 6 ? suggestion(meant) : `; the fields here are ${known.join(", ")}`;
  return `is not a field that Kubernetes knows${hint}`;
}
