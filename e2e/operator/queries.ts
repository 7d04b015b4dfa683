import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";

import { believe } from "../control-plane/believe.ts";

/** One use of a metric in an alert or on the dashboard. */
export interface Use {
  readonly where: string;
  readonly metric: string;
  /** The labels by which its series are chosen or grouped. */
  readonly labels: readonly string[];
}

const folder = join(import.meta.dirname, "../../config/prometheus");

/** Everything that the shipped alerts and the shipped dashboard ask Prometheus for. */
export function shippedUses(): readonly Use[] {
  return [...alertQueries(), ...dashboardQueries()].flatMap(({ where, query, mentioned }) =>
    usesIn(where, query, mentioned),
  );
}

interface Query {
  readonly where: string;
  readonly query: string;
  /** Labels that the text beside it takes from its answer. */
  readonly mentioned: readonly string[];
}

interface Rules {
  readonly spec: {
    readonly groups: readonly {
      readonly rules: readonly {
        readonly alert: string;
        readonly expr: string;
        readonly annotations: object;
      }[];
    }[];
  };
}

function alertQueries(): readonly Query[] {
  const file = load(readFileSync(join(folder, "rules.yaml"), "utf8"));
  const { spec } = believe<Rules>(JSON.stringify(file));
  return spec.groups.flatMap(({ rules }) =>
    rules.map(({ alert, expr, annotations }) => ({
      where: alert,
      query: expr,
      mentioned: named(JSON.stringify(annotations), /\$labels\.(\w+)/g),
    })),
  );
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}

function dashboardQueries(): readonly Query[] {
  const { panels } = believe<Dashboard>(readFileSync(join(folder, "dashboard.json"), "utf8"));
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({
      where: title,
      query: expr,
      mentioned: named(legendFormat, /\{\{(\w+)\}\}/g),
    })),
  );
}

function usesIn(where: string, query: string, mentioned: readonly string[]): readonly Use[] {
  const grouping = named(query, /\bby \(([^)]*)\)/g).flatMap((list) => list.split(/,\s*/));
  const metrics = [...query.matchAll(/\b((?:serviceaccess|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)];
  return metrics.map(([, metric = "", matchers = ""]) => ({
    where,
    metric,
    labels: [...named(matchers, /(\w+)\s*[=!]/g), ...grouping, ...mentioned],
  }));
}

function named(text: string, pattern: RegExp): readonly string[] {
  return Array.from(text.matchAll(pattern), ([, name = ""]) => name);
}
