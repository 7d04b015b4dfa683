import fc from "fast-check";
import type { Engine, Touched } from "../core/engine.ts";
import { keyText } from "../model/key.ts";
import type {
  LabelSelector,
  NetworkPolicy,
  PolicyPeer,
  PolicyPort,
  PolicyType,
} from "../model/network-policy.ts";
import type { Namespace, Pod } from "../model/world.ts";
import { namespaceOf, podOf, type SmallCluster } from "./table.ts";

/** What a watch tells: an object is there, in this form now, or it is gone. */
export type Event =
  | { readonly kind: "put pod" | "remove pod"; readonly pod: Pod }
  | { readonly kind: "put policy" | "remove policy"; readonly policy: NetworkPolicy }
  | { readonly kind: "put namespace" | "remove namespace"; readonly namespace: Namespace };

/**
 * A long row of events about few names. The policies are small: each makes few things of the pods matter that did not
 * matter before, so that pods which were alike come to differ, and the other way round.
 */
export function historyArbitrary(maxLength: number): fc.Arbitrary<readonly Event[]> {
  const event: fc.Arbitrary<Event> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("put pod" as const), pod: pod() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove pod" as const), pod: pod() }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("put policy" as const), policy: policy() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove policy" as const), policy: policy() }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("put namespace" as const), namespace: namespace() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("remove namespace" as const), namespace: namespace() }),
    },
  );
  return fc.array(event, { minLength: 1, maxLength, size: "max" });
}

/** Tells an engine of an event, and answers with what it may judge otherwise now. */
export function tell(engine: Engine, event: Event): Touched {
  switch (event.kind) {
    case "put pod":
      return engine.putPod(event.pod);
    case "remove pod":
      return engine.removePod(event.pod);
    case "put policy":
      return engine.putPolicy(event.policy);
    case "remove policy":
      return engine.removePolicy(event.policy.metadata);
    case "put namespace":
      return engine.putNamespace(event.namespace);
    case "remove namespace":
      return engine.removeNamespace(event.namespace.name);
  }
}

/** The cluster as it is after the event. */
export function after(cluster: SmallCluster, event: Event): SmallCluster {
  switch (event.kind) {
    case "put pod":
      return { ...cluster, pods: [...others(cluster.pods, event.pod, keyText), event.pod] };
    case "remove pod":
      return { ...cluster, pods: others(cluster.pods, event.pod, keyText) };
    case "put policy":
      return { ...cluster, policies: [...others(cluster.policies, event.policy, policyKey), event.policy] };
    case "remove policy":
      return { ...cluster, policies: others(cluster.policies, event.policy, policyKey) };
    case "put namespace":
      return {
        ...cluster,
        namespaces: new Map([...cluster.namespaces, [event.namespace.name, event.namespace]]),
      };
    case "remove namespace":
      return {
        ...cluster,
        namespaces: new Map([...cluster.namespaces].filter(([name]) => name !== event.namespace.name)),
      };
  }
}

function others<T>(list: readonly T[], one: T, key: (each: T) => string): readonly T[] {
  return list.filter((each) => key(each) !== key(one));
}

function policyKey({ metadata }: NetworkPolicy): string {
  return keyText(metadata);
}

const KEYS = ["app", "role", "env", "team"];
const VALUES = ["a", "b"];

function labels(): fc.Arbitrary<Readonly<Record<string, string>>> {
  return fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), { maxKeys: 3 });
}

function namespace(): fc.Arbitrary<Namespace> {
  const accepts = fc.constantFrom<(readonly string[])[]>([], ["x"]);
  return fc
    .tuple(fc.constantFrom("x", "y"), labels(), accepts)
    .map(([name, given, acceptsPermitsFrom]) => ({ ...namespaceOf(name, given), acceptsPermitsFrom }));
}

function pod(): fc.Arbitrary<Pod> {
  return fc
    .record({
      namespace: fc.constantFrom("x", "x", "y"),
      name: fc.constantFrom("a", "b", "c", "d", "e"),
      labels: labels(),
      ips: fc.constantFrom(
        [],
        ["10.0.0.1"],
        ["10.0.0.2"],
        ["10.0.1.1"],
        ["10.0.0.1", "fd00::1"],
        ["10.0.1.1", "fd00::2"],
        ["fd00::3"],
      ),
      ports: fc.subarray(["web=TCP/80", "web=TCP/81", "dns=UDP/53"]),
      hostNetwork: fc.constantFrom(false, false, false, false, true),
      phase: fc.constantFrom("Running", "Running", "Running", "Running", "Succeeded"),
    })
    .map(({ namespace: place, name, ...details }) => podOf(`${place}/${name}`, details));
}

function policy(): fc.Arbitrary<NetworkPolicy> {
  const peers: fc.Arbitrary<readonly PolicyPeer[]> = fc.oneof(
    fc.constant([]),
    fc.record({ podSelector: selector() }).map((peer) => [peer]),
    fc.record({ podSelector: selector(), namespaceSelector: selector() }).map((peer) => [peer]),
    fc
      .constantFrom("10.0.0.0/31", "10.0.0.0/24", "fd00::/127", "0.0.0.0/0")
      .map((cidr) => [{ ipBlock: { cidr } }]),
  );
  const ports: fc.Arbitrary<readonly PolicyPort[]> = fc.constantFrom<(readonly PolicyPort[])[]>(
    [],
    [{ port: 80 }],
    [{ port: "web" }],
    [{ protocol: "UDP", port: "dns" }],
  );
  return fc
    .record({
      namespace: fc.constantFrom("x", "x", "y"),
      name: fc.constantFrom("p", "q", "r", "s"),
      podSelector: selector(),
      type: fc.constantFrom<PolicyType[]>("Ingress", "Egress"),
      rules: fc.array(fc.record({ peers, ports }), { maxLength: 1 }),
    })
    .map(({ namespace: place, name, podSelector, type, rules }) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace: place, name },
      spec: {
        podSelector,
        policyTypes: [type],
        ingress: rules.map((rule) => ({ from: rule.peers, ports: rule.ports })),
        egress: rules.map((rule) => ({ to: rule.peers, ports: rule.ports })),
      },
    }));
}

/** At most one requirement, so that no policy looks at everything at once. */
function selector(): fc.Arbitrary<LabelSelector> {
  const key = fc.constantFrom(...KEYS);
  const values = fc.subarray(VALUES, { minLength: 1 });
  return fc.oneof(
    fc.constant({}),
    fc.tuple(key, fc.constantFrom(...VALUES)).map(([name, value]) => ({ matchLabels: { [name]: value } })),
    fc
      .record({ key, operator: fc.constantFrom("In", "NotIn"), values })
      .map((one) => ({ matchExpressions: [one] })),
    fc
      .record({ key, operator: fc.constantFrom("Exists", "DoesNotExist") })
      .map((one) => ({ matchExpressions: [one] })),
  );
}
