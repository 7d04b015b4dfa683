import { intentOf } from "../../generator/intent.ts";
import { offersAnything } from "../../generator/references.ts";
import { keyText } from "../../model/key.ts";
import type { Finding, ServiceAccess } from "../../model/service-access.ts";
import type { Pod, Workload } from "../../model/world.ts";
import { consentText, unknownMessage } from "../consent.ts";
import { holdersOf } from "../holders.ts";
import { inNamespace } from "../located.ts";
import type { Scene } from "./findings.ts";

/** What is odd about those who carry the client label, or should. */
export function clientFindings(scene: Scene): readonly Finding[] {
  if (!offersAnything(scene.access, scene.plan.references)) return [];
  const misplaced = labelOnController(scene);
  return [
    ...misplaced,
    ...(misplaced.length > 0 ? [] : nobodyHolds(scene)),
    ...holdersElsewhere(scene),
    ...holdersWithoutConsent(scene),
    ...unknownNamespaces(scene),
  ];
}

/** The namespaces in which the label makes clients. */
function clientNamespaces({ access, plan }: Scene): ReadonlySet<string> {
  const { accepted, refused, undetermined } = plan.references.elsewhere;
  return new Set([access.metadata.namespace, ...accepted, ...refused, ...undetermined]);
}

/** The classic slip: no policy ever reads the labels of a Deployment, only those of its pods. */
function labelOnController(scene: Scene): readonly Finding[] {
  const { access, world } = scene;
  const { key, value } = intentOf(access).clientLabel;
  const hasSlipped = (workload: Workload): boolean =>
    workload.labels[key] === value && workload.template.labels[key] !== value;
  const workloads = [...clientNamespaces(scene)].flatMap((place) => inNamespace(world.workloads, place));
  return workloads.filter(hasSlipped).map((workload) => ({
    type: "ClientLabelOnController",
    severity: "Warning",
    object: `${prefix(workload.namespace, access)}${workload.kind}/${workload.name}`,
    message: `carries ${key} on its own metadata, which gives its pods nothing: move the label to spec.template.metadata.labels`,
  }));
}

/** What lies in the object's own namespace is named without it. */
function prefix(namespace: string, { metadata }: ServiceAccess): string {
  return namespace === metadata.namespace ? "" : `${namespace}/`;
}

function nobodyHolds({ access, reach, plan }: Scene): readonly Finding[] {
  if (reach.clients.length > 0) return [];
  const { key, value } = intentOf(access).clientLabel;
  const { accepted, refused } = plan.references.elsewhere;
  const where =
    accepted.length + refused.length > 0
      ? "the namespace, or of those of permits.namespaces,"
      : "the namespace";
  const message = `no running pod of ${where} carries ${key}: "${value}": put it in the pod template of each client`;
  return [{ type: "ClientLabelUnused", severity: "Info", object: keyText(access.metadata), message }];
}

/** The label gives access in the object's own namespace, and in those it chooses. */
function holdersElsewhere(scene: Scene): readonly Finding[] {
  const { access, reach } = scene;
  const admitted = new Set(
    reach.rows.flatMap(({ standing, from }) =>
      standing !== "stranger" && from.kind === "workload" ? [...from.pods] : [],
    ),
  );
  const namespaces = clientNamespaces(scene);
  const { key } = intentOf(access).clientLabel;
  const stray = (pod: Pod) => !namespaces.has(pod.namespace) && !admitted.has(pod);
  return holdersWhere(scene, stray).map((object) => ({
    type: "ClientInOtherNamespace",
    severity: "Info",
    object,
    message: `carries ${key} outside ${access.metadata.namespace}, where it gives nothing: add its namespace to permits.namespaces if it should be a client`,
  }));
}

/** They are let in, but no permit isolates them or lets them out: their own namespace has not agreed to that. */
function holdersWithoutConsent(scene: Scene): readonly Finding[] {
  const { access, plan } = scene;
  const { refused } = plan.references.elsewhere;
  if (refused.length === 0 || !intentOf(access).permits.generate) return [];
  const { namespace } = access.metadata;
  return holdersWhere(scene, (pod) => refused.includes(pod.namespace)).map((object) => ({
    type: "PermitsNotConsented",
    severity: "Warning",
    object,
    message: `is a client, but its namespace does not accept the permits, so other policies decide whether it gets out: annotate the Namespace with ${consentText(namespace)}`,
  }));
}

/** Files may leave a Namespace out; what would be written there is then not known, and not guessed. */
function unknownNamespaces({ access, plan }: Scene): readonly Finding[] {
  const { undetermined } = plan.references.elsewhere;
  if (undetermined.length === 0) return [];
  const message = unknownMessage(undetermined);
  return [{ type: "NamespaceUnknown", severity: "Warning", object: keyText(access.metadata), message }];
}

/** The workloads elsewhere of whose pods one that holds the client label is meant, as `namespace/Kind/name`. */
function holdersWhere({ access, world }: Scene, isMeant: (pod: Pod) => boolean): readonly string[] {
  const { key, value } = intentOf(access).clientLabel;
  const { namespace } = access.metadata;
  return holdersOf(world, key, value)
    .filter((each) => each.namespace !== namespace && each.pods.some(isMeant))
    .map(({ workload }) => workload);
}
