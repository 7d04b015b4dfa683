/** Names one namespaced object of a known kind. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`: how people and maps name an object. */
export function keyText(key: ObjectKey): string {
  return `${key.namespace}/${key.name}`;
}
