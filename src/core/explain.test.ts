import { expect, test } from "vitest";
import { endpointOf } from "../testing/ask.ts";
import { askedWithTiers } from "../testing/ask-tiers.ts";
import { type ExplanationCase, readExplanationCases } from "../testing/decode-explanation-cases.ts";
import { tierManifests } from "../testing/decode-tier-cases.ts";
import { clusterOf, readPort } from "../testing/table.ts";
import { underProfile } from "./evaluator.ts";
import { explain } from "./explain.ts";
import { explanationText } from "./explain-text.ts";
import { profileNamed, SPECIFICATION } from "./profile.ts";

for (const each of readExplanationCases()) {
  test(`explained: ${each.name}`, () => {
    expect(explained(each)).toEqual(each.explain);
  });
}

function explained(each: ExplanationCase): ExplanationCase["explain"] {
  const { pods, namespaces, policies, profile = SPECIFICATION.name } = each;
  const sketch = { pods, ...(namespaces && { namespaces }), ...(policies && { policies }) };
  const { evaluator } = askedWithTiers(sketch, { tierPolicies: tierManifests(each) });
  const cluster = clusterOf(sketch);
  const texts = Object.keys(each.explain).map((flow) => {
    const [from = "", to = "", port = ""] = flow.split(/ > | /);
    const { protocol, number } = readPort(port);
    const explanations = explain(
      underProfile(evaluator, profileNamed(profile) ?? SPECIFICATION),
      endpointOf(cluster, from),
      endpointOf(cluster, to),
      { protocol, port: number },
    );
    const lines = explanations.flatMap(explanationText);
    return [flow, lines.filter((line) => !/^[EI]n?gress of .* no policy (isolates|binds)/.test(line))];
  });
  return Object.fromEntries(texts) as ExplanationCase["explain"];
}
