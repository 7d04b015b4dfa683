const group = "/apis/k8s.cni.cncf.io/v1beta1";

export function multiPolicyPath(namespace: string, name: string): string {
  return `${group}/namespaces/${namespace}/multi-networkpolicies/${name}`;
}

/** A network that assigns addresses only where `ipam` says how. */
export const attachmentDefinition = (name: string, ipam?: object) => ({
  apiVersion: "k8s.cni.cncf.io/v1",
  kind: "NetworkAttachmentDefinition",
  metadata: { name },
  spec: { config: JSON.stringify({ cniVersion: "0.3.1", name, type: "macvlan", ...(ipam && { ipam }) }) },
});
