import { expect, test } from "vitest";
import { DB_ACCESS, SHOP } from "../testing/shop.ts";
import { serviceaccess, transcript } from "../testing/transcript.ts";

const files = { "shop/cluster.yaml": SHOP, "shop/access.yaml": DB_ACCESS };

test("an allowed flow names the policies of both sides", async () => {
  expect(await transcript("check -f shop shop/Deployment/web shop/StatefulSet/db:5432", { files })).toBe(
    `Allowed: shop/Deployment/web -> shop/StatefulSet/db TCP/5432
  SIDE      VERDICT   BY                REASON
  egress    Allowed   shop/db-permits   egress is allowed by shop/db-permits
  ingress   Allowed   shop/db-rights    ingress is allowed by shop/db-rights

  NetworkPolicy shop/db-permits accepts this egress by spec.egress[0].to[0] and spec.egress[0].ports[0].
  NetworkPolicy shop/db-rights accepts this ingress by spec.ingress[0].from[0] and spec.ingress[0].ports[0].
`,
  );
});

test("a denied flow ends with 1, and with the rule that came closest", async () => {
  expect(await transcript("check -f shop shop/stranger shop/StatefulSet/db:5432/TCP", { files })).toBe(
    `Denied: shop/stranger -> shop/StatefulSet/db TCP/5432
  SIDE      VERDICT   BY               REASON
  egress    Allowed   -                no policy isolates the pod for egress
  ingress   Denied    shop/db-rights   ingress is denied by shop/db-rights

  Egress of shop/stranger: no policy isolates the pod for egress.
  NetworkPolicy shop/db-rights isolates shop/StatefulSet/db for ingress and has no rule that covers this flow.
  The nearest miss is spec.ingress[0].from[0] of shop/db-rights: the port matches, the peer does not: it needs netpol/db=true, pod shop/stranger has no such label.
exit 1
`,
  );
});

test("without a port every port that decides is told, and a mixed answer promises neither", async () => {
  expect(await transcript("check -f shop shop/Deployment/web shop/StatefulSet/db", { files })).toBe(
    `Partial: shop/Deployment/web -> shop/StatefulSet/db

Denied: TCP/1-5431, TCP/5433-65535, UDP/1-65535, SCTP/1-65535
  SIDE      VERDICT   BY                REASON
  egress    Denied    shop/db-permits   egress is denied by shop/db-permits
  ingress   Denied    shop/db-rights    ingress is denied by shop/db-rights

  NetworkPolicy shop/db-permits isolates shop/Deployment/web for egress and has no rule that covers this flow.
  The nearest miss is spec.egress[0].to[0] of shop/db-permits: the peer matches, the port does not: TCP/5432 is allowed.
  NetworkPolicy shop/db-rights isolates shop/StatefulSet/db for ingress and has no rule that covers this flow.
  The nearest miss is spec.ingress[0].from[0] of shop/db-rights: the peer matches, the port does not: TCP/5432 is allowed.

Allowed: TCP/5432
  SIDE      VERDICT   BY                REASON
  egress    Allowed   shop/db-permits   egress is allowed by shop/db-permits
  ingress   Allowed   shop/db-rights    ingress is allowed by shop/db-rights

  NetworkPolicy shop/db-permits accepts this egress by spec.egress[0].to[0] and spec.egress[0].ports[0].
  NetworkPolicy shop/db-rights accepts this ingress by spec.ingress[0].from[0] and spec.ingress[0].ports[0].
exit 3
`,
  );
});

test.each([
  ["shop/stranger shop/Deployment/web", "Allowed", 0],
  ["shop/stranger shop/StatefulSet/db", "Denied", 1],
])("check %s without a port is %s of every port", async (ends, verdict, code) => {
  const result = await serviceaccess(`check -f shop ${ends} -o json`, { files });
  expect(JSON.parse(result.stdout)).toMatchObject({ verdict, unknown: [] });
  expect(result.code).toBe(code);
});

test("-o json holds the verdict, both sides and the ports", async () => {
  const one = await serviceaccess("check -f shop shop/stranger shop/statefulset/db:5432 -o json", { files });
  const { explanation, ...answer } = JSON.parse(one.stdout) as { readonly explanation: readonly object[] };
  expect(explanation.length).toBe(1);
  expect(answer).toEqual({
    from: "shop/stranger",
    to: "shop/statefulset/db",
    port: 5432,
    protocol: "TCP",
    verdict: "Denied",
    egress: { verdict: "Allowed", by: [], reason: "no policy isolates the pod for egress" },
    ingress: { verdict: "Denied", by: ["shop/db-rights"], reason: "ingress is denied by shop/db-rights" },
    reason: "ingress is denied by shop/db-rights",
  });
  const all = await serviceaccess("check -f shop shop/Deployment/web shop/StatefulSet/db -o json", { files });
  expect(JSON.parse(all.stdout)).toMatchObject({ verdict: "Partial", allowed: ["TCP/5432"], unknown: [] });
});

