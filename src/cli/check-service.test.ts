import { expect, test } from "vitest";
import { DB_ACCESS, SHOP } from "../testing/shop.ts";
import { serviceaccess, transcript } from "../testing/transcript.ts";

const SERVICES = `---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 3306, targetPort: sql}, {port: 80, targetPort: 81}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: shop}
spec: {clusterIP: None, selector: {app: db}}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop}
spec: {type: ExternalName, externalName: db.example}
---
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {ports: [{port: 443, targetPort: 6443}]}
`;

const files = { "shop/cluster.yaml": SHOP + SERVICES, "shop/access.yaml": DB_ACCESS };

test("a Service is judged at its pods, on the port that it translates to", async () => {
  expect(await transcript("check -f shop shop/Deployment/web shop/Service/db:3306", { files })).toBe(
    `Allowed: shop/Deployment/web -> shop/Service/db TCP/3306
  SIDE      VERDICT   BY                REASON
  egress    Allowed   shop/db-permits   egress is allowed by shop/db-permits
  ingress   Allowed   shop/db-rights    ingress is allowed by shop/db-rights

  ENDPOINT FOR shop/Deployment/web   PORT       VERDICT
  shop/StatefulSet/db                TCP/5432   Allowed

  NetworkPolicy shop/db-permits accepts this egress by spec.egress[0].to[0] and spec.egress[0].ports[0].
  NetworkPolicy shop/db-rights accepts this ingress by spec.ingress[0].from[0] and spec.ingress[0].ports[0].
`,
  );
});

test("without a port every port of the Service is judged, and a mixed answer promises neither", async () => {
  const { stdout, code } = await serviceaccess("check -f shop shop/Deployment/web shop/Service/db", {
    files,
  });
  expect(stdout.split("\n").filter((line) => line.includes(" -> "))).toEqual([
    "Partial: shop/Deployment/web -> shop/Service/db",
    "Allowed: shop/Deployment/web -> shop/Service/db TCP/3306",
    "Denied: shop/Deployment/web -> shop/Service/db TCP/80",
  ]);
  expect(code).toBe(3);
});

test("-o json lists the endpoints with their ports", async () => {
  const one = await serviceaccess("check -f shop shop/stranger shop/Service/db:3306 -o json", { files });
  const reason = "ingress is denied by shop/db-rights";
  expect(JSON.parse(one.stdout)).toMatchObject({
    from: "shop/stranger",
    to: "shop/Service/db",
    port: 3306,
    protocol: "TCP",
    verdict: "Denied",
    ingress: { verdict: "Denied", by: ["shop/db-rights"] },
    service: [
      {
        from: "shop/stranger",
        reached: "Not",
        endpoints: [
          { endpoint: "shop/StatefulSet/db", protocol: "TCP", port: 5432, verdict: "Denied", reason },
        ],
      },
    ],
    explanation: [{ from: "shop/stranger", to: "shop/StatefulSet/db", port: 5432 }],
  });
  const all = await serviceaccess("check -f shop shop/Deployment/web shop/Service/db -o json", { files });
  expect(JSON.parse(all.stdout)).toMatchObject({
    verdict: "Partial",
    ports: [
      { port: 3306, verdict: "Allowed" },
      { port: 80, verdict: "Denied" },
    ],
  });
});

test.each([
  ["shop/stranger shop/Service/db", 1],
  ["shop/Deployment/web shop/service/headless:5432", 0],
  ["shop/Deployment/web shop/Service/headless:3306", 1],
  ["shop/stranger shop/Service/outside:443", 3],
  ["shop/stranger default/Service/kubernetes:443", 0],
  ["shop/Deployment/web default/Service/kubernetes:443", 1],
  ["203.0.113.7 shop/Service/db:3306", 3],
  ["203.0.113.7 shop/Service/db", 3],
])("check %s ends with %i", async (ends, code) => {
  expect((await serviceaccess(`check -f shop ${ends}`, { files })).code).toBe(code);
});

