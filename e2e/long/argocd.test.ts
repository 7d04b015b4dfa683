import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { dump, load, loadAll } from "js-yaml";
import { beforeAll, describe, expect, test } from "vitest";

import { isUpdating } from "../../src/testing/golden.ts";
import { believe } from "../control-plane/believe.ts";
import { eventually } from "../control-plane/eventually.ts";
import { hasControllers, plane } from "../control-plane/plane.ts";
import { normalised, threeWayDiff } from "../gitops/argo-diff.ts";
import { type Applier, applied, ARGO, ARGO_SERVER_SIDE, predicted } from "../gitops/applied.ts";
import { foreignKeys, ownedByApp, tracked, type Tracking } from "../gitops/argo-tracking.ts";
import { type Kstatus, kstatusOf } from "../gitops/kstatus.ts";
import { type Life, lifeOf } from "../gitops/life.ts";
import { type Health, interpreters } from "../gitops/lua.ts";
import { recorder } from "../gitops/recorder.ts";
import { snapshotOf } from "../gitops/snapshot.ts";
import { elsewhere } from "../operator/elsewhere.ts";
import { inNamespace, serviceAccess } from "../operator/objects.ts";
import { accessPath, condition, isReady, policyPath, type RawAccess, readsOf } from "../operator/reads.ts";
import { stage } from "../operator/stage.ts";

const folder = join(import.meta.dirname, "../../config/argocd");
const upstream = join(folder, "resource_customizations/serviceaccess.dev/ServiceAccess");
const script = readFileSync(join(upstream, "health.lua"), "utf8");
const reads = readsOf(plane.api);
const operator = stage(plane, { foreseen: "policy not created" });

interface Expected {
  readonly inputPath: string;
  readonly healthStatus: Health;
}

/** What Argo CD shall say of each file in testdata: the table that its own test-suite reads. */
const table = fromYaml<{ readonly tests: readonly Expected[] }>(join(upstream, "health_test.yaml")).tests;

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as in believe()
function fromYaml<Content>(file: string): Content {
  return believe<Content>(JSON.stringify(load(readFileSync(file, "utf8"))));
}

const web = serviceAccess("web", {
  target: { podSelector: { matchLabels: { app: "web" } } },
  ports: [{ port: 8080 }],
  permits: { dns: false },
});

const mergePatch = "application/merge-patch+json";

async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await plane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

describe.runIf(hasControllers)("an object's life", () => {
  let life: Life;

  beforeAll(async () => {
    life = await lifeOf(plane, operator);
  });

  test("every state of it is a file in testdata, as the API server has it today", () => {
    for (const [name, snapshot] of life) {
      const text = dump(snapshot, { lineWidth: 120 });
      const file = join(upstream, "testdata", `${name}.yaml`);
      if (isUpdating(process.env)) writeFileSync(file, text);
      expect(existsSync(file) ? readFileSync(file, "utf8") : `UPDATE_GOLDEN=1 writes ${file}`).toBe(text);
    }
    const files = [...life.keys()].map((name) => `testdata/${name}.yaml`).toSorted();
    expect(table.map(({ inputPath }) => inputPath).toSorted()).toEqual(files);
    expect(
      readdirSync(join(upstream, "testdata"))
        .map((name) => `testdata/${name}`)
        .toSorted(),
    ).toEqual(files);
  });

  test.each(interpreters())("Argo CD reads it right in every state, says $name", ({ read }) => {
    const snapshots = table.map(({ inputPath }) => fromYaml<object>(join(upstream, inputPath)));
    const told = Object.fromEntries(
      read(script, snapshots).map((health, i) => [table[i]?.inputPath ?? "", health]),
    );
    expect(told).toEqual(
      Object.fromEntries(table.map(({ inputPath, healthStatus }) => [inputPath, healthStatus])),
    );
  });
});

/** What was read one after another, each reading once. */
function distinct<Reading>(readings: readonly Reading[]): readonly Reading[] {
  return readings.filter((reading, i) => i === 0 || reading !== readings[i - 1]);
}

