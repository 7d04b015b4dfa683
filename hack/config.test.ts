import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { expect, test } from "vitest";
import {
  KNOWN_RESOURCES,
  MULTI_NETWORK_POLICIES,
  NETWORK_POLICIES,
  OPTIONAL_RESOURCES,
} from "../src/kube/resources.ts";
import { invocation } from "../src/operator/settings.ts";

const CONFIG = join(import.meta.dirname, "..", "config");

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const rules = (document("rbac/cluster_role.yaml") as { readonly rules: readonly Rule[] }).rules;

test("every manifest of a folder is in its kustomization", () => {
  for (const folder of ["rbac", "manager"]) {
    const present = readdirSync(join(CONFIG, folder)).filter((file) => file !== "kustomization.yaml");
    const { resources } = document(`${folder}/kustomization.yaml`) as {
      readonly resources: readonly string[];
    };
    expect(resources.toSorted()).toEqual(present.toSorted());
  }
});

test("the operator may list and watch what it watches, and nothing else", () => {
  const resources = [...KNOWN_RESOURCES, ...OPTIONAL_RESOURCES];
  const watched = resources.map(({ apiVersion, plural }) => `${groupOf(apiVersion)}/${plural}`);
  expect(granted("list").toSorted()).toEqual(watched.toSorted());
  expect(granted("watch").toSorted()).toEqual(watched.toSorted());
});

test("the operator writes network policies, finalizers and statuses of its own objects and Events, and nothing else", () => {
  const policies = [NETWORK_POLICIES, MULTI_NETWORK_POLICIES].map(
    ({ apiVersion, plural }) => `${groupOf(apiVersion)}/${plural}`,
  );
  const own = "serviceaccess.dev/serviceaccesses";
  const events = "events.k8s.io/events";
  expect(granted("create")).toEqual([...policies, events]);
  expect(granted("delete")).toEqual(policies);
  expect(granted("patch")).toEqual([...policies, own, `${own}/status`, events]);
  expect(granted("update")).toEqual([`${own}/finalizers`]);
  expect(granted("get")).toEqual([own]);
  const verbs = new Set(rules.flatMap((rule) => rule.verbs));
  expect(verbs).toEqual(new Set(["get", "list", "watch", "create", "patch", "delete", "update"]));
});

test("in its own namespace the operator may do what an election takes, with the Lease that it asks for by default", () => {
  const { rules } = document("rbac/lease_role.yaml") as { readonly rules: readonly Rule[] };
  const asked = invocation([], { KUBERNETES_SERVICE_HOST: "10.0.0.1" });
  const name = asked.kind === "run" ? asked.settings.lease?.name : undefined;
  const lease = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };
  expect(rules).toEqual([
    { ...lease, resourceNames: [name], verbs: ["get", "update"] },
    { ...lease, verbs: ["create"] },
  ]);
});

test("the operator runs without rights on its node", () => {
  const { template } = (document("manager/deployment.yaml") as Deployment).spec;
  const [container] = template.spec.containers;
  expect(template.spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(container?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
});

test("the image that is deployed is the one whose tag the installation sets, and the tag is our version", () => {
  const [container] = (document("manager/deployment.yaml") as Deployment).spec.template.spec.containers;
  const { images } = document("default/kustomization.yaml") as { readonly images: readonly Image[] };
  const { version } = document("../package.json") as { readonly version: string };
  expect(images).toEqual([{ name: container?.image.split(":")[0], newTag: version }]);
});

interface Image {
  readonly name: string;
  readonly newTag: string;
}

interface Deployment {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly securityContext: unknown;
  readonly containers: readonly { readonly image: string; readonly securityContext: unknown }[];
}

function document(file: string): unknown {
  return loadAll(readFileSync(join(CONFIG, file), "utf8"))[0];
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

function granted(verb: string): readonly string[] {
  return rules
    .filter((rule) => rule.verbs.includes(verb))
    .flatMap(({ apiGroups, resources }) =>
      apiGroups.flatMap((group) => resources.map((one) => `${group}/${one}`)),
    );
}
