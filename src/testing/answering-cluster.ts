import { PERMITS_FINALIZER } from "../generator/names.ts";
import type { Cluster, Refused, WriteResult } from "../reconciler/cluster.ts";
import { keyText } from "../model/key.ts";

/** What the API says to a write, by what is written: `apply shop/db-rights`; everything else is done as usual. */
export type Answers = Readonly<Record<string, WriteResult | Error>>;

/** A cluster that answers some writes by a table. */
export function answering(cluster: Cluster, answers: Answers): Cluster {
  return {
    ...cluster,
    applyPolicy: async (policy, observed) =>
      answered(answers[`apply ${keyText(policy.metadata)}`]) ?? (await cluster.applyPolicy(policy, observed)),
    removePolicy: async (policy) =>
      answered(answers[`remove ${keyText(policy.metadata)}`]) ?? (await cluster.removePolicy(policy)),
    setFinalizers: async (owner, finalizers) => {
      const what = finalizers.includes(PERMITS_FINALIZER) ? "hold" : "release";
      const answer = answered(answers[`${what} ${keyText(owner.metadata)}`]);
      return answer === undefined ? await cluster.setFinalizers(owner, finalizers) : refusal(answer);
    },
  };
}

function answered(answer: WriteResult | Error | undefined): WriteResult | undefined {
  if (answer instanceof Error) throw answer;
  return answer;
}

function refusal(answer: WriteResult): Refused | undefined {
  return answer.kind === "refused" ? answer : undefined;
}
