import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { afterAll, beforeAll, expect, test } from "vitest";

import { documentTexts } from "../src/manifest/read.ts";
import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { type Result, serviceaccess } from "./operator/command-line.ts";
import { define, undefine } from "./operator/definitions.ts";
import { KUBEVIRT_KINDS } from "./operator/kubevirt-definitions.ts";
import { type Machine, runMachines } from "./operator/machines.ts";
import { NETWORK_KINDS } from "./operator/network-definitions.ts";
import { condition, isReady, type RawPolicy, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";

const samples = join(import.meta.dirname, "../config/samples");
const golden = join(import.meta.dirname, "../src/testing/golden");
const dns = "00-cluster-dns";
const suspended = "14-suspend";
const refused = "15-refused";
/** Its policy has the addresses of this very API server, which are those of no golden file. */
const ofKubeApi = "19-kube-api";
/** No name is resolved here: no packet flows, and the cluster's DNS does not answer. */
const ofNames = "23-names";
const folders = readdirSync(samples)
  .filter((name) => /^\d\d-/.test(name) && ![refused, ofNames].includes(name))
  .toSorted();

const reads = readsOf(plane.api);
const kinds = [...KUBEVIRT_KINDS, ...NETWORK_KINDS];
await define(plane, kinds);
// Hooks run in the opposite order: the operator has ended when its kinds are taken away.
afterAll(() => undefine(plane, kinds));
stage(plane, { flags: ["--cloud-provider", "alibaba"] });

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

function documents(file: string): readonly Document[] {
  return believe<readonly (Document | null)[]>(JSON.stringify(loadAll(readFileSync(file, "utf8")))).filter(
    (document) => document !== null,
  );
}

function sample(folder: string): readonly Document[] {
  return documents(join(samples, folder, "sample.yaml"));
}

/** The namespaces that a sample makes; each has its own. */
function namespacesOf(folder: string): readonly string[] {
  return sample(folder)
    .filter(({ kind, metadata }) => kind === "Namespace" && metadata.name !== "kube-system")
    .map(({ metadata }) => metadata.name);
}

beforeAll(async () => {
  const files = folders.flatMap((folder) => ["-f", join(samples, folder, "sample.yaml")]);
  const { code, stderr } = await plane.kubectl(["apply", ...files]);
  if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
  await runMachines(plane, folders.flatMap(sample).filter(isMachine));
});

function isMachine(document: Document): document is Document & Machine {
  return document.kind === "VirtualMachine";
}

afterAll(async () => {
  // Permits elsewhere are removed by the operator, which ends with this file.
  await plane.kubectl(["delete", "serviceaccess", "--all", "-n", "warehouse"]);
  const ofDns = sample(dns).filter(({ kind }) => kind !== "Namespace");
  const names = ofDns.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
  await plane.kubectl(["delete", "-n", "kube-system", "--wait=false", ...names]);
  await plane.kubectl(["delete", "namespace", "--wait=false", ...folders.flatMap(namespacesOf)]);
});

const accepted = folders.filter((folder) => ![dns, suspended].includes(folder));

test.each(accepted)("every ServiceAccess of %s becomes Ready", async (folder) => {
  const expected = sample(folder).filter(({ kind }) => kind === "ServiceAccess").length;
  expect(expected).toBeGreaterThan(0);
  await eventually(
    async () => {
      const found = await Promise.all(namespacesOf(folder).map((namespace) => reads.accesses(namespace)));
      return found.flat().length === expected && found.flat().every(isReady);
    },
    { what: `${folder} to be Ready` },
  );
});

test.each(folders.filter((folder) => folder !== ofKubeApi))(
  "the policies of %s are those of its golden file",
  async (folder) => {
    const wanted = documents(join(golden, `${folder}.yaml`));
    await eventually(
      async () => {
        const found = await Promise.all(namespacesOf(folder).map(policiesOf));
        expect(byName(found.flat().map(asWritten))).toEqual(byName(wanted));
        return true;
      },
      { what: `the policies of ${folder}` },
    );
  },
);

/** Of both kinds. A list has no word for the kind of what is in it. */
async function policiesOf(namespace: string): Promise<readonly Written[]> {
  const multi = `/apis/k8s.cni.cncf.io/v1beta1/namespaces/${namespace}/multi-networkpolicies`;
  const { body } = await plane.api<{ readonly items: readonly RawPolicy[] }>("GET", multi);
  return [
    ...(await reads.policies(namespace)).map((policy) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      ...policy,
    })),
    ...body.items.map((policy) => ({
      apiVersion: "k8s.cni.cncf.io/v1beta1",
      kind: "MultiNetworkPolicy",
      ...policy,
    })),
  ];
}

