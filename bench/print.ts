import { table } from "../src/cli/output.ts";
import type { Figure } from "./figures.ts";
import { barOf } from "./plan.ts";

/** One object a line, for programs. */
export function jsonLines(figures: readonly Figure[]): string {
  return figures.map((figure) => `${JSON.stringify(figure)}\n`).join("");
}

/** The figures beside the bars they are held to. */
export function figuresText(figures: readonly Figure[]): string {
  const head = ["FIGURE", "SHAPE", "PODS", "POLICIES", "VALUE", "AT MOST", ""];
  return table([head, ...figures.map(row)]);
}

function row(figure: Figure): readonly string[] {
  const { name, input, value, unit } = figure;
  const bar = barOf(figure);
  return [
    name,
    input.shape,
    input.pods.toLocaleString("en"),
    input.policies.toLocaleString("en"),
    quantityText(value, unit),
    bar === undefined ? "" : quantityText(bar.atMost, bar.unit),
    bar === undefined ? "" : verdict(value <= bar.atMost),
  ];
}

function verdict(isMet: boolean): string {
  return isMet ? "met" : "MISSED";
}

/** Three digits that count. */
export function quantityText(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
  const text = Number.isInteger(value) ? value.toLocaleString("en") : Number(digits).toLocaleString("en");
  return unit === "" ? text : `${text} ${unit}`;
}
