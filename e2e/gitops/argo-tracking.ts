import type { ObjectMeta } from "../../src/model/network-policy.ts";

/** How Argo CD knows what belongs to an application; annotations since 3.0, the label before. */
export type Tracking = "annotation" | "label";

const TRACKING_ANNOTATION = "argocd.argoproj.io/tracking-id";
const TRACKING_LABEL = "app.kubernetes.io/instance";

interface Live {
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** What an application's own manifest carries, as Argo CD writes it. */
export function tracked(by: Tracking, app: string, path: string): object {
  return by === "label"
    ? { labels: { [TRACKING_LABEL]: app } }
    : { annotations: { [TRACKING_ANNOTATION]: `${app}:${path}` } };
}

/** The live objects that Argo CD takes for an application's own, and prunes when Git does not have them. */
export function ownedByApp(by: Tracking, app: string, live: readonly Live[]): readonly string[] {
  return live
    .filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0)
    .filter(({ metadata }) => appOf(by, metadata) === app)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

function appOf(by: Tracking, { labels, annotations }: ObjectMeta): string | undefined {
  return by === "label" ? labels?.[TRACKING_LABEL] : annotations?.[TRACKING_ANNOTATION]?.split(":")[0];
}

/** Keys of other people's tools, which on a child of ours would make it theirs. */
export function foreignKeys({ labels = {}, annotations = {} }: ObjectMeta): readonly string[] {
  const prefixes = [
    "argocd.argoproj.io/",
    "kubectl.kubernetes.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "helm.sh/",
    "meta.helm.sh/",
    TRACKING_LABEL,
  ];
  return [...Object.keys(labels), ...Object.keys(annotations)].filter((key) =>
    prefixes.some((prefix) => key.startsWith(prefix)),
  );
}
