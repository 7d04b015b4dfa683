interface Manifest {
  readonly metadata: object;
}

type Labels = Readonly<Record<string, string>>;

export const serviceAccess = (name: string, spec: object) => ({
  apiVersion: "serviceaccess.dev/v1alpha1",
  kind: "ServiceAccess",
  metadata: { name },
  spec,
});

const podSpec = (ports: readonly object[]) => ({
  containers: [{ name: "main", image: "nothing.invalid/main", ports }],
});

export const deployment = (name: string, labels: Labels, ports: readonly object[] = []) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: labels["app"] } },
    template: { metadata: { labels }, spec: podSpec(ports) },
  },
});

export const pod = (name: string, labels: Labels) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels },
  spec: podSpec([]),
});

export const service = (name: string, selector: Labels, targetPort: number | string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { selector, ports: [{ port: 80, targetPort }] },
});

export const networkPolicy = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { ...metadata, name },
  spec,
});

export function inNamespace<Kind extends Manifest>(namespace: string, ...objects: readonly Kind[]) {
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
}
