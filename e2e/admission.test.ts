import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { believe } from "./control-plane/believe.ts";
import { eventually } from "./control-plane/eventually.ts";
import { plane } from "./control-plane/plane.ts";
import { type Attempt, impersonated } from "./gitops/impersonated.ts";
import { inNamespace, pod, serviceAccess } from "./operator/objects.ts";

const folder = join(import.meta.dirname, "../config/admission");
const jsonPatch = "application/json-patch+json";
const mergePatch = "application/merge-patch+json";
const as = impersonated(plane);

async function kubectl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await plane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

const stranger = "system:serviceaccount:kube-system:stranger";

let namespace: string;

beforeAll(async () => {
  namespace = await plane.namespace("guarded");
  await kubectl("apply", "-k", folder);
  const rights = inNamespace(
    namespace,
    role("maker", [{ apiGroups: ["", "apps", "batch"], resources: ["*"], verbs: ["*"] }]),
    role("memcached", [use(["memcached"])]),
    role("many", [use(many(20).map((key) => key.replace("netpol/", "")))]),
    role("anything", [{ ...use([]), resourceNames: undefined }]),
  );
  const holders = inNamespace(
    namespace,
    ...["dev", "busy", "chief", stranger].map((user) => bound(user, "maker")),
    bound("dev", "memcached"),
    bound("busy", "many"),
    bound("chief", "anything"),
  );
  await plane.apply(...rights, ...holders, ...inNamespace(namespace, queue));
  // Policies, the objects that are their parameters, and rights take a moment until they are in force; what is allowed
  // shows a right only where the policies are.
  const refused = [...wishes, namedWish].filter(({ outcome }) => outcome !== "allowed");
  for (const { who, labels, outcome } of [...refused, ...wishes]) {
    await expectSoon(() => said(who, create(pod("early", labels))), outcome);
  }
  await expectSoon(() => said(stranger, create(pod("early", {}))), "allowed");
});

afterAll(async () => {
  await kubectl("delete", "-k", folder);
});

/** An object whose client label has a name of its own. */
const queue = serviceAccess("queue", {
  target: { podSelector: { matchLabels: { app: "queue" } } },
  ports: [{ port: 5672 }],
  permits: { label: { key: "role/queue", value: "client" } },
});

function role(name: string, rules: readonly object[]) {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name }, rules };
}

function use(resourceNames: readonly string[]) {
  return { apiGroups: ["serviceaccess.dev"], resources: ["serviceaccesses"], resourceNames, verbs: ["use"] };
}

function bound(user: string, to: string) {
  const apiGroup = "rbac.authorization.k8s.io";
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: "RoleBinding",
    metadata: { name: `${user}-${to}` },
    roleRef: { apiGroup, kind: "Role", name: to },
    subjects: [{ apiGroup, kind: "User", name: user }],
  };
}

type Labels = Readonly<Record<string, string>>;

/** Client labels with names that nobody else uses. */
function many(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `netpol/service-${i}`);
}

