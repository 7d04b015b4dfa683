/** Where the values of a JSON text begin and end, and the first key that an object has twice. */
export interface JsonOutline {
  readonly values: readonly { readonly start: number; readonly end: number }[];
  readonly duplicate: { readonly key: string; readonly offset: number } | undefined;
}

/**
 * JSON.parse keeps the last of two equal keys and refuses several values in a row (as `jq '.items[]'` prints them);
 * this pass over the text finds both. It only has to be right for text that JSON.parse accepts.
 */
export function outlineJson(text: string): JsonOutline {
  const values: { start: number; end: number }[] = [];
  const keys: (Set<string> | undefined)[] = [];
  let duplicate: JsonOutline["duplicate"];
  let start = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (keys.length === 0) start = at;
      keys.push(undefined);
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      keys.pop();
      if (keys.length === 0) values.push({ start, end: at + 1 });
    } else if (code === QUOTE) {
      const end = endOfString(text, at);
      if (isFollowedByColon(text, end)) {
        const key = keyText(text.slice(at, end));
        const depth = keys.length - 1;
        const seen = (keys[depth] ??= new Set());
        if (seen.has(key)) duplicate ??= { key, offset: at };
        seen.add(key);
      }
      at = end - 1;
    }
  }
  return { values, duplicate };
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The offset after the closing quote. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote > 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= SPACE) at += 1;
  return text.charCodeAt(at) === COLON;
}

/** `"a"` and `"\u0061"` are the same key. */
function keyText(quoted: string): string {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}
