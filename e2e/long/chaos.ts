import fc from "fast-check";

import { MANAGED_BY_LABEL, MANAGER, mayBeElsewhere, OWNER_UID_LABEL } from "../../src/generator/names.ts";
import { KEYS, NAMESPACES, policyArbitrary, VALUES } from "../../src/testing/random-policy.ts";
import { specArbitrary } from "../../src/testing/random-access.ts";
import type { Access } from "../control-plane/access.ts";
import { deployment, pod, service, serviceAccess } from "../operator/objects.ts";
import { accessPath, policyPath, type RawPolicy, readsOf } from "../operator/reads.ts";
import { dice, type Dice } from "./dice.ts";

/** Many people who change a cluster at the same time, and do not ask each other. */
export interface Chaos {
  /** One change of one of them; whether it is accepted or refused is all the same. */
  step(): Promise<void>;
  /** Ends what keeps the operator from doing what is asked: suspended objects, missing Services and workloads. */
  calm(): Promise<void>;
  /** Where they change things. */
  readonly namespaces: readonly string[];
  /** The policies that are nobody's but theirs: `namespace/name` to the version they wrote last. */
  readonly foreign: ReadonlyMap<string, string>;
  /** How often each kind of change was accepted. */
  readonly done: ReadonlyMap<string, number>;
}

const mergePatch = "application/merge-patch+json";
const ssa = "application/apply-patch+yaml";
const asTest = "fieldManager=chaos&force=true";
const names = ["a", "b", "c", "d", "e"];

interface Versioned {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly resourceVersion: string };
}

interface Scene {
  readonly api: Access["api"];
  readonly chance: Dice;
  readonly foreign: Map<string, string>;
  readonly specs: readonly object[];
  readonly policies: readonly object[];
  /** Whatever lies at hand: a namespace, a name, labels. */
  readonly namespace: () => string;
  readonly name: () => string;
  readonly labels: () => Readonly<Record<string, string>>;
}

/** A change, named by its function; true when the API server accepted it. */
type Change = (scene: Scene) => Promise<boolean>;

/** Each as often as it stands here. */
const changes: readonly Change[] = [
  putAccess,
  putAccess,
  putAccess,
  putAccess,
  deleteAccess,
  toggleSuspend,
  putPod,
  putPod,
  deletePod,
  relabelPod,
  relabelPod,
  putService,
  deleteService,
  relabelNamespace,
  putForeign,
  putForeign,
  putForeign,
  squat,
  squat,
  adopt,
  deleteForeign,
  editOurs,
  editOurs,
  editOurs,
  deleteOurs,
  deleteOurs,
];

export async function chaos(access: Access, seed: number): Promise<Chaos> {
  const scene = sceneOf(access.api, seed);
  const done = new Map<string, number>();
  for (const name of NAMESPACES) await access.api("POST", "/api/v1/namespaces", { metadata: { name } });
  await restore(scene);
  return {
    namespaces: NAMESPACES,
    foreign: scene.foreign,
    done,
    step: async () => {
      const change = scene.chance.oneOf(changes);
      if (await change(scene)) done.set(change.name, (done.get(change.name) ?? 0) + 1);
    },
    calm: async () => {
      await restore(scene);
      for (const { metadata } of await readsOf(access.api).accesses()) {
        const path = accessPath(metadata.namespace, metadata.name);
        await access.api("PATCH", path, { spec: { suspend: null } }, mergePatch);
      }
    },
  };
}

function sceneOf(api: Access["api"], seed: number): Scene {
  const chance = dice(seed);
  const sampled = <T>(arbitrary: fc.Arbitrary<T>): readonly T[] =>
    fc.sample(arbitrary, { numRuns: 500, seed });
  return {
    api,
    chance,
    foreign: new Map(),
    specs: sampled(specArbitrary()),
    policies: sampled(policyArbitrary(0)).map(({ spec }) => spec),
    namespace: () => chance.oneOf(NAMESPACES),
    name: () => chance.oneOf(names),
    labels: () => Object.fromEntries(KEYS.map((key) => [key, chance.oneOf(VALUES)])),
  };
}

/** The Service and the Deployment that the random specs speak of. */
async function restore({ api, labels }: Scene): Promise<void> {
  for (const namespace of NAMESPACES) {
    await api("POST", `/api/v1/namespaces/${namespace}/services`, service("s", labels(), "web"));
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    await api("POST", path, deployment("d", { ...labels(), app: "a" }, [{ name: "web", containerPort: 80 }]));
    await api("POST", `/api/v1/namespaces/${namespace}/services`, service("gone", labels(), 81));
  }
}

async function putAccess({ api, chance, specs, namespace, name }: Scene): Promise<boolean> {
  const [where, who] = [namespace(), name()];
  const object = serviceAccess(who, chance.oneOf(specs));
  const { status } = await api("PATCH", `${accessPath(where, who)}?${asTest}`, object, ssa);
  return status < 300;
}

async function deleteAccess({ api, namespace, name }: Scene): Promise<boolean> {
  return (await api("DELETE", accessPath(namespace(), name()))).status < 300;
}

async function toggleSuspend({ api, chance, namespace, name }: Scene): Promise<boolean> {
  const spec = { suspend: chance.roll(3) === 0 };
  return (await api("PATCH", accessPath(namespace(), name()), { spec }, mergePatch)).status < 300;
}

async function putPod({ api, namespace, name, labels }: Scene): Promise<boolean> {
  return (await api("POST", podPath(namespace()), pod(name(), labels()))).status < 300;
}

async function deletePod({ api, namespace, name }: Scene): Promise<boolean> {
  return (await api("DELETE", podPath(namespace(), name()))).status < 300;
}

