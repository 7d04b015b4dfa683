import { NAMESPACE_NAME_LABEL } from "../model/labels.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { Problem } from "../model/problem.ts";
import type { Namespace, Pod } from "../model/world.ts";
import type { Direction } from "./answer.ts";
import { compile } from "./compile.ts";
import type { Policy } from "./policy.ts";
import { selects } from "./selector.ts";
import type { Ternary } from "./ternary.ts";

export interface EvaluatorInput {
  readonly pods: Iterable<Pod>;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly policies: Iterable<NetworkPolicy>;
}

/** All policies of a cluster, compiled and indexed by namespace; opaque to callers. */
export interface Evaluator {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly pods: readonly Pod[];
  readonly policies: ReadonlyMap<string, readonly Policy[]>;
  /** Which policies apply, remembered per pod and direction: an answer that never changes for this evaluator. */
  readonly applying: Record<Direction, Map<Pod, readonly Applying[]>>;
}

/** A policy that isolates a pod in the direction asked for, or may. */
export interface Applying {
  readonly policy: Policy;
  readonly selects: Exclude<Ternary, "no">;
}

export function compileCluster(input: EvaluatorInput): Evaluator {
  const policies = new Map<string, Policy[]>();
  for (const policy of input.policies) {
    const compiled = compile(policy);
    const others = policies.get(compiled.namespace);
    if (others === undefined) policies.set(compiled.namespace, [compiled]);
    else others.push(compiled);
  }
  return {
    namespaces: input.namespaces,
    pods: [...input.pods],
    policies,
    applying: { egress: new Map(), ingress: new Map() },
  };
}

/** What policies say that the API server would refuse, or that has no defined meaning. */
export function problemsOf(
  evaluator: Evaluator,
): readonly { readonly policy: string; readonly problem: Problem }[] {
  return [...evaluator.policies.values()]
    .flat()
    .flatMap((policy) => policy.problems.map((problem) => ({ policy: policy.name, problem })));
}

/** The policies that isolate the pod in this direction, surely or perhaps. */
export function applyingTo(evaluator: Evaluator, direction: Direction, pod: Pod): readonly Applying[] {
  const known = evaluator.applying[direction].get(pod);
  if (known !== undefined) return known;
  const found = (evaluator.policies.get(pod.namespace) ?? [])
    .filter((policy) => policy[direction] !== undefined)
    .flatMap((policy) => applying(policy, pod));
  evaluator.applying[direction].set(pod, found);
  return found;
}

/** Whether policies bind a pod on the node's own network is undefined, so what selects it only may apply (S67). */
function applying(policy: Policy, pod: Pod): readonly Applying[] {
  const selected = selects(policy.subject, pod.labels);
  if (selected === "no") return [];
  return [{ policy, selects: pod.hostNetwork ? "maybe" : selected }];
}

/** The namespace of a pod; one that nobody described is known by its name only (S24). */
export function namespaceOf(evaluator: Evaluator, name: string): Namespace {
  return (
    evaluator.namespaces.get(name) ?? {
      name,
      labels: { [NAMESPACE_NAME_LABEL]: name },
      labelsKnown: false,
      terminating: false,
    }
  );
}
