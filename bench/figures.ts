import type { ShapeName } from "./shapes/shapes.ts";

export type Unit = "s" | "ms" | "µs" | "MB" | "x" | "";

/** One measured number. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  readonly input: Input;
}

/** What was measured on. */
export interface Input {
  readonly shape: ShapeName;
  readonly pods: number;
  readonly policies: number;
  readonly namespaces: number;
}

/** The value that as many lie below as the share says, by the nearest rank. */
export function quantile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: Iterable<number>): number {
  return quantile(values, 0.5);
}

/** The b of value = a * size ** b that fits the points best on logarithmic scales. */
export function exponent(points: readonly { readonly size: number; readonly value: number }[]): number {
  const xs = points.map(({ size }) => Math.log(size));
  const ys = points.map(({ value }) => Math.log(value));
  const [x, y] = [mean(xs), mean(ys)];
  const slope = sum(xs.map((each, i) => (each - x) * ((ys[i] ?? y) - y)));
  return slope / sum(xs.map((each) => (each - x) ** 2));
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A line that a child of ours wrote; only what would be a slip of our own is looked at. */
export function readFigure(line: string): Figure {
  const parsed: unknown = JSON.parse(line);
  if (!isFigure(parsed)) throw new Error(`not a figure: ${line}`);
  return parsed;
}

function isFigure(value: unknown): value is Figure {
  return (
    typeof value === "object" && value !== null && "name" in value && "value" in value && "input" in value
  );
}