test("whoever watches an object sees it come true step by step, and never before its time", async () => {
  const namespace = await plane.namespace("watched");
  const recording = recorder(plane, namespace, "web");
  const ready = () =>
    eventually(async () => isReady(await reads.access(namespace, "web")), { what: "web to be Ready" });
  await plane.apply(...inNamespace(namespace, web));
  await ready();
  const change = { spec: { ports: [{ port: 9090 }] }, metadata: { finalizers: ["example.org/hold"] } };
  await plane.api("PATCH", accessPath(namespace, "web"), change, mergePatch);
  await ready();
  await plane.api("DELETE", accessPath(namespace, "web"));
  const versions = await eventually(
    () => {
      const seen = recording.versions();
      return seen.at(-1)?.metadata.deletionTimestamp === undefined ? undefined : seen.map(snapshotOf);
    },
    { what: "the deletion to be seen" },
  );
  await recording.stop();
  await plane.api("PATCH", accessPath(namespace, "web"), { metadata: { finalizers: null } }, mergePatch);

  const [interpreter] = interpreters();
  const codes = interpreter?.read(script, versions).map(({ status }) => status) ?? [];
  expect(distinct(codes)).toEqual(["Progressing", "Healthy", "Progressing", "Healthy", "Progressing"]);
  const flux: readonly Kstatus[] = distinct(versions.map(kstatusOf));
  expect(flux).toEqual(["InProgress", "Current", "InProgress", "Current", "Terminating"]);
});

/** An application `shop` of which web is the only object, as Argo CD applies it. */
function manifest(namespace: string, by: Tracking) {
  const path = `serviceaccess.dev/ServiceAccess:${namespace}/web`;
  return { ...web, metadata: { ...web.metadata, namespace, ...tracked(by, "shop", path) } };
}

async function synced(prefix: string, applier: Applier, by: Tracking) {
  const namespace = await plane.namespace(prefix);
  const object = manifest(namespace, by);
  await applied(plane, applier, object);
  await eventually(async () => isReady(await reads.access(namespace, "web")), { what: "web to be Ready" });
  return { namespace, object };
}

const appliers = [
  { applier: ARGO, by: "label" },
  { applier: ARGO_SERVER_SIDE, by: "annotation" },
] as const;

describe.each(appliers)("synced $applier.way, tracked by $by", ({ applier, by }) => {
  let shop: Awaited<ReturnType<typeof synced>>;

  beforeAll(async () => {
    shop = await synced("shop", applier, by);
  });

  test("the policies are no part of the application, and carry nothing of anybody's tools", async () => {
    const [access, policies] = [
      await reads.access(shop.namespace, "web"),
      await reads.policies(shop.namespace),
    ];
    expect(policies.map(({ metadata }) => metadata.name)).toEqual(["web-permits", "web-rights"]);
    const live = [
      { kind: "ServiceAccess", metadata: access!.metadata },
      ...policies.map(({ metadata }) => ({ kind: "NetworkPolicy", metadata })),
    ];
    expect(ownedByApp(by, "shop", live)).toEqual(["ServiceAccess web"]);
    expect(policies.flatMap(({ metadata }) => foreignKeys(metadata))).toEqual([]);
    // In the resource tree they hang below their object, because they say so.
    const owners = policies.map(({ metadata }) => metadata.ownerReferences?.map(({ uid }) => uid));
    expect(owners).toEqual([[access?.metadata.uid], [access?.metadata.uid]]);
  });

  test("of the object the operator has the status, and nothing else", async () => {
    const { body } = await plane.api<ManagedObject>("GET", accessPath(shop.namespace, "web"));
    const fields = body.metadata.managedFields.map(({ manager, subresource = "", fieldsV1 }) =>
      [manager, subresource, ...Object.keys(fieldsV1)].join(" "),
    );
    expect(fields.toSorted()).toEqual([
      `${applier.manager}  f:metadata f:spec`,
      "serviceaccess-status status f:status",
    ]);
  });

  test("Argo CD sees no difference, and a second sync changes nothing", async () => {
    const live = async () => (await plane.api("GET", accessPath(shop.namespace, "web"))).body;
    const before = await live();
    if (applier.way === "server-side") {
      const wanted = await predicted(plane, applier, accessPath(shop.namespace, "web"), shop.object);
      expect(normalised(wanted)).toEqual(normalised(before));
      expect(await applied(plane, applier, shop.object)).toEqual([
        "serviceaccess.serviceaccess.dev/web serverside-applied",
      ]);
    } else {
      expect(threeWayDiff(lastApplied(before), shop.object, normalised(before))).toBeUndefined();
      expect(await applied(plane, applier, shop.object)).toEqual([
        "serviceaccess.serviceaccess.dev/web unchanged",
      ]);
    }
    expect(await live()).toEqual(before);
  });

  test("a sync takes back what somebody changed by hand, and the policies follow", async () => {
    const byHand = { spec: { ports: [{ port: 22 }] } };
    await plane.api(
      "PATCH",
      `${accessPath(shop.namespace, "web")}?fieldManager=kubectl-edit`,
      byHand,
      mergePatch,
    );
    await expectPort(shop.namespace, 22);
    await applied(plane, applier, shop.object);
    await expectPort(shop.namespace, 8080);
  });

  test("a policy that somebody edits is put right at once, and an Event says who edited what", async () => {
    const path = `${policyPath(shop.namespace, "web-rights")}?fieldManager=kubectl-edit`;
    await plane.api("PATCH", path, { spec: { ingress: [{}] } }, mergePatch);
    await expectPort(shop.namespace, 8080);
    const note = await eventually(() => restoration(shop.namespace), { what: "the Event" });
    expect(note).toContain(`kubectl-edit changed spec.ingress of ${shop.namespace}/web-rights`);
  });

  test.runIf(hasControllers)(
    "pruning the object, in the foreground as Argo CD does, ends with nothing left",
    async () => {
      const options = { propagationPolicy: "Foreground" };
      await plane.api("DELETE", accessPath(shop.namespace, "web"), options);
      await eventually(async () => Object.keys(await reads.everything(shop.namespace)).length === 0, {
        what: "object and policies to be gone",
      });
      expect(await reads.access(shop.namespace, "web")).toBeUndefined();
    },
  );
});

