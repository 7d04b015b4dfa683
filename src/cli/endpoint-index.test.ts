import { expect, test } from "vitest";
import { podText } from "../core/endpoint.ts";
import { readManifests } from "../manifest/read.ts";
import { worldOf } from "../manifest/world.ts";
import type { World } from "../model/world.ts";
import { indexEndpoints } from "./endpoint-index.ts";

const decodeServiceAccess = () => ({ kind: "problems", problems: [] }) as const;

function worldFrom(text: string): World {
  return worldOf(readManifests(text, "a.yaml").documents, { defaultNamespace: "shop", decodeServiceAccess })
    .world;
}

/** What a name stands for: the pods, or `address`, or nothing. */
function found(world: World, text: string): string {
  const result = indexEndpoints(world, "shop").find(text);
  if (result.kind === "missing") return "missing";
  if (result.kind === "service") return `Service ${result.text}`;
  return result.members.map((end) => (end.kind === "pod" ? podText(end.pod) : "address")).join(" ");
}

const WORLD = worldFrom(`apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {}}}}
- {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web-5f, ownerReferences: [{kind: Deployment, name: web, controller: true}]}, spec: {template: {spec: {}}}}
- {apiVersion: v1, kind: Pod, metadata: {name: web-5f-a, ownerReferences: [{kind: ReplicaSet, name: web-5f, controller: true}]}, status: {podIP: 10.0.0.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: web-5f-b, ownerReferences: [{kind: ReplicaSet, name: web-5f, controller: true}]}, status: {phase: Failed, podIP: 10.0.0.2}}
- {apiVersion: v1, kind: Pod, metadata: {name: done}, status: {phase: Succeeded, podIP: 10.0.0.3}}
- {apiVersion: v1, kind: Pod, metadata: {name: waiting}, status: {phase: Pending, podIP: 10.0.0.4}}
- {apiVersion: v1, kind: Pod, metadata: {name: running}, status: {phase: Running, podIPs: [{ip: 10.0.0.4}, {ip: "2001:db8::4"}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: host}, spec: {hostNetwork: true}, status: {podIP: 192.168.0.1}}
- {apiVersion: batch/v1, kind: CronJob, metadata: {name: tidy}, spec: {jobTemplate: {spec: {template: {spec: {}}}}}}
`);

test.each([
  ["shop/web-5f-a", "shop/web-5f-a"],
  ["shop/Pod/web-5f-a", "shop/web-5f-a"],
  ["web-5f-a", "shop/web-5f-a"],
  ["shop/Deployment/web", "shop/web-5f-a"],
  ["shop/ReplicaSet/web-5f", "shop/web-5f-a"],
  ["shop/deployment/web", "shop/web-5f-a"],
  ["Deployment/web", "shop/web-5f-a"],
  ["shop/done", "shop/done"],
  ["10.0.0.1", "shop/web-5f-a"],
  ["10.0.0.1/32", "shop/web-5f-a"],
  ["10.0.0.0/24", "address"],
  ["10.0.0.3", "address"],
  ["10.0.0.4", "shop/running"],
  ["2001:0db8:0::4", "shop/running"],
  ["192.168.0.1", "address"],
  ["shop/CronJob/tidy", "shop/CronJob/tidy"],
  ["shop/Deployment/db", "missing"],
  ["other/web-5f-a", "missing"],
  ["shop/", "missing"],
  ["", "missing"],
])("%j stands for %s", (text, expected) => {
  expect(found(WORLD, text)).toBe(expected);
});

test("in a running cluster a workload without pods is its template", () => {
  const pods = new Map([...WORLD.pods].filter(([, pod]) => !pod.fromTemplate));
  expect(found({ ...WORLD, pods }, "shop/CronJob/tidy")).toBe("shop/CronJob/tidy");
});
