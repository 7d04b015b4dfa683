/** At most a few names: a message is for people. */
export function list(names: readonly string[], most = 5): string {
  return few(names, ", ", " and ", most);
}

/** The same for what has commas of its own. */
export function sentences(texts: readonly string[], most = 3): string {
  return few(texts, "; ", "; and ", most);
}

function few(texts: readonly string[], between: string, last: string, most: number): string {
  const shown = texts.slice(0, most).join(between);
  return texts.length > most ? `${shown}${last}${texts.length - most} more` : shown;
}
