import type { Access } from "../control-plane/access.ts";
import { eventually } from "../control-plane/eventually.ts";
import { deployment, inNamespace, networkPolicy, serviceAccess } from "../operator/objects.ts";
import { accessPath, condition, isReady, policyPath, type RawAccess, readsOf } from "../operator/reads.ts";
import type { Stage } from "../operator/stage.ts";
import { refusing } from "./refusing.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/** Each thing that can be seen of a ServiceAccess in its life, by the name of its file in testdata. */
export type Life = ReadonlyMap<string, Snapshot>;

const mergePatch = "application/merge-patch+json";

const target = (app: string) => ({
  target: { podSelector: { matchLabels: { app } } },
  ports: [{ port: 8080 }],
  permits: { dns: false },
});

/** Brings objects about, in every state that a status tells apart, and takes each down as the API server has it. */
export async function lifeOf(plane: Access, operator: Stage): Promise<Life> {
  const namespace = await plane.namespace("life");
  const life = new Map<string, Snapshot>();
  const scene: Scene = {
    plane,
    namespace,
    add: async (...objects) => await plane.apply(...inNamespace(namespace, ...objects)),
    change: async (name, change) => {
      const { status, body } = await plane.api("PATCH", accessPath(namespace, name), change, mergePatch);
      if (status !== 200) throw new Error(`cannot change ${name}: ${JSON.stringify(body)}`);
    },
    take: async (file, name, when) =>
      void life.set(file, snapshotOf(await seen(plane, namespace, name, when))),
  };
  await whenAllIsWell(scene);
  await whenItCannotBeDone(scene);
  await whenOthersInterfere(scene);
  await operator.restart("SIGTERM", () => whileNobodyLooks(scene));
  await whenTold(scene);
  return life;
}

type When = (access: RawAccess) => boolean;

interface Scene {
  readonly plane: Access;
  readonly namespace: string;
  add(...objects: readonly { readonly metadata: { readonly name: string } }[]): Promise<void>;
  change(name: string, change: object): Promise<void>;
  /** Takes down the object as soon as it is as asked. */
  take(file: string, name: string, when: When): Promise<void>;
}

async function seen(plane: Access, namespace: string, name: string, when: When): Promise<RawAccess> {
  const reads = readsOf(plane.api);
  let last: RawAccess | undefined;
  const check = async () => {
    last = await reads.access(namespace, name);
    return last !== undefined && when(last) ? last : undefined;
  };
  return await eventually(check, { what: `${name} to be as it should` }).catch((error: unknown) => {
    throw new Error(`${name} is ${JSON.stringify(last?.status)}`, { cause: error });
  });
}

const is =
  (type: string, status: string): When =>
  (access) =>
    condition(access, type)?.status === status &&
    access.status?.observedGeneration === access.metadata.generation;

async function whenAllIsWell({ plane, namespace, add, take }: Scene): Promise<void> {
  await add(serviceAccess("web", target("web")));
  await take("healthy", "web", isReady);

  await add(serviceAccess("dry-run", { ...target("web"), mode: "DryRun" }));
  await take("dry-run", "dry-run", isReady);

  const closed = `${namespace}-closed`;
  await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: closed } });
  const permits = { dns: false, namespaces: { names: [closed] } };
  await add(serviceAccess("unconsented", { ...target("web"), permits }));
  await take("unconsented", "unconsented", is("PermitsConsented", "False"));

  await add(serviceAccess("restored", target("web")));
  await seen(plane, namespace, "restored", isReady);
  const policy = `${policyPath(namespace, "restored-rights")}?fieldManager=kubectl-edit`;
  await plane.api("PATCH", policy, { spec: { ingress: [{}] } }, mergePatch);
  await take("restored", "restored", is("Drifted", "False"));
}

async function whenItCannotBeDone({ add, take }: Scene): Promise<void> {
  await add(serviceAccess("waiting", { target: { service: { name: "not-there-yet" } } }));
  await take("waiting", "waiting", is("Reconciling", "True"));

  const portless = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "portless" },
    spec: { clusterIP: "None", selector: { app: "web" } },
  };
  const rights = { ingress: [{ from: [{ podSelector: {} }] }] };
  await add(portless, serviceAccess("bad-spec", { target: { service: { name: "portless" } }, rights }));
  await take("bad-spec", "bad-spec", is("Stalled", "True"));
}

async function whenOthersInterfere({ plane, namespace, add, take }: Scene): Promise<void> {
  await add(networkPolicy("conflict-rights", { podSelector: {}, policyTypes: ["Ingress"] }));
  await add(serviceAccess("conflict", target("web")));
  await take("conflict", "conflict", is("Stalled", "True"));

  const refusal = await refusing(plane, { namespace, policy: "refused-rights", because: "the freeze is on" });
  await add(serviceAccess("refused", target("web")));
  await take("refused", "refused", is("Stalled", "True"));
  await refusal.end();

  const closed = { podSelector: { matchLabels: { app: "shut" } }, policyTypes: ["Ingress"] };
  await add(
    serviceAccess("cut-off", { ...target("shut"), permits: { policy: "None" } }),
    deployment("shut", { app: "shut" }),
    deployment("client", { app: "client", "netpol/cut-off": "true" }),
    networkPolicy("no-way-out", {
      podSelector: { matchLabels: { app: "client" } },
      policyTypes: ["Egress"],
    }),
    networkPolicy("nobody-in", closed),
  );
  await take("cut-off", "cut-off", is("Effective", "False"));
}

/** The operator is down meanwhile. */
async function whileNobodyLooks({ add, change, take }: Scene): Promise<void> {
  await add(serviceAccess("new", target("web")));
  await take("not-seen", "new", () => true);
  await change("web", { spec: { ports: [{ port: 9090 }] } });
  await take("changed", "web", () => true);
}

async function whenTold({ plane, namespace, add, change, take }: Scene): Promise<void> {
  await add(serviceAccess("unwritten", { ...target("web"), suspend: true }));
  await take("suspended-unwritten", "unwritten", is("Ready", "False"));

  await add(serviceAccess("suspended", target("web")));
  await seen(plane, namespace, "suspended", isReady);
  await change("suspended", { spec: { suspend: true } });
  await take("suspended", "suspended", isReady);

  // Somebody's finalizer holds it for long enough to be seen.
  await change("web", { metadata: { finalizers: ["example.org/hold"] } });
  await seen(plane, namespace, "web", isReady);
  await plane.api("DELETE", accessPath(namespace, "web"));
  await take("deleting", "web", ({ metadata }) => metadata.deletionTimestamp !== undefined);
  await change("web", { metadata: { finalizers: null } });
}
