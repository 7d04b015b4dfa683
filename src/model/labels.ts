/** Labels as Kubernetes stores them: a present key may have an empty value. */
export type Labels = Readonly<Record<string, string>>;

/** The label that the API server puts on every Namespace, with the namespace's name as its value. */
export const NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name";
