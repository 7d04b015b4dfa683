/** A step from an object to one of its fields, or from a list to one of its elements. */
export type Step = string | number;

/** `spec.ports[0].port`; keys that are no plain names are quoted: `matchLabels["app.kubernetes.io/name"]`. */
export function fieldText(path: readonly Step[]): string {
  return path.map(stepText).join("").replace(/^\./, "");
}

/** Field by field and, within a list, element 2 before element 10. */
export function compareFields(a: string, b: string): number {
  return NUMERIC.compare(a, b);
}

const NUMERIC = new Intl.Collator("en", { numeric: true });

function stepText(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