test("endpoints that do not agree make it Unknown, and both are explained", async () => {
  const pods = ["a", "b"].map(
    (name) => `---
{apiVersion: v1, kind: Pod, metadata: {name: db-${name}, namespace: shop, labels: {app: db, pod: ${name}}}, spec: {containers: [{name: c, ports: [{name: sql, containerPort: 1}]}]}}
`,
  );
  const deny = `---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny-b, namespace: shop}, spec: {podSelector: {matchLabels: {pod: b}}}}
`;
  const cluster = SHOP.replace("serviceName", "").replaceAll("{app: db}", "{app: other}");
  const input = { files: { "a.yaml": [cluster, SERVICES, ...pods, deny].join("") } };
  const text = await transcript("check -f a.yaml shop/stranger shop/Service/db:3306", input);
  expect(text).toContain(`
  ENDPOINT FOR shop/stranger   PORT    VERDICT
  shop/db-a                    TCP/1   Allowed
  shop/db-b                    TCP/1   Denied
`);
  expect(text).toContain("the endpoints of Service shop/db differ: Allowed (");
  expect(text).toContain("  Denied, shop/stranger -> shop/db-b in IPv4:\n");
  expect(text).toMatch(/exit 3\n$/);
});

test.each([
  ["shop/stranger shop/Service/db:1", "shop/Service/db has no port TCP/1; its ports are TCP/3306, TCP/80"],
  [
    "shop/stranger shop/Service/db:80/UDP",
    "shop/Service/db has no port UDP/80; its ports are TCP/3306, TCP/80",
  ],
  [
    "shop/stranger shop/Service/dbx:1",
    "there is no Service shop/Service/dbx in the input; did you mean shop/Service/db?",
  ],
  [
    "shop/stranger shop/Service/headless",
    "shop/Service/headless names no ports; say which one is meant, as in shop/Service/headless:80",
  ],
  ["shop/Service/db shop/stranger:80", "shop/Service/db sends nothing; name its pods or their workload"],
  [
    "--icmp shop/stranger shop/Service/db",
    "shop/Service/db answers no ICMP; name its pods or their workload",
  ],
])("check %s is bad input", async (ends, message) => {
  expect(await transcript(`check -f shop ${ends}`, { files })).toBe(`! error: ${message}\nexit 2\n`);
});

test("expectations may be about Services", async () => {
  const cases = (rows: string): string =>
    `apiVersion: serviceaccess.dev/v1alpha1\nkind: ReachabilityTest\nspec:\n  cases:\n${rows}`;
  const row = (from: string, to: string, port: number, expected: string): string =>
    `  - {from: ${from}, to: ${to}, port: ${port}, protocol: TCP, expect: ${expected}}\n`;
  const good =
    row("shop/Deployment/web", "shop/Service/db", 3306, "Allowed") +
    row("shop/stranger", "shop/Service/db", 3306, "Denied");
  const held = await transcript("test -f shop good.yaml", { files: { ...files, "good.yaml": cases(good) } });
  expect(held).toBe("2 passed, 0 failed\n");
  const bad =
    row("shop/Service/db", "shop/stranger", 1, "Allowed") +
    row("shop/stranger", "shop/Service/db", 1, "Denied");
  const refused = await transcript("test -f shop bad.yaml", { files: { ...files, "bad.yaml": cases(bad) } });
  expect(refused)
    .toBe(`! error: bad.yaml: document 1, line 5: spec.cases[0].from: shop/Service/db sends nothing; name its pods or their workload
! error: bad.yaml: document 1, line 6: spec.cases[1].port: shop/Service/db has no port TCP/1; its ports are TCP/3306, TCP/80
exit 2
`);
});

test("ICMP is a question without a port", async () => {
  expect(await transcript("check -f shop --icmp shop/stranger shop/StatefulSet/db", { files })).toBe(
    `Unknown: shop/stranger -> shop/StatefulSet/db ICMP
  SIDE      VERDICT   BY               REASON
  egress    Allowed   -                no policy isolates the pod for egress
  ingress   Unknown   shop/db-rights   it is not defined what shop/db-rights makes of ingress of ICMP

it is not defined what shop/db-rights makes of ingress of ICMP
exit 3
`,
  );
  const line = "check -f shop --icmp --profile calico -o json shop/stranger shop/StatefulSet/db";
  const { stdout, code } = await serviceaccess(line, { files });
  expect(JSON.parse(stdout)).toMatchObject({ protocol: "ICMP", verdict: "Denied", profile: "calico" });
  expect(code).toBe(1);
  expect(
    (await serviceaccess("check -f shop --icmp shop/stranger shop/Deployment/web", { files })).code,
  ).toBe(0);
  expect(await transcript("check -f shop --icmp shop/stranger shop/StatefulSet/db:1", { files })).toBe(
    "! error: ICMP has no ports; leave the port out\nexit 2\n",
  );
});
