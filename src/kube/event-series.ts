import type { ObjectKey } from "../model/key.ts";
import type { AccessEvent } from "../reconciler/cluster.ts";
import type { ApiClient } from "./client.ts";
import { microTime } from "./micro-time.ts";
import { type Resource, SERVICE_ACCESSES } from "./resources.ts";
import { apply } from "./write.ts";

/** Who tells; the API server wants both. */
export interface Reporter {
  /** The controller, as a qualified name. */
  readonly controller: string;
  /** Which of its processes. */
  readonly instance: string;
}

const EVENTS: Resource = { kind: "Event", apiVersion: "events.k8s.io/v1", plural: "events" };

/** The API server refuses an Event with a longer note, or a longer name of the instance. */
const LONGEST_NOTE = 1024;
const LONGEST_INSTANCE = 128;

/** One Event of the API, and how often it came. */
export class EventSeries {
  readonly event: AccessEvent;
  /** When it came first, as people tell it. */
  readonly date: Date;
  /** When it came last, and when it was last written, in the clock's milliseconds. */
  observed: number;
  written = 0;
  #last: Date;
  #count = 1;
  #name: string | undefined;
  #cancel = (): void => undefined;

  constructor(event: AccessEvent, now: number, date: Date) {
    this.event = event;
    this.date = date;
    this.observed = now;
    this.#last = date;
  }

  again(now: number, date: Date): void {
    this.observed = now;
    this.#last = date;
    this.#count += 1;
  }

  /** Takes the way to cancel the timer that will bring it up again, in place of the one before. */
  wake(cancel: () => void): void {
    this.#cancel();
    this.#cancel = cancel;
  }

  cancel(): void {
    this.#cancel();
  }

  /**
   * Creates the Event, or counts in the one that there is. An apply does both, and makes the Event again where the API
   * server has forgotten it by now.
   */
  async write(client: ApiClient, reporter: Reporter, newId: () => string, now: number): Promise<void> {
    this.cancel();
    this.written = now;
    this.#name ??= `${this.event.access.name}.${newId()}`;
    const key = { namespace: this.event.access.namespace, name: this.#name };
    await apply(client, EVENTS, key, { ...eventBody(key, this, reporter), ...this.#series() });
  }

  /** To the API server a series begins with the second time. */
  #series(): object {
    if (this.#count < 2) return {};
    return { series: { count: this.#count, lastObservedTime: microTime(this.#last) } };
  }
}

function eventBody(key: ObjectKey, { event, date }: EventSeries, reporter: Reporter): object {
  const { type, reason, action, note } = event;
  const { namespace, name, uid } = event.access;
  const { apiVersion, kind } = SERVICE_ACCESSES;
  return {
    metadata: key,
    eventTime: microTime(date),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, LONGEST_INSTANCE),
    type,
    reason,
    action,
    note: shortened(note),
    // Without a uid `kubectl describe` does not find it.
    regarding: { apiVersion, kind, namespace, name, ...(uid === undefined ? {} : { uid }) },
  };
}

const ELLIPSIS = "…";

/** The API server counts bytes. A character that would be cut in two is left out. */
function shortened(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= LONGEST_NOTE) return note;
  const room = LONGEST_NOTE - Buffer.byteLength(ELLIPSIS);
  return `${new TextDecoder().decode(bytes.subarray(0, room), { stream: true })}${ELLIPSIS}`;
}
