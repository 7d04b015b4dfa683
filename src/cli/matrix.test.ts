import { expect, test } from "vitest";
import { check } from "../core/check.ts";
import { compileCluster } from "../core/evaluator.ts";
import { DB_ACCESS, SHOP } from "../testing/shop.ts";
import { serviceaccess, transcript } from "../testing/transcript.ts";
import { readManifests } from "../manifest/read.ts";
import { worldOf } from "../manifest/world.ts";

const files = { "shop/cluster.yaml": SHOP, "shop/access.yaml": DB_ACCESS };

test("the grid shows who reaches whom, workload by workload", async () => {
  expect(await transcript("matrix -f shop", { files })).toBe(
    `    FROM \\ TO             1   2   3
1   shop/Deployment/web   X   +   X
2   shop/StatefulSet/db   .   -   .
3   shop/stranger         .   X   -

. everything   + some ports (see -o wide)   X nothing   ? unknown   - itself
`,
  );
});

test("-o wide spells the ports out", async () => {
  expect(await transcript("matrix -f shop -o wide", { files })).toBe(
    `FROM                  TO                    VERDICT   ALLOWED
shop/Deployment/web   shop/Deployment/web   Denied    -
shop/Deployment/web   shop/StatefulSet/db   Partial   TCP/5432
shop/Deployment/web   shop/stranger         Denied    -
shop/StatefulSet/db   shop/Deployment/web   Allowed   everything
shop/StatefulSet/db   shop/stranger         Allowed   everything
shop/stranger         shop/Deployment/web   Allowed   everything
shop/stranger         shop/StatefulSet/db   Denied    -
`,
  );
});

test("with a port, only that port is asked; a pair that CSV does not list is denied", async () => {
  expect(await transcript("matrix -f shop -o csv --port 5432/TCP", { files })).toBe(
    `from,to,verdict,allowed
shop/Deployment/web,shop/StatefulSet/db,Allowed,TCP/5432
shop/StatefulSet/db,shop/Deployment/web,Allowed,TCP/5432
shop/StatefulSet/db,shop/stranger,Allowed,TCP/5432
shop/stranger,shop/Deployment/web,Allowed,TCP/5432
`,
  );
});

test("Markdown carries the names in the heading", async () => {
  expect(await transcript("matrix -f shop -o md -n shop", { files })).toBe(
    `| from \\ to | shop/Deployment/web | shop/StatefulSet/db | shop/stranger |
| --- | --- | --- | --- |
| shop/Deployment/web | Denied | TCP/5432 | Denied |
| shop/StatefulSet/db | Allowed | — | Allowed |
| shop/stranger | Allowed | Denied | — |
`,
  );
});

test("the policies that the operator would have take the place of those it would change or remove", async () => {
  const rendered = (await serviceaccess("render -f shop", { files })).stdout;
  const before = rendered.replaceAll("5432", "1").replaceAll("app: db", "app: web");
  const changed = { ...files, "shop/old.yaml": before };
  expect(await transcript("matrix -f shop", { files: changed })).toBe(
    await transcript("matrix -f shop", { files }),
  );

  const access = DB_ACCESS.replace("dns: false", "policy: None");
  const without = { ...files, "shop/access.yaml": access };
  const left = { ...without, "shop/old.yaml": rendered };
  expect(await transcript("matrix -f shop", { files: left })).toBe(
    await transcript("matrix -f shop", { files: without }),
  );
});

test("a suspended object leaves the policies as they are", async () => {
  const rendered = (await serviceaccess("render -f shop", { files })).stdout;
  const suspended = {
    ...files,
    "shop/access.yaml": DB_ACCESS.replace("spec:\n", "spec:\n  suspend: true\n"),
  };
  const open = await transcript("check -f shop shop/stranger shop/StatefulSet/db:5432", { files: suspended });
  expect(open).toMatch(/^Allowed/);
  const kept = { files: { ...suspended, "shop/old.yaml": rendered } };
  expect(await transcript("check -f shop shop/stranger shop/StatefulSet/db:5432", kept)).toMatch(/^Denied/);
});

interface MatrixJson {
  readonly pods: readonly string[];
  readonly rows: readonly {
    readonly from: string;
    readonly to: string;
    readonly allowed: readonly string[];
    readonly verdict: string;
  }[];
}

