import { isRecord } from "../manifest/decode-json.ts";
import { keyText, type ObjectKey } from "../model/key.ts";
import { ApiError } from "./api-error.ts";
import type { ApiClient } from "./client.ts";
import { microTime } from "./micro-time.ts";
import { collectionPathIn, objectPath, type Resource } from "./resources.ts";

/** A Lease of coordination.k8s.io as it was read. */
export interface Lease {
  /** Empty: nobody. */
  readonly holder: string;
  /** For how long a holder has it who says no more; 0 where the Lease does not tell. */
  readonly duration: number;
  readonly acquired: string | undefined;
  readonly transitions: number;
  /**
   * Another one after each word of the holder. Times are compared like any other text: the clocks of two machines differ,
   * so nobody can tell by the times in a Lease how old it is.
   */
  readonly record: string;
  /** All of it, for what others have written into it stays. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** What a holder says. */
export interface LeaseClaim {
  readonly holder: string;
  /** In milliseconds. */
  readonly duration: number;
  readonly acquired: string;
  readonly renewed: Date;
  readonly transitions: number;
}

export interface LeaseClient {
  /** Undefined: there is none. */
  readonly read: () => Promise<Lease | undefined>;
  /** Fails with a conflict where there is one already. */
  readonly create: (claim: LeaseClaim) => Promise<Lease>;
  /** Fails with a conflict unless the Lease is still what was read. */
  readonly replace: (lease: Lease, claim: LeaseClaim) => Promise<Lease>;
}

const LEASES: Resource = { kind: "Lease", apiVersion: "coordination.k8s.io/v1", plural: "leases" };

/** `timeout` is in milliseconds, for each call. */
export function leaseClient(client: ApiClient, key: ObjectKey, timeout: number): LeaseClient {
  const what = `Lease ${keyText(key)}`;
  const { apiVersion, kind } = LEASES;
  const path = objectPath(LEASES, key);
  return {
    read: async () => {
      const doing = `read ${what}`;
      try {
        return leaseOf(await client.json({ doing, method: "GET", path, timeout }));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    create: async (claim) => {
      const body = { apiVersion, kind, metadata: key, spec: specOf(claim) };
      const call = { doing: `create ${what}`, method: "POST", timeout, body } as const;
      return leaseOf(await client.json({ ...call, path: collectionPathIn(LEASES, key.namespace) }));
    },
    replace: async ({ raw }, claim) => {
      const body = { ...raw, spec: specOf(claim) };
      return leaseOf(await client.json({ doing: `update ${what}`, method: "PUT", path, timeout, body }));
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function specOf({ holder, duration, acquired, renewed, transitions }: LeaseClaim): object {
  return {
    holderIdentity: holder,
    // Whole seconds, and at least one.
    leaseDurationSeconds: Math.max(1, Math.ceil(duration / 1000)),
    acquireTime: acquired,
    renewTime: microTime(renewed),
    leaseTransitions: transitions,
  };
}

/** Whatever someone wrote into it by hand, it can be read. */
function leaseOf(answer: unknown): Lease {
  const raw = isRecord(answer) ? answer : {};
  const spec = isRecord(raw["spec"]) ? raw["spec"] : {};
  const { holderIdentity, leaseDurationSeconds, leaseTransitions, acquireTime } = spec;
  return {
    holder: typeof holderIdentity === "string" ? holderIdentity : "",
    duration: typeof leaseDurationSeconds === "number" ? leaseDurationSeconds * 1000 : 0,
    acquired: typeof acquireTime === "string" ? acquireTime : undefined,
    transitions: typeof leaseTransitions === "number" ? leaseTransitions : 0,
    record: JSON.stringify(spec),
    raw,
  };
}
