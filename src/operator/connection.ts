import { randomBytes } from "node:crypto";
import { type ApiClient, createClient } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import { Events } from "../kube/events.ts";
import { loadKubeConfig } from "../kube/kubeconfig.ts";
import type { Log } from "../kube/log.ts";
import { createTransport } from "../kube/transport.ts";
import type { AccessEvent } from "../reconciler/cluster.ts";
import { createElection, type Election, newIdentity } from "./election.ts";
import type { Instruments } from "./instruments.ts";
import type { Settings } from "./settings.ts";
import { VERSION } from "./version.ts";

/** All that goes between us and the API server. */
export interface Connection {
  readonly kubeConfig: ReturnType<typeof loadKubeConfig>;
  /** Lets no write pass while another operator may be the one that writes. */
  readonly client: ApiClient;
  readonly election: Election;
  /** What tells this process from its like: in the Lease, in Events and in the API server's audit log. */
  readonly identity: string;
  /** Says something beside an object, if it is us who speaks. */
  readonly tell: (event: AccessEvent) => void;
  /** To be called when no more is to be written. */
  readonly close: () => Promise<void>;
}

export interface ConnectionOptions {
  readonly settings: Settings;
  readonly instruments: Instruments;
  readonly clock: Clock;
  readonly log: Log;
}

/** As it stands in every Event. */
const CONTROLLER = "serviceaccess.dev/operator";

export function connect({ settings, instruments, clock, log }: ConnectionOptions): Connection {
  const kubeConfig = loadKubeConfig(settings);
  const transport = createTransport(kubeConfig);
  const identity = newIdentity();
  const line = { userAgent: `serviceaccess/${VERSION} (${identity})`, onAnswer: instruments.answered };
  const election = createElection({
    settings: settings.lease,
    namespace: kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace ?? "default",
    client: createClient(transport, line),
    identity,
    clock,
    log,
  });
  const client = createClient(transport, { ...line, beforeWrite: election.assertLeading });
  const events = new Events({
    client,
    clock,
    log,
    date: () => new Date(),
    newId: () => randomBytes(8).toString("hex"),
    reporter: { controller: CONTROLLER, instance: identity },
    onOutcome: instruments.eventEnded,
  });
  const close = async () => {
    await events.close();
    await election.leave();
    await client.close();
  };
  const tell = (event: AccessEvent) => {
    if (election.isLeading()) events.tell(event);
  };
  return { kubeConfig, client, election, identity, tell, close };
}
