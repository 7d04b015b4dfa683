import { expect, test } from "vitest";
import type { ServiceAccessSpec } from "../../model/service-access.ts";
import { accessOf, smallWorld, type WorldSketch } from "../../testing/small-world.ts";
import { simulate } from "../in-memory.ts";

const SPEC: ServiceAccessSpec = {
  target: { podSelector: { matchLabels: { app: "db" } } },
  ports: [{ port: 5432 }],
  permits: { dns: false, namespaces: { names: ["far"] } },
};
const DB = { labels: { app: "db" }, owner: "StatefulSet/db" };
const HOLDER = { labels: { "netpol/db": "true" } };

/** `Severity Type object`, and what the message says of it. */
async function found(sketch: WorldSketch): Promise<readonly string[]> {
  const pods = { "shop/db-0": DB, ...sketch.pods };
  const accesses = [accessOf("shop/db", SPEC)];
  const { world } = await simulate(smallWorld({ ...sketch, pods, accesses }), () => new Date(0));
  const findings = world.accesses.get("shop/db")?.status?.findings ?? [];
  return findings.map(({ severity, type, object, message }) => `${severity} ${type} ${object}: ${message}`);
}

const ACCEPTING: WorldSketch = { namespaces: { far: {}, other: {} }, accepts: { far: ["shop"] } };

test("a client of a namespace that accepts the permits is nothing to speak of", async () => {
  expect(await found({ ...ACCEPTING, pods: { "far/web": HOLDER } })).toEqual([]);
});

test("a client whose namespace does not accept them", async () => {
  expect(await found({ namespaces: { far: {} }, pods: { "far/web": HOLDER } })).toEqual([
    "Warning PermitsNotConsented far/Pod/web: is a client, but its namespace does not accept the permits, so other" +
      " policies decide whether it gets out: annotate the Namespace with serviceaccess.dev/accept-permits-from=shop",
  ]);
});

test("one who calls himself a client where nobody is chosen", async () => {
  const pods = { "far/web": HOLDER, "other/web": HOLDER };
  expect(await found({ ...ACCEPTING, pods })).toEqual([
    "Info ClientInOtherNamespace other/Pod/web: carries netpol/db outside shop, where it gives nothing: add its namespace" +
      " to permits.namespaces if it should be a client",
  ]);
});

test("the label on a controller of a chosen namespace", async () => {
  const workloads = { "far/Deployment/web": { labels: { "netpol/db": "true" } } };
  const [first] = await found({ ...ACCEPTING, workloads });
  expect(first).toContain("Warning ClientLabelOnController far/Deployment/web: ");
});

test("a chosen namespace that is not there, and a label that nobody carries", async () => {
  expect(await found({})).toEqual([
    "Warning NamespaceNotFound spec.permits.namespaces: there is no namespace far: nobody comes from it",
    'Info ClientLabelUnused shop/db: no running pod of the namespace carries netpol/db: "true": put it in the pod template of each client',
  ]);
  const unused = (await found(ACCEPTING)).find((text) => text.startsWith("Info ClientLabelUnused"));
  expect(unused).toContain("of the namespace, or of those of permits.namespaces, carries");
});

test("a client on its node's network is named with its namespace", async () => {
  const pods = { "far/agent": { ...HOLDER, hostNetwork: true } };
  expect((await found({ ...ACCEPTING, pods })).map((text) => text.slice(0, text.indexOf(":")))).toContain(
    "Warning HostNetwork far/Pod/agent",
  );
});
