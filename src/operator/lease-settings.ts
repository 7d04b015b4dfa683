import type { LeaseTimes } from "./leader.ts";

export interface LeaseSettings {
  /** Undefined: the namespace that the credentials are for, in a cluster the Pod's own. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly times: LeaseTimes;
}

/** From `[namespace/]name` or `off`, and three numbers of seconds. */
export function leaseSettings(text: string, seconds: string): LeaseSettings | undefined {
  const times = leaseTimes(seconds);
  if (text === "off") return undefined;
  const [, namespace, name] = /^(?:([a-z0-9-]{1,63})\/)?([a-z0-9][a-z0-9.-]{0,252})$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`the lease must be [namespace/]name or off, not "${text}"`);
  return { namespace, name, times };
}

/**
 * Between the deadline of the holder and the moment at which another one may take over lies the time that is left for
 * what is under way; there must be some, and the holder needs more than one try.
 */
function leaseTimes(text: string): LeaseTimes {
  const [duration = 0, renewDeadline = 0, retryPeriod = 0, ...more] = text.split(",").map(Number);
  const isInOrder = retryPeriod >= 0.1 && renewDeadline >= 2 * retryPeriod && duration >= 1.2 * renewDeadline;
  if (more.length > 0 || !isInOrder || duration > 3600) {
    throw new Error(
      `the lease's seconds must be three numbers D,R,P with P at least 0.1, R at least 2P, D at least 1.2R, not "${text}"`,
    );
  }
  return { duration: duration * 1000, renewDeadline: renewDeadline * 1000, retryPeriod: retryPeriod * 1000 };
}