function all(keys: readonly string[]): Labels {
  return Object.fromEntries(keys.map((key) => [key, "true"]));
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

function collection({ apiVersion, kind }: Pick<Manifest, "apiVersion" | "kind">): string {
  const group = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  return `${group}/namespaces/${namespace}/${kind.toLowerCase()}s`;
}

/** Nothing is stored. */
function create(object: Manifest): Attempt {
  return { method: "POST", path: `${collection(object)}?dryRun=All`, body: object };
}

/** `allowed`, or what the guard says; other reasons to fail are told as they are. */
async function said(user: string, attempt: Attempt): Promise<string> {
  const { status, message } = await as(user, attempt);
  return status < 300 ? "allowed" : message.replace(/^.* denied request: /, "");
}

/** A guard that changes does so within a second. */
async function expectSoon(answer: () => Promise<string>, part: string): Promise<void> {
  await eventually(async () => (await answer()).includes(part), { what: `the answer "${part}"` });
}

function refusal(name: string, user = "dev"): string {
  return (
    `the label netpol/${name} gives access to ServiceAccess ${name}, and ${user} may not use it: remove the label, or ask ` +
    `for a Role in namespace ${namespace} with the verb use on serviceaccesses.serviceaccess.dev ${name}`
  );
}

const template = (labels: Labels) => {
  const { spec } = pod("any", {});
  return { metadata: { labels: { app: "any", ...labels } }, spec };
};

const selector = { matchLabels: { app: "any" } };
const once = (labels: Labels) => {
  const { metadata, spec } = template(labels);
  return { metadata, spec: { ...spec, restartPolicy: "Never" } };
};

/** An object of each kind that makes pods, with labels in its template. */
const templates: readonly ((labels: Labels) => Manifest & { readonly spec: object })[] = [
  (labels) => named("apps/v1", "Deployment", { selector, template: template(labels) }),
  (labels) => named("apps/v1", "StatefulSet", { selector, serviceName: "any", template: template(labels) }),
  (labels) => named("apps/v1", "DaemonSet", { selector, template: template(labels) }),
  (labels) => named("apps/v1", "ReplicaSet", { selector, template: template(labels) }),
  (labels) => named("batch/v1", "Job", { template: once(labels) }),
  (labels) =>
    named("batch/v1", "CronJob", {
      schedule: "0 0 1 1 *",
      jobTemplate: { spec: { template: once(labels) } },
    }),
  (labels) => named("v1", "ReplicationController", { selector: { app: "any" }, template: template(labels) }),
];

function named(apiVersion: string, kind: string, spec: object) {
  return { apiVersion, kind, metadata: { name: "any" }, spec };
}

interface Wish {
  readonly who: string;
  readonly what: string;
  readonly labels: Labels;
  readonly outcome: string;
}

/** dev may use memcached, chief everything, and busy each of many services by its name. */
const wishes: readonly Wish[] = [
  { who: "dev", what: "no client label", labels: {}, outcome: "allowed" },
  { who: "dev", what: "memcached", labels: { "netpol/memcached": "true" }, outcome: "allowed" },
  { who: "dev", what: "mongodb", labels: { "netpol/mongodb": "true" }, outcome: "netpol/mongodb gives" },
  {
    who: "dev",
    what: "mongodb: false",
    labels: { "netpol/mongodb": "false" },
    outcome: "netpol/mongodb gives",
  },
  {
    who: "dev",
    what: "both",
    labels: all(["netpol/memcached", "netpol/mongodb"]),
    outcome: "netpol/mongodb gives",
  },
  { who: "chief", what: "mongodb", labels: { "netpol/mongodb": "true" }, outcome: "allowed" },
  { who: "chief", what: "20 services", labels: all(many(20)), outcome: "allowed" },
  { who: "busy", what: "16 services", labels: all(many(16)), outcome: "allowed" },
  { who: "busy", what: "17 services", labels: all(many(17)), outcome: "more than 16 client labels" },
];

const namedWish: Wish = {
  who: "dev",
  what: "queue",
  labels: { "role/queue": "client" },
  outcome: "the label role/queue gives access to ServiceAccess queue, and dev may not use it",
};

test.each([...wishes, namedWish])(
  "$who makes a pod that is a client of $what: $outcome",
  async ({ who, labels, outcome }) => {
    expect(await said(who, create(pod("web", labels)))).toContain(outcome);
  },
);

test("a refusal names the label and says what to do", async () => {
  expect(await said("dev", create(pod("web", { "netpol/mongodb": "true" })))).toBe(refusal("mongodb"));
});

test("of several labels the refusal names the one that is refused, every time", async () => {
  const labels = all(["netpol/memcached", "netpol/mongodb", "netpol/memcached-admin"]);
  const answers = new Set<string>();
  for (let i = 0; i < 20; i += 1) answers.add(await said("dev", create(pod("web", labels))));
  expect([...answers]).toEqual([refusal("memcached-admin")]);
});

test("kubectl says beforehand what the guard will say", async () => {
  const canI = async (name: string) => {
    const args = ["auth", "can-i", "use", `serviceaccesses/${name}`, "-n", namespace, "--as", "dev"];
    return (await plane.kubectl(args)).stdout.trim();
  };
  expect([await canI("memcached"), await canI("mongodb")]).toEqual(["yes", "no"]);
});

test.each(templates.map((make) => ({ kind: make({}).kind, make })))(
  "in the template of a $kind it takes the same right",
  async ({ make }) => {
    expect(await said("dev", create(make({})))).toBe("allowed");
    expect(await said("dev", create(make({ "netpol/memcached": "true" })))).toBe("allowed");
    expect(await said("dev", create(make({ "netpol/mongodb": "true" })))).toBe(refusal("mongodb"));
  },
);

test("a label beside the template gives no access and takes no right", async () => {
  const [deployment] = templates;
  const metadata = { name: "any", labels: { "netpol/mongodb": "true" } };
  expect(await said("dev", create({ ...deployment!({}), metadata }))).toBe("allowed");
});

test.each(["replicaset", "statefulset", "daemon-set", "job"])(
  "what the %s controller makes of a template was asked for there",
  async (name) => {
    const user = `system:serviceaccount:kube-system:${name}-controller`;
    expect(await said(user, create(pod("web", { "netpol/mongodb": "true" })))).toBe("allowed");
  },
);

test("another account of kube-system is asked as anybody is", async () => {
  const answer = await said(stranger, create(pod("web", { "netpol/mongodb": "true" })));
  expect(answer).toBe(refusal("mongodb", stranger));
});

interface Change {
  readonly what: string;
  readonly patch: object;
  readonly outcome: string;
}

const label = (name: string) => `/metadata/labels/netpol~1${name}`;

const changes: readonly Change[] = [
  {
    what: "something else",
    patch: [{ op: "add", path: "/metadata/labels/tier", value: "x" }],
    outcome: "allowed",
  },
  {
    what: "an annotation",
    patch: [{ op: "add", path: "/metadata/annotations", value: { x: "y" } }],
    outcome: "allowed",
  },
  { what: "a label away", patch: [{ op: "remove", path: label("mongodb") }], outcome: "allowed" },
  { what: "the value", patch: [{ op: "replace", path: label("mongodb"), value: "yes" }], outcome: "mongodb" },
  { what: "one label more", patch: [{ op: "add", path: label("ldap"), value: "true" }], outcome: "ldap" },
  { what: "the name", patch: [{ op: "move", from: label("mongodb"), path: label("ldap") }], outcome: "ldap" },
];

test.each(changes)(
  "a pod that has a label already: changing $what is $outcome",
  async ({ patch, outcome }) => {
    await plane.apply(...inNamespace(namespace, pod("old", { "netpol/mongodb": "true" })));
    const path = `${collection({ apiVersion: "v1", kind: "Pod" })}/old?dryRun=All`;
    const answer = await said("dev", { method: "PATCH", path, body: patch, contentType: jsonPatch });
    expect(answer).toBe(outcome === "allowed" ? "allowed" : refusal(outcome));
  },
);

test("a template that has a label already may be changed in everything else", async () => {
  const [deployment] = templates;
  const object = deployment!({ "netpol/mongodb": "true" });
  await plane.apply(...inNamespace(namespace, object));
  const path = `${collection(object)}/any?dryRun=All`;
  const change = (body: object) => said("dev", { method: "PATCH", path, body, contentType: mergePatch });
  expect(await change({ spec: { replicas: 0 } })).toBe("allowed");
  expect(await change({ spec: { template: { metadata: { labels: { "netpol/ldap": "true" } } } } })).toBe(
    refusal("ldap"),
  );
});

test("no way around: neither through the status of a pod nor by binding it to a node", async () => {
  await plane.apply(...inNamespace(namespace, pod("plain", {})));
  const path = `${collection({ apiVersion: "v1", kind: "Pod" })}/plain`;
  const labelled = { metadata: { labels: { "netpol/mongodb": "true" } } };
  const status: Attempt = {
    method: "PATCH",
    path: `${path}/status?dryRun=All`,
    body: labelled,
    contentType: mergePatch,
  };
  expect(await said("dev", status)).toBe(refusal("mongodb"));

  const target = { apiVersion: "v1", kind: "Node", name: "nowhere" };
  const body = {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name: "plain", ...labelled.metadata },
    target,
  };
  for (const place of [`${path}/binding`, collection({ apiVersion: "v1", kind: "Binding" })]) {
    expect(await said("dev", { method: "POST", path: `${place}?dryRun=All`, body })).toBe(refusal("mongodb"));
  }
});