interface Managed {
  readonly manager: string;
  readonly subresource?: string;
  readonly fieldsV1: Readonly<Record<string, object>>;
}

interface ManagedObject {
  readonly metadata: { readonly managedFields: readonly Managed[] };
}

/** What kubectl wrote down of the manifest it applied; of annotations that are none Argo CD takes no notice. */
function lastApplied(live: unknown): unknown {
  const { annotations } = believe<RawAccess>(JSON.stringify(live)).metadata;
  const text = annotations?.["kubectl.kubernetes.io/last-applied-configuration"] ?? "{}";
  return believe(text.replace('"annotations":{},', ""));
}

async function expectPort(namespace: string, port: number): Promise<void> {
  const check = async () => {
    const { spec } = (await reads.policy(namespace, "web-rights")) ?? {};
    return spec?.ingress?.[0]?.ports?.[0]?.port === port;
  };
  await eventually(check, { what: `the policy to say ${port}` });
}

interface Event {
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly kind: string; readonly name: string };
}

/** What an Event of web says of its policies. */
async function restoration(namespace: string): Promise<string | undefined> {
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const { body } = await plane.api<{ readonly items: readonly Event[] }>("GET", path);
  const told = body.items.find(({ reason }) => reason === "PolicyRestored");
  expect(told?.regarding ?? { kind: "ServiceAccess", name: "web" }).toMatchObject({
    kind: "ServiceAccess",
    name: "web",
  });
  return told?.note;
}

test.runIf(hasControllers)(
  "an object with permits elsewhere is pruned, too, with all that it has there",
  async () => {
    const { prepared, gone, noPermitsIn } = elsewhere(plane);
    const { home, open } = await prepared();
    const { body } = await plane.api<ManagedObject>("GET", accessPath(home, "db"));
    const ours = body.metadata.managedFields.filter(({ manager }) => manager.startsWith("serviceaccess"));
    expect(ours.map(({ subresource, fieldsV1 }) => [subresource, fieldsOf(fieldsV1)])).toEqual(
      expect.arrayContaining([[undefined, ["f:metadata.f:finalizers"]]]),
    );
    expect(ours.length).toBe(2);

    await plane.api("DELETE", accessPath(home, "db"), { propagationPolicy: "Foreground" });
    await gone(home);
    await noPermitsIn(open, home);
    expect(await reads.policies(home)).toEqual([]);
  },
);

/** `f:metadata.f:finalizers`, two levels deep. */
function fieldsOf(fields: Managed["fieldsV1"]): readonly string[] {
  return Object.entries(fields).flatMap(([outer, inner]) =>
    Object.keys(inner).map((key) => `${outer}.${key}`),
  );
}

test("argocd-cm has the same Lua, and as a patch it leaves the rest as it is", async () => {
  const key = "resource.customizations.health.serviceaccess.dev_ServiceAccess";
  const patch = fromYaml<ConfigMap>(join(folder, "argocd-cm.yaml"));
  expect(patch.data).toEqual({ [key]: script });

  const namespace = await plane.namespace("argocd");
  const theirs = { "application.instanceLabelKey": "app.kubernetes.io/instance" };
  const metadata = { name: "argocd-cm", namespace };
  await plane.apply({ apiVersion: "v1", kind: "ConfigMap", metadata, data: theirs });
  await kubectl(
    "patch",
    "configmap",
    "argocd-cm",
    "-n",
    namespace,
    "--patch-file",
    join(folder, "argocd-cm.yaml"),
  );
  const patched = believe<ConfigMap>(
    await kubectl("get", "configmap", "argocd-cm", "-n", namespace, "-o", "json"),
  );
  expect(patched.data).toEqual({ ...theirs, [key]: script });
});