async function relabelPod({ api, namespace, name, labels }: Scene): Promise<boolean> {
  const metadata = { labels: labels() };
  return (await api("PATCH", podPath(namespace(), name()), { metadata }, mergePatch)).status < 300;
}

function podPath(namespace: string, name = ""): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`.replace(/\/$/, "");
}

async function putService({ api, chance, namespace, labels }: Scene): Promise<boolean> {
  const [where, who] = [namespace(), chance.oneOf(["s", "gone"])];
  const object = service(who, labels(), chance.oneOf([80, 81, "web"]));
  const path = `/api/v1/namespaces/${where}/services/${who}?${asTest}`;
  return (await api("PATCH", path, object, ssa)).status < 300;
}

async function deleteService({ api, chance, namespace }: Scene): Promise<boolean> {
  const path = `/api/v1/namespaces/${namespace()}/services/${chance.oneOf(["s", "gone"])}`;
  return (await api("DELETE", path)).status < 300;
}

async function relabelNamespace({ api, chance, namespace, labels }: Scene): Promise<boolean> {
  const consent = chance.oneOf([null, "*", "x", "y, z"]);
  const metadata = { labels: labels(), annotations: { "serviceaccess.dev/accept-permits-from": consent } };
  return (await api("PATCH", `/api/v1/namespaces/${namespace()}`, { metadata }, mergePatch)).status < 300;
}

/** Made, or changed, by somebody who thinks of a name of their own. */
async function putForeign(scene: Scene): Promise<boolean> {
  const name = `theirs-${scene.name()}`;
  return await writeForeign(scene, scene.namespace(), name, { labels: { theirs: "yes" } });
}

/** Somebody's policy where one of ours is to be. Where ours is already, nothing happens. */
async function squat(scene: Scene): Promise<boolean> {
  const name = `${scene.name()}-${scene.chance.oneOf(["rights", "permits"])}`;
  return await writeForeign(scene, scene.namespace(), name, { labels: { theirs: "yes" } });
}

async function writeForeign(
  scene: Scene,
  namespace: string,
  name: string,
  metadata: object,
): Promise<boolean> {
  const { api, chance, foreign, policies } = scene;
  const object = { metadata: { ...metadata, name }, spec: chance.oneOf(policies) };
  const key = `${namespace}/${name}`;
  const [method, path] = foreign.has(key)
    ? (["PATCH", policyPath(namespace, name)] as const)
    : (["POST", policyPath(namespace)] as const);
  const answer = await api<Versioned>(method, path, object, method === "PATCH" ? mergePatch : undefined);
  if (answer.status < 300) foreign.set(key, answer.body.metadata.resourceVersion);
  return answer.status < 300;
}

async function deleteForeign({ api, chance, foreign }: Scene): Promise<boolean> {
  if (foreign.size === 0) return false;
  const key = chance.oneOf([...foreign.keys()]);
  const [namespace = "", name = ""] = key.split("/");
  foreign.delete(key);
  return (await api("DELETE", policyPath(namespace, name))).status < 300;
}

/** Somebody gives a policy away; whether the operator takes it depends on whether an object asks for it. */
async function adopt({ api, chance, foreign }: Scene): Promise<boolean> {
  const squatters = [...foreign.keys()].filter((key) => /-(rights|permits)$/.test(key));
  if (squatters.length === 0) return false;
  const key = chance.oneOf(squatters);
  const [namespace = "", name = ""] = key.split("/");
  foreign.delete(key);
  const metadata = { annotations: { "serviceaccess.dev/adopt": "true" } };
  return (await api("PATCH", policyPath(namespace, name), { metadata }, mergePatch)).status < 300;
}

async function ours({ api, chance, namespace }: Scene): Promise<RawPolicy | undefined> {
  const owned = (await readsOf(api).policies(namespace())).filter(isOwned);
  return owned.length === 0 ? undefined : chance.oneOf(owned);
}

/** By its owner: whoever edits it may take the labels away. In other namespaces, by a sign that is left. */
export function isOwned({
  metadata: { name, labels = {}, ownerReferences = [] },
}: Pick<RawPolicy, "metadata">): boolean {
  if (ownerReferences.some(({ kind }) => kind === "ServiceAccess")) return true;
  const isSigned = labels[MANAGED_BY_LABEL] === MANAGER || labels[OWNER_UID_LABEL] !== undefined;
  return mayBeElsewhere(name) && isSigned;
}

async function editOurs(scene: Scene): Promise<boolean> {
  const policy = await ours(scene);
  if (policy === undefined) return false;
  const { namespace, name } = policy.metadata;
  const edit = scene.chance.oneOf<object>([
    { spec: { ingress: [{}] } },
    { spec: { policyTypes: ["Ingress", "Egress"], egress: [{}], ingress: null } },
    { spec: scene.chance.oneOf(scene.policies) },
    { metadata: { labels: { "app.kubernetes.io/managed-by": "somebody", theirs: "yes" } } },
    { metadata: { labels: { "serviceaccess.dev/owner-uid": null, "serviceaccess.dev/owner-name": null } } },
    { metadata: { annotations: { "serviceaccess.dev/description": "mine", theirs: "yes" } } },
  ]);
  return (await scene.api("PATCH", policyPath(namespace, name), edit, mergePatch)).status < 300;
}

async function deleteOurs(scene: Scene): Promise<boolean> {
  const policy = await ours(scene);
  if (policy === undefined) return false;
  const { namespace, name } = policy.metadata;
  return (await scene.api("DELETE", policyPath(namespace, name))).status < 300;
}