test("-o json explains each side by policy, rule, peer and port, as data and in sentences", async () => {
  const explained = async (ends: string): Promise<unknown> => {
    const { stdout } = await serviceaccess(`check -f shop ${ends} -o json`, { files });
    return (JSON.parse(stdout) as { readonly explanation: unknown }).explanation;
  };
  expect(await explained("shop/stranger shop/StatefulSet/db:5432")).toMatchObject([
    {
      from: "shop/stranger",
      to: "shop/StatefulSet/db",
      family: "IPv4",
      verdict: "Denied",
      egress: { walk: [] },
      ingress: {
        walk: [{ tier: "NetworkPolicy", policy: "shop/db-rights", did: "isolates", decides: true }],
        nearest: {
          policy: "shop/db-rights",
          at: { rule: 0, peer: 0 },
          lacks: [{ kind: "label", of: "pod", name: "shop/stranger", needs: "netpol/db=true" }],
        },
      },
      sentences: [
        expect.stringMatching(/^Egress/),
        expect.stringMatching(/isolates/),
        expect.stringMatching(/nearest/),
      ],
    },
  ]);
  expect(await explained("shop/Deployment/web shop/StatefulSet/db:5432")).toMatchObject([
    {
      egress: { walk: [{ policy: "shop/db-permits", did: "accepts", rule: { rule: 0, peer: 0, port: 0 } }] },
      ingress: { walk: [{ policy: "shop/db-rights", did: "accepts", rule: { rule: 0, peer: 0, port: 0 } }] },
    },
  ]);
  const { stdout } = await serviceaccess("check -f shop shop/Deployment/web shop/StatefulSet/db -o json", {
    files,
  });
  expect(JSON.parse(stdout)).toMatchObject({
    ports: [
      { explanation: [{ verdict: "Denied", port: 1 }] },
      { explanation: [{ verdict: "Allowed", port: 5432 }] },
    ],
  });
});

test.each([
  ["203.0.113.7", "shop/StatefulSet/db:5432", 1],
  ["203.0.113.0/24", "shop/Deployment/web:80", 0],
  ["2001:db8::/32", "shop/StatefulSet/db:5432", 1],
  ["shop/Deployment/web", "203.0.113.7:443", 1],
  ["shop/Deployment/web", "[2001:db8::1]:443", 1],
  ["shop/Deployment/web", "[2001:db8::1]", 1],
  ["shop/stranger", "2001:db8::1", 3],
  ["10.1.0.9", "shop/StatefulSet/db:5432", 1],
  ["203.0.113.7", "198.51.100.1:443", 3],
  ["shop/pod/stranger", "shop/Deployment/web:53/udp", 0],
])("check %s %s ends with %i", async (from, to, code) => {
  expect((await serviceaccess(`check -f shop ${from} ${to}`, { files })).code).toBe(code);
});

test("the address of a pod of the input is that pod", async () => {
  const policy = `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {
    podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}}`;
  const input = { files: { "a.yaml": SHOP, "p.yaml": policy } };
  const code = async (from: string): Promise<number> =>
    (await serviceaccess(`check -f a.yaml -f p.yaml ${from} shop/Deployment/web:80`, input)).code;
  expect([await code("10.1.0.9"), await code("10.1.0.8"), await code("10.1.0.9/32")]).toEqual([0, 1, 0]);
});

const TWO_PODS = ["a", "b"]
  .map(
    (name) => `---
apiVersion: v1
kind: Pod
metadata: {name: db-${name}, namespace: shop, labels: {pod: ${name}}, ownerReferences: [{kind: StatefulSet, name: db, controller: true}]}
`,
  )
  .join("");
const DENY_B = `---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny-b, namespace: shop}, spec: {podSelector: {matchLabels: {pod: b}}}}
`;

test("a workload whose pods do not agree is Unknown, with the pods named", async () => {
  const input = { files: { "a.yaml": SHOP + TWO_PODS + DENY_B } };
  const text = await transcript("check -f a.yaml shop/stranger shop/StatefulSet/db:5432", input);
  expect(text).toBe(`Unknown: shop/stranger -> shop/StatefulSet/db TCP/5432
  SIDE      VERDICT   BY            REASON
  egress    Allowed   -             no policy isolates the pod for egress
  ingress   Unknown   shop/deny-b   Allowed for some (no policy isolates the pod for ingress), Denied for others (ingress is denied by shop/deny-b)

the pods do not agree: shop/stranger -> shop/db-a is Allowed (no policy isolates the pod for egress; no policy isolates the pod for ingress), shop/stranger -> shop/db-b is Denied (ingress is denied by shop/deny-b)

  Allowed, shop/stranger -> shop/db-a in IPv4:
  Egress of shop/stranger: no policy isolates the pod for egress.
  Ingress of shop/db-a: no policy isolates the pod for ingress.

  Denied, shop/stranger -> shop/db-b in IPv4:
  Egress of shop/stranger: no policy isolates the pod for egress.
  NetworkPolicy shop/deny-b isolates shop/db-b for ingress and has no rule that covers this flow.
  shop/deny-b has no rule for ingress: it allows nothing.
exit 3
`);
  const wide = await transcript("check -f a.yaml shop/stranger shop/StatefulSet/db", input);
  expect(wide).toContain(
    "the pods do not agree: shop/stranger -> shop/db-a and shop/stranger -> shop/db-b differ",
  );
});