interface ConfigMap {
  readonly data: Readonly<Record<string, string>>;
}

test("as a component of kustomize it leaves the rest of argocd-cm as it is", async () => {
  const theirs = mkdtempSync(join(tmpdir(), "argocd-"));
  const install = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "argocd-cm" },
    data: { url: "theirs" },
  };
  writeFileSync(join(theirs, "install.yaml"), dump(install));
  const kustomization = {
    resources: ["install.yaml"],
    components: [relative(theirs, folder)],
    namespace: "argocd",
  };
  writeFileSync(join(theirs, "kustomization.yaml"), dump(kustomization));
  const [rendered] = await kustomized<ConfigMap>(theirs);
  rmSync(theirs, { recursive: true });
  const key = "resource.customizations.health.serviceaccess.dev_ServiceAccess";
  expect(rendered?.data).toEqual({ url: "theirs", [key]: script });
});

async function kustomized<Content>(path: string): Promise<readonly Content[]> {
  return believe<readonly Content[]>(JSON.stringify(loadAll(await kubectl("kustomize", path))));
}

interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const example = join(folder, "example");

test("in the example, each wave has what the next one needs", async () => {
  const waves = new Map<string, Set<string>>();
  for (const { kind, metadata } of await kustomized<Rendered>(join(example, "platform"))) {
    const wave = metadata.annotations?.["argocd.argoproj.io/sync-wave"] ?? "0";
    waves.set(wave, (waves.get(wave) ?? new Set()).add(kind));
  }
  expect([...(waves.get("-2") ?? [])].toSorted()).toEqual(["CustomResourceDefinition", "Namespace"]);
  expect(waves.get("-1")).toContain("ClusterRole");
  expect(waves.get("0")).toContain("Deployment");
  expect([...(waves.get("1") ?? [])]).toEqual(["ServiceAccess"]);
  const sooner = [...(waves.get("-1") ?? []), ...(waves.get("0") ?? [])];
  expect(
    sooner.filter((kind) => ["Namespace", "CustomResourceDefinition", "ServiceAccess"].includes(kind)),
  ).toEqual([]);
});

interface Kind {
  readonly group: string;
  readonly kind: string;
}

interface Project {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly sourceRepos: readonly string[];
    readonly destinations: readonly { readonly server: string; readonly namespace: string }[];
    readonly clusterResourceWhitelist: readonly Kind[];
    readonly namespaceResourceWhitelist: readonly Kind[];
  };
}

interface Application {
  readonly spec: {
    readonly project: string;
    readonly source: { readonly repoURL: string; readonly path: string };
    readonly destination: { readonly server: string };
  };
}

test("the example's project permits what the application brings, where it brings it, and the policies", async () => {
  const project = fromYaml<Project>(join(example, "bootstrap/project.yaml"));
  const application = fromYaml<Application>(join(example, "bootstrap/application.yaml"));
  const { repoURL, path } = application.spec.source;
  expect(application.spec.project).toBe(project.metadata.name);
  expect(project.spec.sourceRepos).toContain(repoURL);

  const child = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "", namespace: "shop" },
  };
  const objects = [...(await kustomized<Rendered>(join(import.meta.dirname, "../..", path))), child];
  for (const { apiVersion, kind, metadata } of objects) {
    const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
    const { clusterResourceWhitelist, namespaceResourceWhitelist, destinations } = project.spec;
    const { server } = application.spec.destination;
    if (metadata.namespace === undefined) expect(clusterResourceWhitelist).toContainEqual({ group, kind });
    else {
      expect(namespaceResourceWhitelist).toContainEqual({ group, kind });
      expect(destinations).toContainEqual({ server, namespace: metadata.namespace });
    }
  }
});

test("what the example brings is accepted by the API server", async () => {
  const rendered = await kustomized<Rendered>(join(example, "platform"));
  // In a dry run nothing is made, so what lies in a namespace of the example has none to lie in.
  const shop = rendered.filter(({ metadata }) => metadata.namespace === "shop");
  const namespace = await plane.namespace("example");
  const moved = shop.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
  expect((await applied(plane, ARGO_SERVER_SIDE, ...moved)).length).toBe(4);
  const isProgrammed = async () =>
    condition(await reads.access(namespace, "memcached"), "Programmed")?.status === "True";
  await eventually(isProgrammed, { what: "memcached to be programmed" });
  await plane.api("DELETE", `/api/v1/namespaces/${namespace}`);
});