async function matrixJson(line: string, setting: Parameters<typeof serviceaccess>[1]): Promise<MatrixJson> {
  return JSON.parse((await serviceaccess(line, setting)).stdout) as MatrixJson;
}

test("-o json lists the pods and a row for each ordered pair but a single pod and itself", async () => {
  const { pods, rows } = await matrixJson("matrix -f shop -o json", { files });
  expect(pods).toEqual(["shop/Deployment/web", "shop/StatefulSet/db", "shop/stranger"]);
  expect(rows.map(({ from, to }) => `${pods.indexOf(from)}${pods.indexOf(to)}`).join(" ")).toBe(
    "00 01 02 10 12 20 21",
  );
  expect(rows[1]).toEqual({
    from: "shop/Deployment/web",
    to: "shop/StatefulSet/db",
    allowed: ["TCP/5432"],
    verdict: "Partial",
  });
  expect(rows[3]?.allowed).toEqual(["TCP/1-65535", "UDP/1-65535", "SCTP/1-65535"]);
});

const POD = (name: string, more: string): string => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, ownerReferences: [{kind: DaemonSet, name: agent, controller: true}], labels: {pod: ${name === "b" ? "odd" : "even"}}}
${more}
`;
const AGENTS = ["a", "b", "c"].map((name) =>
  POD(name, `spec: {nodeName: node-${name}}\nstatus: {podIP: 10.0.0.1${name.charCodeAt(0)}}`),
);
const ON_NODE = POD("h", "spec: {nodeName: node-a, hostNetwork: true}");
const DENY = (labels: string): string =>
  `---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: shop}, spec: {podSelector: ${labels}}}\n`;

test("pods of a workload that a policy tells apart are shown apart", async () => {
  const text = await transcript("matrix -f a.yaml", {
    files: { "a.yaml": AGENTS.join("") + DENY("{matchLabels: {pod: odd}}") },
  });
  expect(text.split("\n").slice(0, 3).join("\n")).toBe(
    `    FROM \\ TO                                   1   2
1   shop/a and 1 more of shop/DaemonSet/agent   .   X
2   shop/b of shop/DaemonSet/agent              .   -`,
  );
  const alike = await transcript("matrix -f a.yaml", { files: { "a.yaml": AGENTS.join("") + DENY("{}") } });
  expect(alike.split("\n")[1]).toBe("1   shop/DaemonSet/agent   X");
});

const decodeServiceAccess = () => ({ kind: "problems", problems: [] }) as const;

test("every row says what a check of the very same two pods says, nodes included", async () => {
  const text = AGENTS.join("") + ON_NODE + DENY("{}");
  const { rows } = await matrixJson("matrix -f a.yaml -o json --port 80", { files: { "a.yaml": text } });
  const { world } = worldOf(readManifests(text, "a.yaml").documents, {
    defaultNamespace: "default",
    decodeServiceAccess,
  });
  const evaluator = compileCluster({
    pods: world.pods.values(),
    namespaces: world.namespaces,
    policies: world.policies.values(),
  });
  const verdict = (from: string, to: string): string =>
    check(
      evaluator,
      { kind: "pod", pod: world.pods.get(from)! },
      { kind: "pod", pod: world.pods.get(to)! },
      { protocol: "TCP", port: 80 },
    ).verdict;
  expect(rows.length).toBe(12);
  expect(rows.map(({ from, to, verdict }) => `${from} ${to} ${verdict}`)).toEqual(
    rows.map(({ from, to }) => `${from} ${to} ${verdict(from, to)}`),
  );
  expect(new Set(rows.map((row) => row.verdict)).size).toBeGreaterThan(1);
});

test("pods that have ended are no endpoints", async () => {
  const ended = SHOP.replace("phase: Running", "phase: Succeeded");
  const { pods } = await matrixJson("matrix -f a.yaml -o json", { files: { "a.yaml": ended } });
  expect(pods).toEqual(["shop/Deployment/web", "shop/StatefulSet/db"]);
});

test("no pods are no error", async () => {
  const empty = { files: { "a.yaml": "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}" } };
  expect(await transcript("matrix -f a.yaml", empty)).toBe("! note: there are no pods in the input\n");
  expect(await matrixJson("matrix -f a.yaml -o json", empty)).toEqual({ pods: [], rows: [] });
});
