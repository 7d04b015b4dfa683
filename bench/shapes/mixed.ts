import { bothWays, type NamespaceSketch, podsIn, podsWith, range, withPeer } from "./sketch.ts";

/**
 * Namespaces of 200 pods of 20 applications, each with what people really write side by side: a default deny, the own
 * namespace, monitoring and DNS from anywhere, and six applications that talk across the namespaces of a team.
 */
export function mixed(pods: number): readonly NamespaceSketch[] {
  const count = Math.max(1, Math.round(pods / 200));
  return range(count).map((i) => {
    const labels = { team: `team${i % 50}`, env: ["prod", "dev", "stage"][i % 3] ?? "prod" };
    return {
      name: `t${i}`,
      labels,
      workloads: range(APPLICATIONS).map((k) => ({
        name: `app${k}`,
        replicas: shareOf(Math.ceil(pods / count), k),
        labels: { app: `app${k}`, tier: k % 4 === 0 ? "web" : "api" },
      })),
      policies: [
        bothWays("deny", {}),
        withPeer("same-ns", {}, podsWith({})),
        bothWays("mon", {}, { from: podsIn({ team: "team0" }, { app: "prom" }) }),
        bothWays("dns", {}, { to: podsIn({}, { k8s: "dns" }) }),
        ...range(6).map((k) =>
          bothWays(
            `a${k}`,
            { app: `app${k}` },
            {
              from: podsIn({ team: labels.team }, { tier: "web" }),
              to: podsIn({ env: labels.env }, { app: `app${k + 1}` }),
            },
          ),
        ),
      ],
    };
  });
}

const APPLICATIONS = 20;

/** How many of the pods fall to the k-th application when they are dealt out in turn. */
function shareOf(pods: number, k: number): number {
  return Math.max(0, Math.ceil((pods - k) / APPLICATIONS));
}