test("replicas are asked about each other, never about themselves", async () => {
  const denyAll = `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: shop}, spec: {podSelector: {}}}`;
  const input = { files: { "a.yaml": `${SHOP}${TWO_PODS}---\n${denyAll}` } };
  const code = async (name: string): Promise<number> => {
    return (await serviceaccess(`check -f a.yaml ${name} ${name}:80`, input)).code;
  };
  expect(await code("shop/StatefulSet/db")).toBe(1);
  expect(await code("shop/Deployment/web")).toBe(1);
  expect(await code("shop/stranger")).toBe(0);
});

test.each([
  [
    "shop/web shop/Deployment/web:80",
    "there is no pod shop/web in the input; did you mean shop/Deployment/web?",
  ],
  [
    "shop/strnger shop/Deployment/web:80",
    "there is no pod shop/strnger in the input; did you mean shop/stranger?",
  ],
  [
    "shop/stranger shop/Deployment/wbe:80",
    "there is no workload shop/Deployment/wbe in the input; did you mean shop/Deployment/web?",
  ],
  [
    "a/b/c/d shop/stranger",
    '"a/b/c/d" is no endpoint; write namespace/pod, namespace/Kind/name, an IP address or a CIDR',
  ],
  [
    "shop/stranger shop/stranger:http",
    '"http" is no port; write 80, 80/TCP, 53/UDP or 9/SCTP, with a number from 1 to 65535',
  ],
  [
    "shop/stranger shop/stranger:0",
    '"0" is no port; write 80, 80/TCP, 53/UDP or 9/SCTP, with a number from 1 to 65535',
  ],
  [
    "shop/stranger shop/stranger:80/ICMP",
    '"80/ICMP" is no port; write 80, 80/TCP, 53/UDP or 9/SCTP, with a number from 1 to 65535',
  ],
])("check %s is bad input", async (ends, message) => {
  expect(await transcript(`check -f shop ${ends}`, { files })).toBe(`! error: ${message}\nexit 2\n`);
});

test("a workload scaled to zero is told from one that does not exist", async () => {
  const input = { files: { "a.yaml": SHOP.replace("replicas: 2", "replicas: 0") } };
  expect(await transcript("check -f a.yaml shop/stranger shop/Deployment/web:80", input)).toBe(
    "! error: shop/Deployment/web has no pods: it is scaled to zero or suspended\nexit 2\n",
  );
});

test("names without a namespace lie in the one that -n names", async () => {
  const line = "check -f shop -n shop stranger StatefulSet/db:5432 -o json";
  expect(JSON.parse((await serviceaccess(line, { files })).stdout)).toMatchObject({
    from: "shop/stranger",
    to: "shop/StatefulSet/db",
  });
});

test("a terminal sees colours, unless it asks for none", async () => {
  const line = "check -f shop shop/stranger shop/StatefulSet/db:5432";
  const green = "\u001B[31mDenied\u001B[39m: shop/stranger";
  expect((await serviceaccess(line, { files, isTTY: true })).stdout).toContain(green);
  expect((await serviceaccess(line, { files, isTTY: true, env: { NO_COLOR: "1" } })).stdout).toMatch(
    /^Denied:/,
  );
});

test("what a policy says without meaning is told with its place, and never widens", async () => {
  const policy = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: odd, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{ipBlock: {cidr: nonsense}}]
`;
  const input = { files: { "a.yaml": SHOP + policy } };
  const { stderr, code } = await serviceaccess("check -f a.yaml shop/stranger shop/StatefulSet/db:80", input);
  expect(stderr).toBe(
    'warning: a.yaml: document 5, line 36: NetworkPolicy shop/odd: spec.ingress[0].from[0].ipBlock.cidr: "nonsense" is not a CIDR\n',
  );
  expect(code).toBe(3);
});

test("a cluster-scoped policy is named by its kind where it says what has no meaning", async () => {
  const policy = `---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: odd}
spec:
  priority: 5
  subject: {namespaces: {}}
  egress: [{name: out, action: Deny, to: [{networks: [nonsense]}]}]
`;
  const input = { files: { "a.yaml": SHOP + policy } };
  const { stderr } = await serviceaccess("check -f a.yaml shop/stranger 203.0.113.7:80", input);
  expect(stderr).toMatch(
    /^warning: a.yaml: document 5, line 36: AdminNetworkPolicy odd: spec\.egress\[0\].*nonsense/,
  );
});
