import type { NetworkPolicySpec } from "../../../model/network-policy.ts";
import {
  BASE_OUT,
  baseStep,
  type GeneratedCase,
  type GeneratedStep,
  NINE_PODS,
  NONE,
  policy,
  reach,
  step,
  withNamespace,
  withPods,
} from "./case.ts";

const NO_POLICY = step([], []);
const BASE = baseStep({});

/** Policies, namespaces, pods and their labels come, change and go. */
export function actionCases(): readonly GeneratedCase[] {
  return [
    action("a policy is created and deleted", [NO_POLICY, BASE, NO_POLICY]),
    action("the ports of a policy are updated", [
      BASE,
      baseStep(
        { ingressPorts: [{ protocol: "UDP", port: "serve-81-udp" }] },
        { in: reach("UDP/81", "x/b x/c y/b y/c") },
      ),
    ]),
    action("a namespace with the label of another is created and deleted", [BASE, withSecondY(), BASE]),
    action("a namespace gets a label and loses it", namespaceLabel()),
    action("a pod is created and deleted that nobody admits", [
      BASE,
      withPods(BASE, { "x/d": "10.0.1.4" }),
      BASE,
    ]),
    action("a pod gets a label and loses it", podLabel()),
  ];
}

/** One named port, and a namespace with a pod that did not exist when the policy was written. */
export function exampleCase(): GeneratedCase {
  const spec: NetworkPolicySpec = {
    podSelector: { matchLabels: { pod: "a" } },
    policyTypes: ["Ingress"],
    ingress: [{ ports: [{ protocol: "TCP", port: "serve-80-tcp" }] }],
  };
  const before = step([policy("x", "named", spec)], [{ pods: ["x/a"], in: reach("TCP/80", "*") }]);
  const withW = withNamespace(before, "w", { ns: "w" });
  const withPod = withPods(
    { ...withW, bounds: [{ pods: ["x/a"], in: reach("TCP/80", "* w/a") }] },
    { "w/a": "10.0.4.1" },
  );
  return {
    group: "example",
    name: "one named port, for whoever comes",
    steps: [NO_POLICY, before, withW, withPod, withW, before, NO_POLICY],
  };
}

function action(name: string, steps: readonly GeneratedStep[]): GeneratedCase {
  return { group: "action", name, steps };
}

/** y-2 calls itself y by its label, so its pods are the policy's peers as those of y are. */
function withSecondY(): GeneratedStep {
  const bound = {
    in: reach("TCP/80", "x/b x/c y/b y/c y-2/b"),
    out: reach("TCP/80", "y/a y/b z/a z/b y-2/a y-2/b"),
  };
  const pods = { "y-2/a": "10.0.5.1", "y-2/b": "10.0.5.2" };
  return withPods(withNamespace(baseStep({}, bound), "y-2", { ns: "y" }), pods);
}

function namespaceLabel(): readonly GeneratedStep[] {
  const from = [{ namespaceSelector: { matchLabels: { "new-ns": "qrs" } } }];
  const without = baseStep({ from }, { in: NONE });
  const labelled = baseStep({ from }, { in: reach("TCP/80", "y/*"), out: BASE_OUT });
  return [without, withNamespace(labelled, "y", { ns: "y", "new-ns": "qrs" }), without];
}

function podLabel(): readonly GeneratedStep[] {
  const from = [{ podSelector: { matchLabels: { "new-label": "abc" } }, namespaceSelector: {} }];
  const without = baseStep({ from }, { in: NONE });
  const labelled = baseStep({ from }, { in: reach("TCP/80", "y/b") });
  const labels = { pod: "b", "new-label": "abc" };
  return [without, withPods(labelled, { "y/b": { ips: [NINE_PODS["y/b"] ?? ""], labels } }), without];
}
