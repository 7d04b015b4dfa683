import type { Labels } from "../../src/model/labels.ts";
import type { PolicyPeer } from "../../src/model/network-policy.ts";
import {
  bothWays,
  type NamespaceSketch,
  podsIn,
  podsWith,
  type PolicySketch,
  range,
  withPeer,
} from "./sketch.ts";

// The five clusters that Antrea measures its own policy controller with, at any number of pods.

/** Very many small namespaces: four pods and three policies in each. */
export function smallNamespaces(pods: number): readonly NamespaceSketch[] {
  return range(pods / 4).map((i) => ({
    name: `ns${i}`,
    labels: { app: `ns${i}` },
    workloads: [1, 2].map((k) => ({ name: `w${k}`, replicas: 2, labels: { [`app-${k}`]: `scale-${k}` } })),
    policies: [bothWays("deny", {}), ...[1, 2].map((k) => alike(`np${k}`, { [`app-${k}`]: `scale-${k}` }))],
  }));
}

/** Namespaces of a thousand pods, with a label key and a policy for every ten of them. */
export function largeNamespaces(pods: number): readonly NamespaceSketch[] {
  const count = Math.max(1, Math.floor(pods / 1000));
  const groups = range(Math.ceil(pods / count) / 10);
  return range(count).map((i) => ({
    name: `ns${i}`,
    labels: { app: `ns${i}` },
    workloads: groups.map((k) => ({ name: `w${k}`, replicas: 10, labels: { [`app-${k}`]: `scale-${k}` } })),
    policies: [bothWays("deny", {}), ...groups.map((k) => alike(`np${k}`, { [`app-${k}`]: `scale-${k}` }))],
  }));
}

/** One namespace in which every pod and every policy is the same. */
export function samePolicies(pods: number): readonly NamespaceSketch[] {
  const labels = { "app-1": "scale-1" };
  return [
    {
      name: "n",
      labels: {},
      workloads: [{ name: "w", replicas: pods, labels }],
      policies: range(pods).map((i) => alike(`np${i}`, labels)),
    },
  ];
}

/** One namespace in which every pod has a label and a policy of its own, and one partner. */
export function ownPolicies(pods: number): readonly NamespaceSketch[] {
  const pairs = range(pods / 2);
  return [
    {
      name: "n",
      labels: {},
      workloads: pairs.flatMap((i) =>
        ["a", "b"].map((side) => ({ name: `${side}${i}`, replicas: 1, labels: { app: `${side}${i}` } })),
      ),
      policies: pairs.flatMap((i) => [
        withPeer(`x${i}`, { app: `a${i}` }, podsWith({ app: `b${i}` })),
        withPeer(`y${i}`, { app: `b${i}` }, podsWith({ app: `a${i}` })),
      ]),
    },
  ];
}

/** Ten policies a namespace whose peers lie in the ten namespaces of the same company. */
export function companies(pods: number): readonly NamespaceSketch[] {
  const count = Math.max(1, Math.floor(pods / 100));
  const groups = range(Math.min(10, pods / count / 10));
  return range(count).map((i) => {
    const company = `company-${i % Math.ceil(count / 10)}`;
    const ofCompany = (k: number): PolicyPeer => podsIn({ company }, { app: `scale-${k}` });
    return {
      name: `${company}-${i}`,
      labels: { company },
      workloads: groups.map((k) => ({ name: `w${k}`, replicas: 10, labels: { app: `scale-${k}` } })),
      policies: groups.map((k) => withPeer(`np${k}`, { app: `scale-${k}` }, ofCompany(k))),
    };
  });
}

/** The subjects talk among themselves. */
function alike(name: string, labels: Labels): PolicySketch {
  return withPeer(name, labels, podsWith(labels));
}
