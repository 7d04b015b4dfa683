import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { ApiError } from "../kube/api-error.ts";
import type { ApiClient, Call } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import { leaseClient } from "../kube/lease.ts";
import type { Log } from "../kube/log.ts";
import { ALONE, Leader, type Leadership } from "./leader.ts";
import type { LeaseSettings } from "./lease-settings.ts";

export interface ElectionOptions {
  readonly settings: LeaseSettings | undefined;
  /** For whoever names no namespace. */
  readonly namespace: string;
  /** Not the one that asks us before each write. */
  readonly client: ApiClient;
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Which of several operators writes. */
export interface Election extends Pick<Leadership, "isLeading" | "lost"> {
  /** Throws unless it is surely us; to be asked right before a write leaves. */
  readonly assertLeading: (call: Call) => void;
  /** Resolves when it is us. */
  readonly join: () => Promise<void>;
  /** Leaves it to the others; nothing can be written after. */
  readonly leave: () => Promise<void>;
}

export function createElection(options: ElectionOptions): Election {
  const leadership = leadershipOf(options);
  const left = new AbortController();
  let running = Promise.resolve();
  return {
    isLeading: () => leadership.isLeading(),
    lost: leadership.lost,
    assertLeading: ({ doing }) => {
      if (leadership.isLeading()) return;
      const message = "this process does not surely hold the lease at this moment";
      throw new ApiError(doing, { status: 0, reason: "NotLeading", message });
    },
    join: () => {
      running = leadership.run(left.signal);
      return leadership.elected;
    },
    leave: async () => {
      left.abort();
      await running;
      await leadership.release();
    },
  };
}

/** A container that is started again has the name of the one before, and is another process. */
export function newIdentity(): string {
  return `${hostname()}_${randomUUID().slice(0, 8)}`;
}

function leadershipOf({ settings, namespace, client, ...rest }: ElectionOptions): Leadership {
  if (settings === undefined) return ALONE;
  const { times, name } = settings;
  const key = { namespace: settings.namespace ?? namespace, name };
  // A renewal that fails leaves time for another one.
  const lease = leaseClient(client, key, times.renewDeadline / 2);
  return new Leader({ ...rest, lease, times, wall: Date.now });
}
