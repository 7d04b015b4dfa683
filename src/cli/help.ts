/** What `--help` says besides the options. */
export const HELP = {
  program: {
    summary: "Says once which service may be used by whom, and proves what the policies do.",
    examples: `
Input comes from -f (files, directories, - for stdin) or, without it, from the running cluster.
ServiceAccesses among the files are rendered first and take part in every answer.

Exit codes: 0 allowed or fine, 1 denied or not fine, 3 unknown or it depends on the port, 2 bad input.

Examples:
  serviceaccess render -f access.yaml
  serviceaccess check -f manifests/ shop/Deployment/web shop/StatefulSet/db:5432
  serviceaccess test -f manifests/ expectations.yaml`,
  },
  render: {
    summary: "print the policies that the ServiceAccesses come to",
    examples: `
Examples:
  serviceaccess render -f access.yaml | kubectl apply -f -
  serviceaccess render -f manifests/ -o json
  kubectl kustomize overlays/production | serviceaccess render -f -`,
  },
  check: {
    summary: "say whether one may talk to another, and which policies decide",
    examples: `
Exit codes: 0 allowed, 1 denied, 3 unknown, 2 bad input. Without a port, 0 and 1 mean every port;
where it depends on the port the code is 3.

Examples:
  serviceaccess check -f manifests/ shop/web-0 shop/db-0:5432
  serviceaccess check -f manifests/ shop/Deployment/web kube-system/Deployment/coredns:53/UDP
  serviceaccess check -f manifests/ 203.0.113.0/24 shop/Deployment/web:443
  serviceaccess check -f manifests/ shop/Deployment/web shop/Service/db:5432
  serviceaccess check -f manifests/ --profile cilium shop/Deployment/web 198.51.100.7:443
  serviceaccess check -f manifests/ --icmp shop/Deployment/web shop/db-0
  serviceaccess check -f manifests/ --network default/flatl2net VirtualMachine/vm4 VirtualMachine/vm1:22
  serviceaccess check -f manifests/ shop/Deployment/web '[2001:db8::1]:443'
  serviceaccess check --context production shop/web-0 shop/db-0`,
  },
  matrix: {
    summary: "print who may talk to whom",
    examples: `
Examples:
  serviceaccess matrix -f manifests/
  serviceaccess matrix -f manifests/ --port 5432 -o wide
  serviceaccess matrix -f manifests/ --profile calico --against cilium
  serviceaccess matrix -f manifests/ --network default/flatl2net --network-profile mnp-ovn-kubernetes
  serviceaccess matrix -n shop -o json`,
  },
  test: {
    summary: "hold expectations against the cluster",
    examples: `
A file of expectations:
  apiVersion: serviceaccess.dev/v1alpha1
  kind: ReachabilityTest
  metadata: {name: shop}
  spec:
    cases:
    - {name: the shop may read, from: shop/Deployment/web, to: shop/StatefulSet/db, port: 5432, protocol: TCP, expect: Allowed}

A case with network: namespace/name of a NetworkAttachmentDefinition is about that secondary network.
A case without expect is a question: it is answered and does not fail.
Exit codes: 0 all hold, 1 some do not, 2 bad input.

Examples:
  serviceaccess test -f manifests/ expectations.yaml
  serviceaccess test everything.yaml -o junit > report.xml
  serviceaccess test --context production expectations.yaml -o json`,
  },
  simulate: {
    summary:
      "run the operator on a cluster made of the input: policies, statuses, dry runs, matrix, findings",
    examples: `
Examples:
  serviceaccess simulate -f manifests/
  serviceaccess simulate -f manifests/ -n shop
  serviceaccess simulate -f manifests/ -o yaml`,
  },
} as const;
