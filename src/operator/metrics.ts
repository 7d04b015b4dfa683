/** What tells the series of one metric apart. Only what has few values may be in it: never a pod, never an object. */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Counter {
  readonly add: (labels: Labels, amount?: number) => void;
}

export interface Histogram {
  readonly observe: (labels: Labels, value: number) => void;
}

/** The metrics of a process, in Prometheus' text format. */
export interface Metrics {
  readonly counter: (name: string, help: string) => Counter;
  /** Counts values by the bounds that they do not exceed; what exceeds all of them is counted as well. */
  readonly histogram: (name: string, help: string, bounds: readonly number[]) => Histogram;
  /** What is only looked up when somebody asks. */
  readonly read: (
    kind: "gauge" | "counter",
    name: string,
    help: string,
    look: () => Iterable<Sample>,
  ) => void;
  readonly text: () => string;
}

export function createMetrics(): Metrics {
  const families: (() => string)[] = [];
  return {
    counter(name, help) {
      const values = new Map<string, number>();
      families.push(() => family("counter", name, help, lines(name, values)));
      return {
        add: (labels, amount = 1) => {
          const key = labelText(labels);
          values.set(key, (values.get(key) ?? 0) + amount);
        },
      };
    },
    histogram(name, help, bounds) {
      const all = new Map<string, Buckets>();
      families.push(() =>
        family(
          "histogram",
          name,
          help,
          [...all.values()].flatMap((one) => bucketLines(name, one)),
        ),
      );
      return {
        observe: (labels, value) => {
          const key = labelText(labels);
          const buckets = all.get(key) ?? emptyBuckets(labels, bounds);
          all.set(key, buckets);
          count(buckets, value);
        },
      };
    },
    read(kind, name, help, look) {
      families.push(() =>
        family(
          kind,
          name,
          help,
          [...look()].map(({ labels, value }) => line(name, labelText(labels), value)),
        ),
      );
    },
    text: () => families.map((print) => print()).join(""),
  };
}

function family(kind: string, name: string, help: string, samples: readonly string[]): string {
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${name} ${escaped}\n# TYPE ${name} ${kind}\n${samples.join("")}`;
}

function lines(name: string, values: ReadonlyMap<string, number>): readonly string[] {
  return Array.from(values, ([labels, value]) => line(name, labels, value));
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels} ${numberText(value)}\n`;
}

/** `{a="x",b="y"}`, the same whatever the order in which they were given; nothing where there are none. */
function labelText(labels: Labels): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((name) => `${name}="${escapedValue(labels[name] ?? "")}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapedValue(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

interface Buckets {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  /** How many values fell between a bound and the one before it; the last counts what exceeds all bounds. */
  readonly counts: number[];
  sum: number;
}

function emptyBuckets(labels: Labels, bounds: readonly number[]): Buckets {
  return { labels, bounds, counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 };
}

function count(buckets: Buckets, value: number): void {
  const found = buckets.bounds.findIndex((bound) => value <= bound);
  const index = found === -1 ? buckets.bounds.length : found;
  buckets.counts.splice(index, 1, (buckets.counts[index] ?? 0) + 1);
  Object.assign(buckets, { sum: buckets.sum + value });
}

/** In the text each bucket counts those before it, too. */
function bucketLines(name: string, { labels, bounds, counts, sum }: Buckets): readonly string[] {
  let total = 0;
  const buckets = [...bounds, Infinity].map((bound, i) => {
    total += counts[i] ?? 0;
    return line(`${name}_bucket`, labelText({ ...labels, le: numberText(bound) }), total);
  });
  const own = labelText(labels);
  return [...buckets, line(`${name}_sum`, own, sum), line(`${name}_count`, own, total)];
}
