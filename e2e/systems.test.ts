import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { afterAll, expect, test } from "vitest";

import { golden } from "../src/testing/golden.ts";
import { statusLines } from "../src/testing/status-lines.ts";
import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { hasControllers, plane } from "./control-plane/plane.ts";
import { type Result, serviceaccess } from "./operator/command-line.ts";
import { define, undefine } from "./operator/definitions.ts";
import { KUBEVIRT_KINDS } from "./operator/kubevirt-definitions.ts";
import { type Machine, runMachines } from "./operator/machines.ts";
import { NETWORK_KINDS } from "./operator/network-definitions.ts";
import { isReady, readsOf } from "./operator/reads.ts";
import { stage } from "./operator/stage.ts";

const samples = join(import.meta.dirname, "../config/samples");
const reads = readsOf(plane.api);

const kinds = [...KUBEVIRT_KINDS, ...NETWORK_KINDS];
await define(plane, kinds);
// Hooks run in the opposite order: the operator has ended when its kinds are taken away.
afterAll(() => undefine(plane, kinds));
stage(plane);

/** What people run: every folder of the samples that has a name and no number. */
const systems = readdirSync(samples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^\d\d-/.test(entry.name))
  .map(({ name }) => systemOf(name));

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface System {
  readonly name: string;
  readonly documents: readonly Document[];
  readonly namespaces: readonly string[];
}

function systemOf(name: string): System {
  const files = readdirSync(join(samples, name)).filter(
    (file) => file.endsWith(".yaml") && !/^(expectations|kustomization|kube-system)/.test(file),
  );
  const documents = files.flatMap((file) => documentsOf(join(name, file)));
  const namespaces = documents.filter(isNamespace).map(({ metadata }) => metadata.name);
  return { name, documents, namespaces };
}

function documentsOf(file: string): readonly Document[] {
  const texts = loadAll(readFileSync(join(samples, file), "utf8"));
  return believe<readonly (Document | null)[]>(JSON.stringify(texts)).filter((each) => each !== null);
}

function isNamespace({ kind }: Document): boolean {
  return kind === "Namespace";
}

/** A cluster has one DNS, so whoever brings one of a kind of its own comes later. */
const ALAUDA = "alauda-vm";
const turns = [
  { dns: "abcdesktop/kube-system.yaml", present: systems.filter(({ name }) => name !== ALAUDA) },
  { dns: `${ALAUDA}/kube-system.yaml`, present: systems.filter(({ name }) => name === ALAUDA) },
];

test.runIf(hasControllers).for(turns)(
  "the operator makes systems of what the samples say beside $dns, and says so",
  async ({ dns, present }) => {
    const ofDns = documentsOf(dns).filter((each) => !isNamespace(each));
    const documents = [...ofDns, ...present.flatMap((system) => system.documents)];
    const namespaces = present.flatMap((system) => system.namespaces);
    // The files of a folder come in the order of their names, and namespaces have to be there first.
    await plane.apply(...documents.filter(isNamespace));
    await plane.apply(...documents.filter((each) => !isNamespace(each)));
    try {
      await runMachines(plane, documents.filter(isMachine));
      const seen = await eventually(() => settled(present), { what: "all statuses", timeoutMs: 60_000 });
      for (const [name, text] of seen) expect(text).toBe(golden(`${name}.status.txt`, text));
      expect((await asked(present)).filter(isWrong)).toEqual([]);
    } finally {
      await plane.kubectl(["delete", "namespace", "--wait=false", ...namespaces]);
      const names = ofDns.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
      await plane.kubectl(["delete", "-n", "kube-system", ...names]);
    }
  },
);

function isMachine(document: Document): document is Document & Machine {
  return document.kind === "VirtualMachine";
}

/** The statuses once every object is Ready and every pod has come up, and they are the same twice. */
async function settled(present: readonly System[]): Promise<ReadonlyMap<string, string> | undefined> {
  const first = await statuses(present);
  if (first === undefined) return undefined;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const second = await statuses(present);
  return second !== undefined && [...first].every(([name, text]) => second.get(name) === text)
    ? second
    : undefined;
}

async function statuses(present: readonly System[]): Promise<ReadonlyMap<string, string> | undefined> {
  const found = await Promise.all(
    present.map(async (system) => [system.name, await statusesOf(system)] as const),
  );
  const texts = found.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
  return texts.length === present.length ? new Map(texts) : undefined;
}

async function statusesOf({ documents, namespaces }: System): Promise<string | undefined> {
  const found = (await Promise.all(namespaces.map((each) => reads.accesses(each)))).flat();
  const wanted = documents.filter(({ kind }) => kind === "ServiceAccess");
  if (found.length !== wanted.length || !found.every(isReady) || !(await isUp(namespaces))) return undefined;
  // The address of a Service is what the API server chose.
  return statusLines(found, namespaces).replaceAll(/\b10\.96\.\d+\.\d+\/32/g, "ClusterIP");
}

interface Pods {
  readonly items: readonly { readonly status?: { readonly phase?: string; readonly podIP?: string } }[];
}

async function isUp(namespaces: readonly string[]): Promise<boolean> {
  const lists = await Promise.all(
    ["kube-system", ...namespaces].map((each) => plane.api<Pods>("GET", `/api/v1/namespaces/${each}/pods`)),
  );
  const pods = lists.flatMap(({ body }) => body.items);
  return (
    pods.length > 0 && pods.every(({ status }) => status?.podIP !== undefined && status.phase !== "Pending")
  );
}

async function asked(present: readonly System[]): Promise<readonly Result[]> {
  const files = present.map(({ name }) => join(samples, name, "expectations.yaml"));
  const args = ["test", ...files, "-o", "json", "--profile", "calico", "--kubeconfig", plane.kubeconfig];
  return (await serviceaccess<{ readonly results: readonly Result[] }>(args)).results;
}

/** Offline every pod may have both families, and a Job has not ended; this cluster has IPv4 only, and Jobs end at once. */
function isWrong({ expect: expected, verdict, reason }: Result): boolean {
  return expected !== verdict && !/share no address family|has ended/.test(reason);
}
