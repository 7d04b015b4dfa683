import { type Event, EVENT_ID, getScalarValue, parseEvents } from "js-yaml";
import { outlineJson } from "./read-json.ts";
import { documentTexts } from "./read.ts";

export interface Position {
  /** 1 for the first line, as editors count. */
  readonly line: number;
  readonly column: number;
}

/** The line of a character of the text. */
export function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf("\n");
  return { line: before.split("\n").length, column: offset - lastBreak };
}

/**
 * Where a field such as `spec.ports[0].port` is written in the document that starts at `offset`, or the nearest thing
 * above it that is written at all. JSON is YAML, so one reader of positions serves both.
 */
export function locate(text: string, offset: number, field: string): Position {
  const content =
    documentTexts(text).find((part) => part.offset === offset)?.content ?? jsonValue(text, offset);
  return positionOf(text, offset + offsetOf(content, segmentsOf(field)));
}

/** One of several JSON values in a row. */
function jsonValue(text: string, offset: number): string {
  const value = outlineJson(text).values.find(({ start }) => start === offset);
  return text.slice(offset, value?.end);
}

/** `metadata.labels["a.b"].items[3]` in its parts. */
function segmentsOf(field: string): readonly string[] {
  return [...field.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|[^.[\]]+/g)].map(([whole, quoted, index]) =>
    quoted === undefined ? (index ?? whole) : String(JSON.parse(`"${quoted}"`)),
  );
}

function offsetOf(content: string, path: readonly string[]): number {
  try {
    return walk(content, parseEvents(content, {}), path);
  } catch {
    return 0;
  }
}

function walk(content: string, events: readonly Event[], path: readonly string[]): number {
  let node = events.findIndex(({ type }) => type !== EVENT_ID.DOCUMENT);
  let found = startOf(events[node]) ?? 0;
  for (const segment of path) {
    const child = childOf(content, events, node, segment);
    if (child === undefined) break;
    node = child.node;
    found = child.offset;
  }
  return found;
}

interface Child {
  readonly node: number;
  /** Of the key in a mapping, of the element in a sequence. */
  readonly offset: number;
}

function childOf(
  content: string,
  events: readonly Event[],
  parent: number,
  segment: string,
): Child | undefined {
  const type = events[parent]?.type;
  if (type !== EVENT_ID.MAPPING && type !== EVENT_ID.SEQUENCE) return undefined;
  let at = parent + 1;
  for (let index = 0; at < events.length && events[at]?.type !== EVENT_ID.POP; index += 1) {
    const value = type === EVENT_ID.MAPPING ? after(events, at) : at;
    const name = type === EVENT_ID.MAPPING ? keyText(content, events[at]) : String(index);
    if (name === segment) return { node: value, offset: startOf(events[at]) ?? startOf(events[value]) ?? 0 };
    at = after(events, value);
  }
  return undefined;
}

function keyText(content: string, event: Event | undefined): string | undefined {
  return event?.type === EVENT_ID.SCALAR ? getScalarValue(content, event) : undefined;
}

/** The event behind the node that starts at this one. */
function after(events: readonly Event[], start: number): number {
  let depth = 0;
  for (let at = start; at < events.length; at += 1) {
    const type = events[at]?.type;
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth += 1;
    if (type === EVENT_ID.POP) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return events.length;
}

function startOf(event: Event | undefined): number | undefined {
  if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP)
    return undefined;
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  return event.type === EVENT_ID.ALIAS ? event.anchorStart : event.start;
}