test("a label of another name is guarded where an object names it, with the value it names", async () => {
  const message = await said("dev", create(pod("web", { "role/queue": "client" })));
  expect(message).toContain(
    "the label role/queue gives access to ServiceAccess queue, and dev may not use it",
  );
  expect(await said("dev", create(pod("web", { "role/queue": "server" })))).toBe("allowed");
  expect(await said("chief", create(pod("web", { "role/queue": "client" })))).toBe("allowed");
});

interface Policy {
  readonly spec: { readonly failurePolicy: string };
}

test("where the kind ServiceAccess is not known, pods are made all the same", async () => {
  const name = "kindless.example.org";
  const get = ["get", "validatingadmissionpolicy", "named-client-labels.serviceaccess.dev", "-o", "json"];
  const { spec } = believe<Policy>(await kubectl(...get));
  const apiVersion = "admissionregistration.k8s.io/v1";
  const policy = (failurePolicy: string) => ({
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: { ...spec, failurePolicy, paramKind: { apiVersion: "absent.example.org/v1", kind: "Absent" } },
  });
  const here = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
  const paramRef = { selector: {}, parameterNotFoundAction: "Allow" };
  await plane.apply(policy("Fail"), {
    apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, paramRef, matchResources: here, validationActions: ["Deny"] },
  });
  try {
    const plain = () => said("chief", create(pod("web", {})));
    // With Fail nobody makes a pod any more, which is why the shipped policy says Ignore.
    await expectSoon(plain, "failed to configure");
    await plane.apply(policy(spec.failurePolicy));
    await expectSoon(plain, "allowed");
  } finally {
    await kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", name);
  }
});

