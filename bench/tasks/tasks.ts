import { checks, whoCanReach } from "./asking.ts";
import { cold } from "./cold.ts";
import { matrix } from "./matrix.ts";
import { namespaceEvents } from "./namespace-events.ts";
import { podEvents } from "./pod-events.ts";
import { policyEvents } from "./policy-events.ts";
import type { Task } from "./task.ts";

export const TASKS = {
  cold,
  "pod-events": podEvents,
  "policy-events": policyEvents,
  "namespace-events": namespaceEvents,
  checks,
  "who-can-reach": whoCanReach,
  matrix,
} satisfies Record<string, Task>;

export type TaskName = keyof typeof TASKS;

export function isTask(text: string): text is TaskName {
  return text in TASKS;
}
