import type { Access } from "../control-plane/access.ts";
import { eventually } from "../control-plane/eventually.ts";

interface Refusal {
  readonly namespace: string;
  /** The name of the NetworkPolicy that nobody may write. */
  readonly policy: string;
  readonly because: string;
}

/** Fixed, because it is in the message of each refusal. */
const name = "freeze.example.org";

/** Lets the API server refuse a policy, as the guardrails of a company do; in force when this returns. */
export async function refusing(
  plane: Access,
  { namespace, policy, because }: Refusal,
): Promise<{ end(): Promise<void> }> {
  const group = { apiVersion: "admissionregistration.k8s.io/v1", metadata: { name } };
  const rule = { apiGroups: ["networking.k8s.io"], apiVersions: ["v1"], resources: ["networkpolicies"] };
  const here = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
  await plane.apply(
    {
      ...group,
      kind: "ValidatingAdmissionPolicy",
      spec: {
        matchConstraints: { resourceRules: [{ ...rule, operations: ["CREATE", "UPDATE"] }] },
        validations: [{ expression: `object.metadata.name != "${policy}"`, message: because }],
      },
    },
    {
      ...group,
      kind: "ValidatingAdmissionPolicyBinding",
      spec: { policyName: name, validationActions: ["Deny"], matchResources: { namespaceSelector: here } },
    },
  );
  const spec = { podSelector: {}, policyTypes: ["Ingress"] };
  const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies?dryRun=All`;
  await eventually(
    async () => (await plane.api("POST", path, { metadata: { name: policy }, spec })).status === 422,
    { what: "the refusal to be in force" },
  );
  return {
    async end() {
      const kinds = "validatingadmissionpolicybinding,validatingadmissionpolicy";
      await plane.kubectl(["delete", kinds, name]);
    },
  };
}
