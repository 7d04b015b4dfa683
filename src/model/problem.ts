/** What is wrong with something a user wrote, in words that say what to do. */
export interface Problem {
  /** A JSON path from the object's root, such as `spec.ports[0].port`; empty for the object as a whole. */
  readonly field: string;
  readonly message: string;
}
