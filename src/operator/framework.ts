import framework, { type ResourceEvent, ResourceEventType, type ResourceMeta } from "@dot-i/k8s-operator";
import type { KubeConfig } from "@kubernetes/client-node";
import type { ApiClient } from "../kube/client.ts";
import type { Log } from "../kube/log.ts";
import { type Meta, received } from "../kube/received.ts";
import {
  collectionPath,
  KNOWN_RESOURCES,
  objectPath,
  OPTIONAL_RESOURCES,
  type Resource,
} from "../kube/resources.ts";
import type { Watches } from "../kube/watches.ts";
import { apply, STATUS_MANAGER } from "../kube/write.ts";
import type { Change } from "../reconciler/store.ts";

export { type ResourceEvent, ResourceEventType, type ResourceMeta };

/** What Node gives as the default of a CommonJS package are its exports; bundlers and test runners give their default. */
const Operator = framework.default ?? framework;

/** An event of the framework together with what it changed in the store. */
export interface ChangeEvent extends ResourceEvent {
  readonly change: Change;
}

export interface OperatorParts {
  readonly kubeConfig: KubeConfig;
  readonly client: ApiClient;
  readonly watches: Watches;
  readonly log: Log;
  /** What a change of anything watched asks for; only to be put into a queue here. */
  readonly onChange: (change: Change) => void;
  /** Called when everything there is is known. */
  readonly onSynced: () => void;
  /** Resolves when what was begun has come to its end. */
  readonly onStop: () => Promise<void>;
}

/** To listen for what the cluster does not have costs nothing. */
const WATCHED: readonly Resource[] = [...KNOWN_RESOURCES, ...OPTIONAL_RESOURCES];

type OnEvent = (event: ChangeEvent) => Promise<void>;
type DeleteAction = (event: ResourceEvent) => Promise<void>;

/**
 * The framework's operator, with all that it does over the network done by us. Its own watches lose events and end the
 * process at the first broken connection, and its own writes swallow their errors; what stays is its shape: `start`
 * calls `init`, `init` says what is watched, handlers get events, `stop` ends it.
 */
