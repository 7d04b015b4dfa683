import type { GeneratedCase, GeneratedStep, Reach } from "./cyclonus/case.ts";
import { conflictCases } from "./cyclonus/conflicts.ts";
import { defaultLabelCases, peerCases, ruleCases, targetCases } from "./cyclonus/policies.ts";
import { portCases } from "./cyclonus/ports.ts";
import { actionCases, exampleCase } from "./cyclonus/steps.ts";
import { upstreamCases } from "./cyclonus/upstream.ts";

/** All 230, in the order of their description. */
export function generatedCases(): readonly GeneratedCase[] {
  return [
    ...targetCases(),
    ...ruleCases(),
    ...peerCases(),
    ...portCases(),
    exampleCase(),
    ...actionCases(),
    ...conflictCases(),
    ...defaultLabelCases(),
    ...upstreamCases(),
  ];
}

/** Whether the step's restrictions let the flow pass: a pod and itself are never kept apart. */
export function isExpected({ bounds }: GeneratedStep, from: string, to: string, port: string): boolean {
  if (from === to) return true;
  return bounds.every(
    (bound) =>
      (!bound.pods.includes(from) || bound.out === undefined || includes(bound.out, to, port)) &&
      (!bound.pods.includes(to) || bound.in === undefined || includes(bound.in, from, port)),
  );
}

function includes({ pods, ports }: Reach, pod: string, port: string): boolean {
  return pods.includes(pod) && ports.includes(port);
}
