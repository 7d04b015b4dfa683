import type { Access } from "../control-plane/access.ts";
import type { NetworkPolicy, ObjectMeta } from "../../src/model/network-policy.ts";
import type { Condition, ServiceAccess } from "../../src/model/service-access.ts";

const accessesPath = "/apis/serviceaccess.dev/v1alpha1";
const policiesPath = "/apis/networking.k8s.io/v1";

/** As the API server has it, with nothing of the product in between. */
export interface Raw<Spec> {
  readonly metadata: ObjectMeta & { readonly uid: string; readonly resourceVersion: string };
  readonly spec: Spec;
}

export type RawPolicy = Raw<NetworkPolicy["spec"]>;
export type RawAccess = Raw<ServiceAccess["spec"]> & Pick<ServiceAccess, "status">;

export interface Reads {
  access(namespace: string, name: string): Promise<RawAccess | undefined>;
  policy(namespace: string, name: string): Promise<RawPolicy | undefined>;
  /** Of one namespace, or of the whole cluster. */
  accesses(namespace?: string): Promise<readonly RawAccess[]>;
  policies(namespace?: string): Promise<readonly RawPolicy[]>;
  /** Every ServiceAccess and NetworkPolicy, version and status included, by what it is and its name. */
  everything(namespace?: string): Promise<Readonly<Record<string, Raw<unknown>>>>;
}

export function readsOf(api: Access["api"]): Reads {
  const one = async <Body>(path: string): Promise<Body | undefined> => {
    const { status, body } = await api<Body>("GET", path);
    return status === 200 ? body : undefined;
  };
  const all = async <Body>(path: string): Promise<readonly Body[]> =>
    (await api<{ readonly items: readonly Body[] }>("GET", path)).body.items;
  const accesses: Reads["accesses"] = (namespace) => all(accessPath(namespace));
  const policies: Reads["policies"] = (namespace) => all(policyPath(namespace));
  return {
    access: (namespace, name) => one(accessPath(namespace, name)),
    policy: (namespace, name) => one(policyPath(namespace, name)),
    accesses,
    policies,
    everything: async (namespace) => ({
      ...byName("ServiceAccess", await accesses(namespace)),
      ...byName("NetworkPolicy", await policies(namespace)),
    }),
  };
}

export function accessPath(namespace?: string, name?: string): string {
  return path(accessesPath, "serviceaccesses", namespace, name);
}

export function policyPath(namespace?: string, name?: string): string {
  return path(policiesPath, "networkpolicies", namespace, name);
}

function path(group: string, plural: string, namespace?: string, name?: string): string {
  const place = namespace === undefined ? group : `${group}/namespaces/${namespace}`;
  return name === undefined ? `${place}/${plural}` : `${place}/${plural}/${name}`;
}

export function condition(access: RawAccess | undefined, type: string): Condition | undefined {
  return access?.status?.conditions?.find((each) => each.type === type);
}

/** Whether the operator has seen this very spec and done what it asks. */
export function isReady(access: RawAccess | undefined): boolean {
  const ready = condition(access, "Ready");
  return ready?.status === "True" && ready.observedGeneration === access?.metadata.generation;
}

function byName(kind: string, objects: readonly Raw<unknown>[]): Record<string, Raw<unknown>> {
  return Object.fromEntries(
    objects.map((object) => [`${kind} ${object.metadata.namespace}/${object.metadata.name}`, object]),
  );
}
