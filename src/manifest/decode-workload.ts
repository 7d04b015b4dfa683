import type { LabelSelector } from "../model/network-policy.ts";
import type { PodTemplate, Workload } from "../model/world.ts";
import {
  both,
  type Decoded,
  type Decoder,
  defaulted,
  flag,
  integer,
  isRecord,
  map,
  object,
  optional,
  problem,
  stringMap,
} from "./decode-json.ts";
import { controllerOf, DEFAULT_NAMESPACE, metadata } from "./decode-metadata.ts";
import { labelSelector } from "./decode-network-policy.ts";
import { NETWORKS_ANNOTATION, requestProblem } from "./decode-attachments.ts";
import { podTemplate } from "./decode-pod.ts";

/** A template with a broken request for networks makes pods that never start; that is told where somebody can mend it. */
export function decodeWorkloadStrictly(
  raw: unknown,
  defaultNamespace = DEFAULT_NAMESPACE,
): Decoded<Workload> {
  const result = decodeWorkload(raw, defaultNamespace);
  if (result.kind === "problems") return result;
  const { kind, namespace, template } = result.value;
  const broken = requestProblem({ [NETWORKS_ANNOTATION]: template.networks ?? "" }, namespace);
  if (broken === undefined) return result;
  const path = kind === "CronJob" ? "spec.jobTemplate.spec.template" : "spec.template";
  return { kind: "problems", problems: [{ ...broken, field: `${path}.${broken.field}` }] };
}

/** Reads any of the kinds that make pods from a template; the object's `kind` says which. */
export function decodeWorkload(raw: unknown, defaultNamespace = DEFAULT_NAMESPACE): Decoded<Workload> {
  const kind = isRecord(raw) ? raw["kind"] : undefined;
  const reader = typeof kind === "string" ? READERS.get(kind) : undefined;
  if (typeof kind !== "string" || reader === undefined) {
    return problem(`must be one of ${WORKLOAD_KINDS.join(", ")}`, "kind");
  }
  return map(both(object({ metadata }), reader), ({ metadata: meta, ...running }): Workload => ({
    kind,
    namespace: meta.namespace ?? defaultNamespace,
    name: meta.name,
    uid: meta.uid,
    labels: meta.labels,
    owner: controllerOf(meta.ownerReferences),
    ...running,
  }))(raw);
}

/** What the kinds have in common once each has been read in its own way. */
interface Running {
  readonly selector: LabelSelector | undefined;
  readonly template: PodTemplate;
  readonly replicas: number;
}

const count = integer(0, 2 ** 31 - 1);

const replicated: Decoder<Running> = map(
  object({
    spec: object({
      selector: optional(labelSelector),
      template: podTemplate,
      replicas: defaulted(count, 1),
    }),
  }),
  ({ spec }) => spec,
);

/** The oldest kind: its selector is a plain map. */
const replicationController: Decoder<Running> = map(
  object({
    spec: object({
      selector: optional(stringMap),
      template: podTemplate,
      replicas: defaulted(count, 1),
    }),
  }),
  ({ spec }) => ({ ...spec, selector: spec.selector && { matchLabels: spec.selector } }),
);

/** One pod a node; a manifest does not know how many nodes there are. */
const daemonSet: Decoder<Running> = map(
  object({
    spec: object({ selector: optional(labelSelector), template: podTemplate }),
    status: defaulted(object({ desiredNumberScheduled: defaulted(count, 1) }), {
      desiredNumberScheduled: 1,
    }),
  }),
  ({ spec, status }) => ({ ...spec, replicas: status.desiredNumberScheduled }),
);

const jobSpec: Decoder<Running> = map(
  object({
    selector: optional(labelSelector),
    template: podTemplate,
    parallelism: defaulted(count, 1),
    suspend: defaulted(flag, false),
  }),
  ({ selector, template, parallelism, suspend }) => ({
    selector,
    template,
    replicas: suspend ? 0 : parallelism,
  }),
);

const job: Decoder<Running> = map(object({ spec: jobSpec }), ({ spec }) => spec);

const cronJob: Decoder<Running> = map(
  object({
    spec: object({ jobTemplate: object({ spec: jobSpec }), suspend: defaulted(flag, false) }),
  }),
  ({ spec: { jobTemplate, suspend } }) => ({
    selector: undefined,
    template: jobTemplate.spec.template,
    replicas: suspend ? 0 : jobTemplate.spec.replicas,
  }),
);

const READERS: ReadonlyMap<string, Decoder<Running>> = new Map([
  ["Deployment", replicated],
  ["StatefulSet", replicated],
  ["ReplicaSet", replicated],
  ["ReplicationController", replicationController],
  ["DaemonSet", daemonSet],
  ["Job", job],
  ["CronJob", cronJob],
]);

export const WORKLOAD_KINDS: readonly string[] = [...READERS.keys()];
