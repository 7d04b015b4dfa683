import { isEndpoint } from "../../core/endpoint.ts";
import { intentOf } from "../../generator/intent.ts";
import { offersAnything } from "../../generator/references.ts";
import { keyText } from "../../model/key.ts";
import type { Finding } from "../../model/service-access.ts";
import type { Workload } from "../../model/world.ts";
import { workloadOf } from "../workloads.ts";
import type { Scene } from "./findings.ts";

/** What is odd about those who carry the client label, or should. */
export function clientFindings(scene: Scene): readonly Finding[] {
  if (!offersAnything(scene.access, scene.plan.references)) return [];
  const misplaced = labelOnController(scene);
  return [...misplaced, ...(misplaced.length > 0 ? [] : nobodyHolds(scene)), ...holdersElsewhere(scene)];
}

/** The classic slip: no policy ever reads the labels of a Deployment, only those of its pods. */
function labelOnController({ access, world }: Scene): readonly Finding[] {
  const { key, value } = intentOf(access).clientLabel;
  const hasSlipped = (workload: Workload): boolean =>
    workload.namespace === access.metadata.namespace &&
    workload.labels[key] === value &&
    workload.template.labels[key] !== value;
  return [...world.workloads.values()].filter(hasSlipped).map((workload) => ({
    type: "ClientLabelOnController",
    severity: "Warning",
    object: `${workload.kind}/${workload.name}`,
    message: `carries ${key} on its own metadata, which gives its pods nothing: move the label to spec.template.metadata.labels`,
  }));
}

function nobodyHolds({ access, reach }: Scene): readonly Finding[] {
  if (reach.clients.length > 0) return [];
  const { key, value } = intentOf(access).clientLabel;
  const message = `no running pod of the namespace carries ${key}: "${value}": put it in the pod template of each client`;
  return [{ type: "ClientLabelUnused", severity: "Info", object: keyText(access.metadata), message }];
}

/** The label gives access in the object's own namespace only. */
function holdersElsewhere({ access, reach, world }: Scene): readonly Finding[] {
  const admitted = new Set(
    reach.rows.flatMap(({ standing, from }) =>
      standing !== "stranger" && from.kind === "workload" ? [...from.pods] : [],
    ),
  );
  const { key, value } = intentOf(access).clientLabel;
  const { namespace } = access.metadata;
  const elsewhere = [...world.pods.values()].filter(
    (pod) =>
      pod.namespace !== namespace && isEndpoint(pod) && pod.labels[key] === value && !admitted.has(pod),
  );
  const places = new Set(elsewhere.map((pod) => `${pod.namespace}/${workloadOf(pod, world)}`));
  return [...places].toSorted().map((object) => ({
    type: "ClientInOtherNamespace",
    severity: "Info",
    object,
    message: `carries ${key} outside ${namespace}, where it gives nothing: add its namespace to rights.ingress if it should get in`,
  }));
}
