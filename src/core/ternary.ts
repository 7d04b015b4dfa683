/** Kleene's three values: what Kubernetes leaves undefined, or the input does not say, is `maybe` and never guessed. */
export type Ternary = "yes" | "no" | "maybe";

export function and(a: Ternary, b: Ternary): Ternary {
  if (a === "no" || b === "no") return "no";
  return a === "yes" && b === "yes" ? "yes" : "maybe";
}

export function any(values: Iterable<Ternary>): Ternary {
  let found: Ternary = "no";
  for (const value of values) {
    if (value === "yes") return "yes";
    if (value === "maybe") found = "maybe";
  }
  return found;
}

export function all(values: Iterable<Ternary>): Ternary {
  let found: Ternary = "yes";
  for (const value of values) {
    if (value === "no") return "no";
    if (value === "maybe") found = "maybe";
  }
  return found;
}