type Written = RawPolicy & { readonly apiVersion: string; readonly kind: string };

function byName(policies: readonly Document[]): Readonly<Record<string, Document>> {
  return Object.fromEntries(policies.map((policy) => [policy.metadata.name, policy]));
}

/** Without what only a cluster knows: the uid of the owner, and what the API server adds. */
function asWritten({ apiVersion, kind, metadata, spec }: Written): Document {
  const { name, namespace, labels = {}, annotations } = metadata;
  const { "serviceaccess.dev/owner-uid": _uid, ...ours } = labels;
  const policy = { apiVersion, kind, metadata: { name, namespace, labels: ours, annotations }, spec };
  return policy;
}

test("a sample that is suspended from the start gets no policies, and says so", async () => {
  const [namespace = ""] = namespacesOf(suspended);
  const access = await eventually(
    async () => {
      const [found] = await reads.accesses(namespace);
      return condition(found, "Ready") === undefined ? undefined : found;
    },
    { what: "the suspended object to be seen" },
  );
  expect(condition(access, "Ready")).toMatchObject({ status: "False", reason: "Suspended" });
  expect(await reads.policies(namespace)).toEqual([]);
});

test.runIf(hasControllers)("everything that the samples' expectations say holds on the cluster", async () => {
  await eventually(isEverythingUp, { what: "the Deployments of the samples", timeoutMs: 50_000 });
  const files = folders
    .filter((folder) => folder !== ofKubeApi)
    .map((folder) => join(samples, folder, "expectations.yaml"));
  const args = ["test", ...files, "-o", "json", "--kubeconfig", plane.kubeconfig];
  const { results } = await serviceaccess<{ readonly results: readonly Result[] }>(args);
  expect(results.length).toBeGreaterThan(60);
  expect(results.filter(isWrong)).toEqual([]);
});

interface Deployments {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** Tests of other files may have left some that never come up. */
async function isEverythingUp(): Promise<boolean> {
  const { body } = await plane.api<Deployments>("GET", "/apis/apps/v1/deployments");
  const ours = new Set(folders.flatMap(namespacesOf));
  return body.items
    .filter(({ metadata }) => ours.has(metadata.namespace))
    .every(({ status }) =>
      status?.conditions?.some(({ type, status: held }) => type === "Available" && held === "True"),
    );
}

/** Offline every pod may have both families; this cluster has IPv4 only. */
function isWrong({ expect: expected, verdict, reason }: Result): boolean {
  return expected !== verdict && !reason.includes("share no address family");
}

test("every refused object is refused by the API server for the reason it names", async () => {
  await plane.kubectl(["create", "namespace", "refused"]);
  const texts = documentTexts(readFileSync(join(samples, refused, "refused.yaml"), "utf8"));
  expect(texts.length).toBeGreaterThanOrEqual(10);
  for (const { content } of texts) {
    const reason = /^# refused: (.+)$/m.exec(content)?.[1] ?? "none";
    const { code, stderr } = await plane.kubectl(["apply", "-f", "-"], { input: content });
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
  }
  expect(await reads.accesses("refused")).toEqual([]);
  await plane.kubectl(["delete", "namespace", "refused", "--wait=false"]);
});