export class AccessOperator extends Operator {
  readonly #parts: OperatorParts;
  readonly #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(parts: OperatorParts) {
    super(loggerOf(parts.log));
    this.kubeConfig = parts.kubeConfig;
    this.#parts = parts;
  }

  protected async init(): Promise<void> {
    const { watches, onChange, onSynced } = this.#parts;
    for (const { apiVersion, plural } of WATCHED) {
      const [version = "", group = ""] = apiVersion.split("/").toReversed();
      await this.watchResource(group, version, plural, async ({ change }) => onChange(change));
    }
    this.#watching = watches.run(this.#stopping.signal);
    await watches.synced.catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error;
    });
    if (!this.#stopping.signal.aborted) onSynced();
  }

  /** Begins to stop; `shutdown` says when it is done. */
  override stop(): void {
    this.#stopping.abort();
  }

  async shutdown(): Promise<void> {
    this.stop();
    await Promise.all([this.#watching, this.#parts.onStop()]);
  }

  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: OnEvent,
  ): Promise<void> {
    const resource = WATCHED.find(
      (known) => known.plural === plural && known.apiVersion === apiVersionOf(group, version),
    );
    if (resource === undefined) throw new Error(`${plural} of ${group} are not watched`);
    this.#parts.watches.listen(resource, (change, meta) => {
      onEvent(eventOf(resource, change, meta)).catch((error: unknown) => {
        this.#parts.log.error({ resource: plural, error: String(error) }, "event not handled");
      });
    });
  }

  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const server = this.kubeConfig.getCurrentCluster()?.server ?? "";
    const path = collectionPath({ kind: "", apiVersion: apiVersionOf(group, version), plural });
    const place = namespace === undefined ? plural : `namespaces/${namespace}/${plural}`;
    return `${server}${path.slice(0, -plural.length)}${place}`;
  }

  /** The whole status: what is not in it and was ours is gone. */
  protected override async setResourceStatus(
    meta: ResourceMeta,
    status: unknown,
  ): Promise<ResourceMeta | null> {
    const key = keyOf(meta);
    return metaOf(
      meta,
      await apply(this.#parts.client, resourceOf(meta), key, { metadata: key, status }, "status"),
    );
  }

  /** A part of the status, as a JSON merge patch. */
  protected override async patchResourceStatus(
    meta: ResourceMeta,
    status: unknown,
  ): Promise<ResourceMeta | null> {
    const answer = await this.#parts.client.json({
      doing: `patch the status of ${meta.kind} ${meta.name}`,
      method: "PATCH",
      path: objectPath(resourceOf(meta), keyOf(meta), "status"),
      query: { fieldManager: STATUS_MANAGER, fieldValidation: "Strict" },
      contentType: "application/merge-patch+json",
      body: { metadata: { resourceVersion: meta.resourceVersion }, status },
    });
    return metaOf(meta, answer);
  }

  /** Refused with a conflict where the object has changed: somebody else's finalizers are in the same list. */
  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    await this.#parts.client.json({
      doing: `set the finalizers of ${meta.kind} ${meta.name}`,
      method: "PATCH",
      path: objectPath(resourceOf(meta), keyOf(meta)),
      query: { fieldManager: STATUS_MANAGER, fieldValidation: "Strict" },
      contentType: "application/merge-patch+json",
      body: { metadata: { resourceVersion: meta.resourceVersion, finalizers } },
    });
  }

  /** True when there is nothing else to do for this event. Failures are thrown, for the queue to try again. */
  protected override async handleResourceFinalizer(
    event: ResourceEvent,
    finalizer: string,
    deleteAction: DeleteAction,
  ): Promise<boolean> {
    const { finalizers = [], deletionTimestamp } = event.object.metadata ?? {};
    const isHeld = finalizers.includes(finalizer);
    if (event.type === ResourceEventType.Deleted) return false;
    if (deletionTimestamp === undefined) {
      if (!isHeld) await this.setResourceFinalizers(event.meta, [...finalizers, finalizer]);
      return !isHeld;
    }
    if (isHeld) {
      await deleteAction(event);
      await this.setResourceFinalizers(
        event.meta,
        finalizers.filter((each) => each !== finalizer),
      );
    }
    return true;
  }

  /** Definitions belong to whoever installs the operator: it would need the right to change every kind of the cluster. */
  protected override registerCustomResourceDefinition(): Promise<never> {
    return Promise.reject(new Error("install the CRD with `kubectl apply -k crds`; the operator does not"));
  }
}

function loggerOf(log: Log) {
  return {
    debug: (message: string) => log.debug({}, message),
    info: (message: string) => log.info({}, message),
    warn: (message: string) => log.warn({}, message),
    error: (message: string) => log.error({}, message),
  };
}

function eventOf(resource: Resource, change: Change, meta: Meta): ChangeEvent {
  const { kind, apiVersion, plural } = resource;
  const { name, namespace, uid, resourceVersion } = meta;
  return {
    type: typeOf(change),
    meta: { id: `${plural}.${apiVersion}`, name, namespace, resourceVersion, apiVersion, kind },
    object: { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } },
    change,
  };
}

function typeOf({ before, after }: Change): ResourceEventType {
  if (after === undefined) return ResourceEventType.Deleted;
  return before === undefined ? ResourceEventType.Added : ResourceEventType.Modified;
}

function apiVersionOf(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

/** The framework names a resource `plural.group/version`. */
function resourceOf({ id, kind, apiVersion }: ResourceMeta): Resource {
  return { kind, apiVersion, plural: id.slice(0, -(apiVersion.length + 1)) };
}

function keyOf({ namespace = "", name }: ResourceMeta) {
  return { namespace, name };
}

function metaOf(meta: ResourceMeta, answer: unknown): ResourceMeta | null {
  const object = received(resourceOf(meta), answer);
  return object === undefined ? null : { ...meta, resourceVersion: object.meta.resourceVersion };
}
