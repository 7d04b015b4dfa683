import { expect, test } from "vitest";
import { DB_ACCESS, SHOP } from "../testing/shop.ts";
import { serviceaccess, transcript } from "../testing/transcript.ts";

const files = { "shop.yaml": SHOP, "access.yaml": DB_ACCESS };

test("render prints the pair as one manifest that kubectl reads", async () => {
  expect(await transcript("render -f shop.yaml -f access.yaml", { files }))
    .toBe(`apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db-rights
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: serviceaccess
    serviceaccess.dev/owner-name: db
    serviceaccess.dev/owner-namespace: shop
    serviceaccess.dev/half: rights
  annotations:
    serviceaccess.dev/description: Who may use the service of ServiceAccess db; change that object, not this policy.
spec:
  podSelector:
    matchLabels:
      app: db
  policyTypes:
  - Ingress
  ingress:
  - from:
    - podSelector:
        matchLabels:
          netpol/db: "true"
    ports:
    - protocol: TCP
      port: 5432
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db-permits
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: serviceaccess
    serviceaccess.dev/owner-name: db
    serviceaccess.dev/owner-namespace: shop
    serviceaccess.dev/half: permits
  annotations:
    serviceaccess.dev/description: Where the holders of the client label of ServiceAccess db may go; change that object, not this policy.
spec:
  podSelector:
    matchLabels:
      netpol/db: "true"
  policyTypes:
  - Egress
  egress:
  - to:
    - podSelector:
        matchLabels:
          app: db
    ports:
    - protocol: TCP
      port: 5432
`);
});

test("render -o json is one List, and the same for stdin", async () => {
  const { stdout } = await serviceaccess("render -f - -o json", { stdin: `${SHOP}---\n${DB_ACCESS}` });
  const list = JSON.parse(stdout) as { kind: string; items: { metadata: { name: string } }[] };
  expect([list.kind, ...list.items.map(({ metadata }) => metadata.name)]).toEqual([
    "List",
    "db-rights",
    "db-permits",
  ]);
  expect((await serviceaccess("render -f shop.yaml -f access.yaml -o json", { files })).stdout).toBe(stdout);
});

test("what render prints is read back and changes nothing", async () => {
  const { stdout } = await serviceaccess("render -f shop.yaml -f access.yaml", { files });
  const again = await serviceaccess("render -f shop.yaml -f access.yaml -f out.yaml", {
    files: { ...files, "out.yaml": stdout },
  });
  expect(again.stdout).toBe(stdout);
});

test("a target that is not in the input is bad input, with its line and a way out", async () => {
  expect(await transcript("render -f access.yaml", { files })).toBe(
    "! error: access.yaml: document 1, line 5: ServiceAccess shop/db: spec.target.workload: there is no StatefulSet " +
      "shop/db; add its manifest to the input with -f, or select the pods by podSelector\nexit 2\n",
  );
});

test("without a DNS Service in the input the rule for it is left out, and that is said", async () => {
  const asking = { ...files, "access.yaml": DB_ACCESS.replace("dns: false", "dns: true") };
  const { stdout, stderr, code } = await serviceaccess("render -f shop.yaml -f access.yaml", {
    files: asking,
  });
  expect(code).toBe(0);
  expect(stdout).toBe((await serviceaccess("render -f shop.yaml -f access.yaml", { files })).stdout);
  expect(stderr).toMatch(
    /^warning: access.yaml: document 1, line 1: ServiceAccess shop\/db: no Service kube-system\/kube-dns .*; add that Service to the input with -f, or say permits.dns: false\n$/,
  );
});

test("a suspended object renders nothing and says so", async () => {
  const suspended = { ...files, "access.yaml": DB_ACCESS.replace("spec:\n", "spec:\n  suspend: true\n") };
  expect(await transcript("render -f shop.yaml -f access.yaml", { files: suspended })).toBe(
    "! note: ServiceAccess shop/db is suspended; nothing is rendered for it\n",
  );
});

test("-n prints one namespace, and is where objects without a namespace lie", async () => {
  const { stdout } = await serviceaccess("render -f shop.yaml -f access.yaml -n other", { files });
  expect(stdout).toBe("");
  const placed = { "all.yaml": `${SHOP}---\n${DB_ACCESS}`.replaceAll(", namespace: shop", "") };
  const there = await serviceaccess("render -f all.yaml -n corner", { files: placed });
  expect(there.stdout).toContain("namespace: corner");
});

test("what the API server would refuse is refused with file, document, line and field", async () => {
  const broken = {
    "access.yaml": `# one\n---\n${DB_ACCESS.replace("5432", "0")}---\n${DB_ACCESS}  suspnd: true\n`,
  };
  const { stdout, stderr, code } = await serviceaccess("render -f access.yaml", { files: broken });
  expect([stdout, code]).toEqual(["", 2]);
  expect(
    stderr
      .split("\n")
      .map((line) => /^error: access.yaml: document \d, line \d+: [^:]*: [\w.[\]]+:/.exec(line)?.[0]),
  ).toEqual([
    "error: access.yaml: document 1, line 8: ServiceAccess db: spec.ports[0].port:",
    "error: access.yaml: document 2, line 18: ServiceAccess db: spec.suspnd:",
    undefined,
  ]);
});

test("a policy of our name that is not ours is left alone, and that is said", async () => {
  const foreign =
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: db-rights, namespace: shop}, spec: {}}";
  const { stderr } = await serviceaccess("render -f shop.yaml -f access.yaml -f foreign.yaml", {
    files: { ...files, "foreign.yaml": foreign },
  });
  expect(stderr).toContain(
    "warning: access.yaml: document 1, line 1: ServiceAccess shop/db: NetworkPolicy db-rights is not ours",
  );
});

const NETWORKED = `apiVersion: serviceaccess.dev/v1alpha1
kind: ServiceAccess
metadata: {name: db, namespace: shop}
spec:
  network: {name: flat}
  target: {podSelector: {matchLabels: {app: db}}}
  rights: {ingress: [{from: [{ipBlock: {cidr: 10.200.0.0/30}}], ports: [{port: 5432}]}]}
  permits: {policy: None}
  mode: Enforce
`;
const FLAT = `apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {name: flat, namespace: shop}
spec: {config: '{"cniVersion": "0.3.1", "name": "flat", "type": "ovn-k8s-cni-overlay", "topology": "layer2"}'}
`;

test("render says which network is missing, and writes the policy for it", async () => {
  const missing = await serviceaccess("render -f access.yaml", { files: { "access.yaml": NETWORKED } });
  expect(missing.stderr).toContain(
    "spec.network: there is no NetworkAttachmentDefinition shop/flat; add its manifest to the input with -f",
  );
  expect(missing.code).toBe(2);
  const all = { files: { "access.yaml": NETWORKED, "flat.yaml": FLAT } };
  const { stdout } = await serviceaccess("render -f access.yaml -f flat.yaml", all);
  expect(stdout).toContain("kind: MultiNetworkPolicy\n");
  expect(stdout).toContain("    k8s.v1.cni.cncf.io/policy-for: shop/flat\n");
});

test("a dry run names the kind of what it would write", async () => {
  const files = { "access.yaml": NETWORKED.replace("Enforce", "DryRun"), "flat.yaml": FLAT };
  const { stdout } = await serviceaccess("simulate -f access.yaml -f flat.yaml", { files });
  expect(stdout).toContain("  create MultiNetworkPolicy shop/db-rights\n");
});
