import { expect, test } from "vitest";
import type { Pod } from "../model/world.ts";
import { policyOf } from "../testing/small-world.ts";
import { namespaceOf, type PodDetails, podOf } from "../testing/table.ts";
import { classesOf } from "./classes.ts";
import { compileCluster, type Evaluator } from "./evaluator.ts";

/** Everything that a policy can look at is looked at once. */
const POLICIES = [
  policyOf("x/p", {
    podSelector: { matchLabels: { app: "a" } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { from: [{ podSelector: { matchExpressions: [{ key: "role", operator: "DoesNotExist" }] } }] },
      { from: [{ ipBlock: { cidr: "10.0.0.0/24", except: ["10.0.0.128/25"] } }], ports: [{ port: "web" }] },
    ],
    egress: [{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { everywhere: "yes" } } }] }],
  }),
];

const PLAIN: PodDetails = { ips: ["10.0.0.1"], labels: { app: "a" }, ports: ["web=TCP/80"] };

function evaluatorOf(pods: readonly Pod[]): Evaluator {
  const namespaces = new Map(["x", "y"].map((name) => [name, namespaceOf(name, {})]));
  return compileCluster({ pods, namespaces, policies: POLICIES });
}

function areOneClass(name: string, other: PodDetails): boolean {
  const pods = [podOf("x/one", PLAIN), podOf(name, { ...PLAIN, ...other })];
  return classesOf(evaluatorOf(pods), pods).length === 1;
}

test.each<[string, PodDetails]>([
  ["a label that no policy reads", { labels: { app: "a", unread: "x" } }],
  ["another address in the same blocks", { ips: ["10.0.0.2"] }],
  ["another node", { node: "n2", nodeIPs: ["192.0.2.1"] }],
  ["a port whose name no policy reads", { ports: ["web=TCP/80", "unread=TCP/81"] }],
  ["one replica of a template", { replicas: 1 }],
])("%s is nothing that a policy can see", (_, other) => {
  expect(areOneClass("x/two", other)).toBe(true);
});

test.each<[string, PodDetails]>([
  ["another value of a label", { labels: { app: "b" } }],
  ["an empty value of a label", { labels: { app: "" } }],
  ["a label that must not be there", { labels: { app: "a", role: "x" } }],
  ["a label that another namespace reads", { labels: { app: "a", everywhere: "yes" } }],
  ["an address in another part of a block", { ips: ["10.0.0.128"] }],
  ["an address beside the block", { ips: ["10.0.1.0"] }],
  ["a second family", { ips: ["10.0.0.1", "fd00::1"] }],
  ["another family", { ips: ["fd00::1"] }],
  ["no address yet", { ips: [] }],
  ["another number behind a port's name", { ports: ["web=TCP/8080"] }],
  ["another protocol behind a port's name", { ports: ["web=UDP/80"] }],
  ["no port of the name", { ports: [] }],
  ["the node's own network", { hostNetwork: true }],
  ["several replicas, which reach each other", { replicas: 2 }],
])("%s tells pods apart", (_, other) => {
  expect(areOneClass("x/two", other)).toBe(false);
});

test("pods of different namespaces are never one class", () => {
  expect(areOneClass("y/two", {})).toBe(false);
});

test("classes hold every pod once, and the pod that answers for a class is on no node", () => {
  const pods = ["x/a", "x/b", "y/a"].map((name) =>
    podOf(name, { ...PLAIN, node: "n", nodeIPs: ["192.0.2.1"] }),
  );
  const classes = classesOf(evaluatorOf(pods), pods);
  expect(classes.map(({ members }) => members.map(({ uid }) => uid))).toEqual([["x/a", "x/b"], ["y/a"]]);
  expect(classes.map(({ pod }) => [pod.node, pod.nodeAddresses])).toEqual([
    ["", []],
    ["", []],
  ]);
});

test("no pods are no classes", () => {
  expect(classesOf(evaluatorOf([]), [])).toEqual([]);
});
