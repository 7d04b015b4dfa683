import { expect, test } from "vitest";
import { DB_ACCESS, SHOP } from "../testing/shop.ts";
import { serviceaccess, transcript } from "../testing/transcript.ts";

const HEAD =
  "apiVersion: serviceaccess.dev/v1alpha1\nkind: ReachabilityTest\nmetadata: {name: t}\nspec:\n  cases:\n";
const READS =
  "  - {name: the shop reads, from: shop/Deployment/web, to: shop/StatefulSet/db, port: 5432, expect: Allowed}\n";
const STRANGER =
  "  - {name: strangers stay out, from: shop/stranger, to: shop/StatefulSet/db, port: 5432, protocol: TCP, expect: Denied}\n";
const WRONG =
  "  - {name: 'a <wrong> \"hope\"', from: shop/stranger, to: shop/StatefulSet/db, port: 5432, expect: Allowed}\n";
const ASKED = "  - {from: shop/Deployment/web, to: 203.0.113.7, port: 443}\n";

const files = {
  "shop/cluster.yaml": SHOP,
  "shop/access.yaml": DB_ACCESS,
  "good.yaml": HEAD + READS + STRANGER,
  "bad.yaml": HEAD + READS + WRONG + ASKED,
};

test("expectations that hold leave one line", async () => {
  expect(await transcript("test -f shop good.yaml", { files })).toBe("2 passed, 0 failed\n");
});

test("what does not hold is told with the reasons of both sides, and plain questions are answered", async () => {
  expect(await transcript("test -f shop bad.yaml", { files })).toBe(
    `FAILED #1 a <wrong> "hope": shop/stranger -> shop/StatefulSet/db TCP/5432
  expected Allowed, is Denied
  SIDE      VERDICT   BY               REASON
  egress    Allowed   -                no policy isolates the pod for egress
  ingress   Denied    shop/db-rights   ingress is denied by shop/db-rights

Denied: shop/Deployment/web -> 203.0.113.7 TCP/443
1 passed, 1 failed, 1 answered
exit 1
`,
  );
});

test("-o json answers every case in order, across files, in the shape that scripts rely on", async () => {
  const { stdout, code } = await serviceaccess("test -f shop good.yaml bad.yaml -o json", { files });
  const { results } = JSON.parse(stdout) as { results: readonly Record<string, unknown>[] };
  expect(code).toBe(1);
  expect(results.map(({ index, verdict }) => `${String(index)} ${String(verdict)}`)).toEqual([
    "0 Allowed",
    "1 Denied",
    "2 Allowed",
    "3 Denied",
    "4 Denied",
  ]);
  expect(results[1]).toEqual({
    index: 1,
    name: "strangers stay out",
    from: "shop/stranger",
    to: "shop/StatefulSet/db",
    port: 5432,
    protocol: "TCP",
    expect: "Denied",
    verdict: "Denied",
    egress: { verdict: "Allowed", by: [] },
    ingress: { verdict: "Denied", by: ["shop/db-rights"] },
    reason: "ingress is denied by shop/db-rights",
  });
  expect(results[4]).not.toHaveProperty("expect");
});

test("-o junit counts before it lists, and escapes names", async () => {
  const { stdout } = await serviceaccess("test -f shop bad.yaml -o junit", { files });
  expect(stdout).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="serviceaccess" tests="3" failures="1">
<testsuite name="reachability" tests="3" failures="1">
<testcase name="the shop reads" classname="bad.yaml"/>
<testcase name="a &lt;wrong&gt; &quot;hope&quot;" classname="bad.yaml">
<failure message="shop/stranger -&gt; shop/StatefulSet/db TCP/5432: expected Allowed, is Denied">ingress is denied by shop/db-rights</failure>
</testcase>
<testcase name="shop/Deployment/web -&gt; 203.0.113.7 TCP/443" classname="bad.yaml"/>
</testsuite>
</testsuites>
`);
});

test("the cluster may stand beside the expectations, or come through stdin", async () => {
  const together = { ...files, "all.yaml": `${SHOP}---\n${DB_ACCESS}---\n${HEAD}${READS}` };
  expect(await transcript("test all.yaml", { files: together })).toBe("1 passed, 0 failed\n");
  expect(await transcript("test -", { stdin: together["all.yaml"] })).toBe("1 passed, 0 failed\n");
  expect(await transcript("test -f - good.yaml", { files, stdin: `${SHOP}---\n${DB_ACCESS}` })).toBe(
    "2 passed, 0 failed\n",
  );
});

test("only the files named as tests are asked, even where -f leads to others", async () => {
  const mixed = { ...files, "shop/expectations.yaml": HEAD + WRONG };
  expect(await transcript("test -f shop good.yaml", { files: mixed })).toBe("2 passed, 0 failed\n");
  expect(await transcript("test -f shop shop/expectations.yaml", { files: mixed })).toContain(
    "0 passed, 1 failed",
  );
});

test("where the families of a dual-stack pod differ, the verdict is Unknown and both are listed", async () => {
  const dual = `apiVersion: v1
kind: Pod
metadata: {name: dual, namespace: shop, labels: {app: dual}}
status: {podIPs: [{ip: 10.0.0.1}, {ip: "2001:db8::1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: peer, namespace: shop}
status: {podIPs: [{ip: 10.0.0.2}, {ip: "2001:db8::2"}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: four, namespace: shop}
spec: {podSelector: {matchLabels: {app: dual}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}
---
${HEAD}  - {from: shop/peer, to: shop/dual, port: 80, expect: Unknown}
`;
  const { stdout, code } = await serviceaccess("test a.yaml -o json", { files: { "a.yaml": dual } });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    results: [
      {
        verdict: "Unknown",
        families: [
          { family: "IPv4", verdict: "Allowed" },
          { family: "IPv6", verdict: "Denied" },
        ],
      },
    ],
  });
});

test.each([
  [
    `${HEAD}${READS}  - {from: shop/web, to: shop/StatefulSet/db, port: 5432}\n`,
    "document 1, line 7: spec.cases[1].from: there is no pod shop/web in the input; did you mean shop/Deployment/web?",
  ],
  [
    `${HEAD}  - {from: shop/stranger, to: shop/stranger}\n`,
    "document 1, line 6: spec.cases[0].port: is required: a whole number from 1 to 65535",
  ],
  [
    `${HEAD}  - {from: shop/stranger, to: shop/stranger, port: 1, expect: denied}\n`,
    'document 1, line 6: spec.cases[0].expect: must be one of Allowed, Denied, Unknown, not "denied"',
  ],
  [HEAD.replace("cases:", "case: []"), "document 1, line 4: spec.cases: is required: a list"],
])("bad expectations are refused before the first answer", async (text, message) => {
  const setting = { files: { ...files, "t.yaml": text } };
  expect(await transcript("test -f shop t.yaml -o json", setting)).toBe(
    `! error: t.yaml: ${message}\nexit 2\n`,
  );
});

test("a file without expectations is bad input", async () => {
  expect(await transcript("test -f shop shop/access.yaml", { files })).toBe(
    "! error: shop/access.yaml: no ReachabilityTest in there\nexit 2\n",
  );
});
