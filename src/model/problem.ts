/** What is wrong with something a user wrote, in words that say what to do. */
export interface Problem {
  /** A JSON path from the object's root, such as `spec.ports[0].port`; empty for the object as a whole. */
  readonly field: string;
  readonly message: string;
}

/** All of them in one line. */
export function problemsText(problems: readonly Problem[]): string {
  return problems.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)).join("; ");
}
