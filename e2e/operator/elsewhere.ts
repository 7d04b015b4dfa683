import { expect } from "vitest";

import { permitsNameElsewhere } from "../../src/generator/names.ts";
import type { Access } from "../control-plane/access.ts";
import { eventually } from "../control-plane/eventually.ts";
import { inNamespace, serviceAccess } from "./objects.ts";
import { accessPath, isReady, type RawAccess, type RawPolicy, readsOf } from "./reads.ts";

/** Three namespaces: the object's own, one that accepts its permits, and one that says nothing. */
export interface Places {
  readonly home: string;
  readonly open: string;
  readonly closed: string;
}

export interface Prepared extends Places {
  readonly access: RawAccess;
}

/** What tests do with a ServiceAccess `db` that has clients in other namespaces. */
export interface Elsewhere {
  places(): Promise<Places>;
  /** With the object in its namespace, Ready, and its permits in the namespace that accepts them. */
  prepared(): Promise<Prepared>;
  permitsIn(namespace: string, home: string): Promise<RawPolicy>;
  noPermitsIn(namespace: string, home: string): Promise<void>;
  consent(namespace: string, from: string): Promise<void>;
  label(namespace: string, labels: object): Promise<void>;
  change(home: string, patch: object): Promise<void>;
  remove(home: string): Promise<void>;
  gone(home: string): Promise<void>;
}

export const finalizer = "serviceaccess.dev/permits";

export const db = (namespaces: object) =>
  serviceAccess("db", {
    target: { podSelector: { matchLabels: { app: "db" } } },
    ports: [{ port: 5432 }],
    permits: { dns: false, namespaces },
  });

/** The name that the permits of `db` have in other namespaces. */
export function remote(home: string): string {
  return permitsNameElsewhere({ namespace: home, name: "db" });
}

export function elsewhere(plane: Access): Elsewhere {
  const reads = readsOf(plane.api);
  const patch = async (path: string, body: object): Promise<void> => {
    const answer = await plane.api("PATCH", path, body, "application/merge-patch+json");
    expect(answer).toMatchObject({ status: 200 });
  };
  const describe = (namespace: string, metadata: object) =>
    patch(`/api/v1/namespaces/${namespace}`, { metadata });
  const permitsIn: Elsewhere["permitsIn"] = (namespace, home) =>
    eventually(() => reads.policy(namespace, remote(home)), { what: `permits in ${namespace}` });
  return {
    places: () => newPlaces(plane),
    permitsIn,
    async prepared() {
      const found = await newPlaces(plane);
      const { home, open, closed } = found;
      await plane.apply(...inNamespace(home, db({ names: [open, closed] })));
      await permitsIn(open, home);
      const ready = async (): Promise<RawAccess | undefined> => {
        const now = await reads.access(home, "db");
        return isReady(now) ? now : undefined;
      };
      return { ...found, access: await eventually(ready, { what: "db to be Ready" }) };
    },
    async noPermitsIn(namespace, home) {
      const isGone = async () => (await reads.policy(namespace, remote(home))) === undefined;
      await eventually(isGone, { what: `no permits in ${namespace}` });
    },
    consent: (namespace, from) =>
      describe(namespace, { annotations: { "serviceaccess.dev/accept-permits-from": from } }),
    label: (namespace, labels) => describe(namespace, { labels }),
    change: (home, body) => patch(accessPath(home, "db"), body),
    async remove(home) {
      expect((await plane.api("DELETE", accessPath(home, "db"))).status).toBe(200);
    },
    async gone(home) {
      const isGone = async () => (await reads.access(home, "db")) === undefined;
      await eventually(isGone, { what: "db to be gone" });
    },
  };
}

async function newPlaces(plane: Access): Promise<Places> {
  const [home, closed] = [await plane.namespace("home"), await plane.namespace("closed")];
  const accepting = { annotations: { "serviceaccess.dev/accept-permits-from": home } };
  return { home, closed, open: await plane.namespace("open", accepting) };
}
