import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import type { Io } from "../src/cli/io.ts";
import { run } from "../src/cli/run.ts";

/** The operator as it is deployed, its neighbours, and the policy, judged by our own command line. */
const CONFIG = join(import.meta.dirname, "..", "config");
const OPERATOR = "serviceaccess-system/Deployment/serviceaccess";

const NEIGHBOURS = [
  namespace("serviceaccess-system"),
  namespace("monitoring", { metrics: "enabled" }),
  namespace("kube-system"),
  namespace("shop"),
  pod("monitoring/prometheus"),
  pod("kube-system/coredns"),
  pod("shop/web"),
];

const FLOWS: readonly [from: string, to: string, port: string, expected: string][] = [
  // The API server: a managed one, kubeadm's, minikube's, MicroK8s'; IPv4 or IPv6.
  [OPERATOR, "203.0.113.7", "443", "Allowed"],
  [OPERATOR, "10.9.0.254", "6443", "Allowed"],
  [OPERATOR, "192.168.49.2", "8443", "Allowed"],
  [OPERATOR, "10.0.0.2", "16443", "Allowed"],
  [OPERATOR, "2001:db8::7", "6443", "Allowed"],
  [OPERATOR, "203.0.113.7", "80", "Denied"],
  // The cluster's DNS, its pods under other ports, and the cache of the node; not any DNS there is.
  [OPERATOR, "kube-system/coredns", "53/UDP", "Allowed"],
  [OPERATOR, "kube-system/coredns", "53", "Allowed"],
  [OPERATOR, "kube-system/coredns", "5353/UDP", "Allowed"],
  [OPERATOR, "169.254.20.10", "53/UDP", "Allowed"],
  [OPERATOR, "192.0.2.53", "53/UDP", "Denied"],
  [OPERATOR, "shop/web", "80", "Denied"],
  // Metrics and health for whoever watches, and nobody else.
  ["monitoring/prometheus", OPERATOR, "8080", "Allowed"],
  ["monitoring/prometheus", OPERATOR, "22", "Denied"],
  ["shop/web", OPERATOR, "8080", "Denied"],
  ["203.0.113.9", OPERATOR, "8080", "Denied"],
];

test("the operator's own policy lets it reach API server and DNS, lets metrics be read, and closes the rest", async () => {
  expect(await verdicts()).toEqual(FLOWS);
});

test("every port that the operator serves and its policy are of one mind", () => {
  const { spec } = document("manager/deployment.yaml") as Deployment;
  const policy = document("network-policy/network_policy.yaml") as Policy;
  const served = spec.template.spec.containers.flatMap(({ ports }) =>
    ports.map((port) => port.containerPort),
  );
  const admitted = policy.spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port));
  expect(new Set(admitted)).toEqual(new Set(served));
});

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly { readonly ports: readonly { containerPort: number }[] }[];
      };
    };
  };
}

interface Policy {
  readonly spec: { readonly ingress: readonly { readonly ports: readonly { readonly port: number }[] }[] };
}

function document(file: string): unknown {
  return load(readFileSync(join(CONFIG, file), "utf8"));
}

async function verdicts() {
  const files: Record<string, string> = {
    "deployment.json": JSON.stringify(document("manager/deployment.yaml")),
    "policy.json": JSON.stringify(document("network-policy/network_policy.yaml")),
    "neighbours.json": JSON.stringify({ apiVersion: "v1", kind: "List", items: NEIGHBOURS }),
    "flows.json": JSON.stringify(questions()),
  };
  let [out, err] = ["", ""];
  const inputs = ["deployment.json", "policy.json", "neighbours.json"].flatMap((file) => ["-f", file]);
  const io: Io = {
    stdout: { isTTY: false, write: async (text) => void (out += text) },
    stderr: { isTTY: false, write: async (text) => void (err += text) },
    env: {},
    readStdin: async () => "",
    files: {
      kind: async (path) => (files[path] === undefined ? "missing" : "file"),
      list: async () => [],
      read: async (path) => files[path] ?? "",
      real: async (path) => path,
    },
  };
  await run(["test", "-o", "json", ...inputs, "flows.json"], io);
  expect(err).toBe("");
  const { results } = JSON.parse(out) as { readonly results: readonly { readonly verdict: string }[] };
  return FLOWS.map(([from, to, port], i) => [from, to, port, results[i]?.verdict]);
}

function questions(): object {
  const cases = FLOWS.map(([from, to, text, expected]) => {
    const [port, protocol = "TCP"] = text.split("/");
    return { from, to, port: Number(port), protocol, expect: expected };
  });
  return { apiVersion: "serviceaccess.dev/v1alpha1", kind: "ReachabilityTest", spec: { cases } };
}

function namespace(name: string, labels: Readonly<Record<string, string>> = {}): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

function pod(key: string): object {
  const [place, name] = key.split("/");
  const metadata = { namespace: place, name, labels: { app: name } };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [{ name: "main", image: "x" }] } };
}