test("consent to permits from elsewhere takes a right in the namespace itself", async () => {
  const rules = [{ apiGroups: [""], resources: ["namespaces"], verbs: ["patch"] }];
  const group = "rbac.authorization.k8s.io";
  const subjects = [{ apiGroup: group, kind: "User", name: "landlord" }];
  const name = "namespace-patcher";
  const metadata = { name };
  await plane.apply(
    { apiVersion: `${group}/v1`, kind: "ClusterRole", metadata, rules },
    {
      apiVersion: `${group}/v1`,
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: group, kind: "ClusterRole", name },
      subjects,
    },
  );
  const annotate = (annotations: object): Attempt => {
    const path = `/api/v1/namespaces/${namespace}?dryRun=All`;
    return { method: "PATCH", path, body: { metadata: { annotations } }, contentType: mergePatch };
  };
  const consent = { "serviceaccess.dev/accept-permits-from": "*" };
  await expectSoon(() => said("landlord", annotate({ other: "x" })), "allowed");
  expect(await said("landlord", annotate(consent))).toContain(
    `may not consent to that: ask for the verb consent`,
  );
  await plane.apply(
    ...inNamespace(
      namespace,
      role("consents", [{ ...use([]), resourceNames: undefined, verbs: ["consent"] }]),
    ),
    ...inNamespace(namespace, bound("landlord", "consents")),
  );
  await expectSoon(() => said("landlord", annotate(consent)), "allowed");
  await kubectl("delete", "clusterrole,clusterrolebinding", name);
});

test("in the warning form everything is let through, and told", async () => {
  await kubectl("apply", "-k", join(folder, "warn"));
  const warned = async () => {
    const { status, warning } = await as("dev", create(pod("web", { "netpol/mongodb": "true" })));
    return `${status} ${warning}`;
  };
  await expectSoon(warned, "the label netpol/mongodb gives access");
  expect(await warned()).toMatch(/^201 /);
  await kubectl("apply", "-k", folder);
});
