import fc from "fast-check";
import { expect, test } from "vitest";
import { contains, parseRange } from "../core/addresses.ts";
import type { Answer } from "../core/answer.ts";
import { check } from "../core/check.ts";
import { type Endpoint, isEndpoint, sharedFamilies } from "../core/endpoint.ts";
import { compileCluster, type Evaluator } from "../core/evaluator.ts";
import { hasPort, portTexts } from "../core/ports.ts";
import { keyText } from "../model/key.ts";
import type { NetworkPolicy } from "../model/network-policy.ts";
import type { ServiceAccessSpec } from "../model/service-access.ts";
import type { Pod, Protocol, World } from "../model/world.ts";
import { specArbitrary } from "../testing/random-access.ts";
import { clusterArbitrary, OUTSIDE, PROBED } from "../testing/random-cluster.ts";
import { accessOf, smallWorld } from "../testing/small-world.ts";
import { readPort, type SmallCluster } from "../testing/table.ts";
import { type Grant, grantOf } from "./grant.ts";
import { onlyEndpoint, type Place, rangeText } from "./places.ts";
import { planFor } from "./plan.ts";
import { type Reach, reachOf } from "./reach.ts";
import type { Row } from "./rows.ts";

fc.configureGlobal({ seed: 20_261_121 });

const PORTS = PROBED.map(readPort);

const referred = smallWorld({
  services: { "x/s": { selector: { app: "a" }, ports: [{ port: 9, targetPort: "web" }] } },
  workloads: { "x/Deployment/d": { selector: { matchLabels: { app: "a" } } } },
});

interface Case {
  readonly spec: ServiceAccessSpec;
  readonly world: World;
  readonly evaluator: Evaluator;
  readonly grant: Grant;
  readonly reach: Reach;
}

/** Random clusters, most of them in one namespace, with the object's own policies in force or not. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    clusters: fc.tuple(clusterArbitrary(), clusterArbitrary()),
    spec: specArbitrary(),
    owners: fc.array(fc.constantFrom("a", "b"), { minLength: 10, maxLength: 10 }),
    isApplied: fc.boolean(),
  })
  .map(({ clusters: [first, second], spec, owners, isApplied }) => {
    const pods = [...first.pods, ...second.pods].map((pod, n) => ({
      ...pod,
      name: `pod-${n}`,
      namespace: n % 3 === 0 ? pod.namespace : "x",
    }));
    const policies = first.policies.map((policy, n) =>
      n % 4 === 0 ? policy : { ...policy, metadata: { ...policy.metadata, namespace: "x" } },
    );
    return caseOf({ ...first, pods, policies }, spec, owners, isApplied);
  });

function caseOf(
  cluster: SmallCluster,
  spec: ServiceAccessSpec,
  owners: readonly string[],
  isApplied: boolean,
): Case {
  const access = accessOf("x/db", spec);
  const pods = cluster.pods.map((pod, n): Pod => ({
    ...pod,
    owner: { kind: "StatefulSet", name: owners[n] ?? "a" },
  }));
  const before: World = {
    ...referred,
    namespaces: cluster.namespaces,
    pods: new Map(pods.map((pod) => [keyText(pod), pod])),
    policies: byKey(cluster.policies),
  };
  const applied = isApplied ? planFor(access, before).generated.policies : [];
  const world = { ...before, policies: byKey([...cluster.policies, ...applied]) };
  const plan = planFor(access, world);
  const evaluator = compileCluster({
    pods,
    namespaces: world.namespaces,
    policies: world.policies.values(),
  });
  const grant = grantOf(access, plan.references, world);
  return { spec, world, evaluator, grant, reach: reachOf(access, plan, world, evaluator) };
}

function byKey(policies: readonly NetworkPolicy[]): ReadonlyMap<string, NetworkPolicy> {
  return new Map(policies.map((policy) => [keyText(policy.metadata), policy]));
}

interface Question {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Every flow that some row could be about. */
function questions({ world, reach, spec }: Case): readonly Question[] {
  const all = [...world.pods.values()].filter(isEndpoint).map(podEnd);
  const addresses = OUTSIDE.map(parseRange).flatMap((address) =>
    address === undefined ? [] : [{ kind: "address" as const, address }],
  );
  const pairs =
    spec.target === undefined
      ? crossed(reach.clients.map(podEnd), [...all, ...addresses])
      : crossed([...all, ...addresses], reach.targets.map(podEnd));
  return pairs
    .filter(({ from, to }) => !isOneAndTheSame(from, to) && !isOwnNode(from, to))
    .flatMap((pair) => PORTS.map(({ protocol, number }) => ({ ...pair, protocol, port: number })));
}

function crossed(
  from: readonly Endpoint[],
  to: readonly Endpoint[],
): readonly Pick<Question, "from" | "to">[] {
  return from.flatMap((a) => to.map((b) => ({ from: a, to: b })));
}

function podEnd(pod: Pod): Endpoint {
  return { kind: "pod", pod };
}

function isOneAndTheSame(a: Endpoint, b: Endpoint): boolean {
  return a.kind === "pod" && b.kind === "pod" && a.pod === b.pod && a.pod.replicas <= 1;
}

/** A node always reaches its own pods; no row speaks of that. */
function isOwnNode(from: Endpoint, to: Endpoint): boolean {
  if (to.kind === "address") return false;
  if (from.kind === "pod")
    return from.pod.hostNetwork && from.pod.node !== "" && from.pod.node === to.pod.node;
  const { address } = from;
  return to.pod.nodeAddresses.some((text) => parseRange(text)?.first === address.first);
}

function ask({ evaluator }: Case, { from, to, protocol, port }: Question): Answer {
  return check(evaluator, from, to, { protocol, port });
}

function isIn(place: Place, end: Endpoint): boolean {
  if (place.kind === "workload") return end.kind === "pod" && place.pods.has(end.pod);
  return end.kind === "address" && place.ranges.some((range) => contains(range, end.address));
}

function speaksOf(row: Row, { from, to, protocol, port }: Question): boolean {
  return isIn(row.from, from) && isIn(row.to, to) && hasPort(row.ports, protocol, port);
}

/** From a pod to itself, which no policy can close. */
function isOwnWay({ from, to }: Row): boolean {
  const pod = onlyEndpoint(from);
  return pod !== undefined && pod === onlyEndpoint(to);
}

test("every flow that a row speaks of has the verdict and the policies of the row", () => {
  fc.assert(
    fc.property(cases, (each) => {
      expect(each.reach.rows.filter(isOwnWay)).toEqual([]);
      for (const question of questions(each)) {
        for (const row of each.reach.rows.filter((row) => speaksOf(row, question))) {
          const { verdict, egress, ingress } = ask(each, question);
          expect([verdict, egress.by, ingress.by]).toEqual([row.verdict, row.egress.by, row.ingress.by]);
        }
      }
    }),
    { numRuns: 70 },
  );
});

test("every flow that is open, or that the object wants open, is in exactly one row, and no other flow is in any", () => {
  fc.assert(
    fc.property(cases, (each) => {
      for (const question of questions(each)) {
        const rows = each.reach.rows.filter((row) => speaksOf(row, question));
        expect(rows.map((row) => row.standing)).toEqual(standingsOf(each, question));
      }
    }),
    { numRuns: 70 },
  );
});

/** What a flow is to the object, asked for this one pair of pods and no class of them. */
function standingsOf({ grant, spec, ...each }: Case, question: Question): readonly Row["standing"][] {
  const { from, to, protocol, port } = question;
  if (hasPort(grant.expected(from, to), protocol, port)) return ["client"];
  const isGranted = hasPort(grant.granted(from, to), protocol, port);
  if (spec.target === undefined) return to.kind === "address" && isGranted ? ["client"] : [];
  const isOpen = ask({ grant, spec, ...each }, question).verdict !== "Denied";
  const isAsked = hasPort(grant.concerned(to), protocol, port);
  const families = sharedFamilies(from, to);
  if (!isOpen || !isAsked || families.length === 0) return [];
  if (families.length === 1) return [isGranted ? "granted" : "stranger"];
  // Two families: each has to be granted where it is open.
  const isStrange = families.some((family) => {
    const [a, b] = [only(from, family), only(to, family)];
    const { verdict } = ask({ grant, spec, ...each }, { ...question, from: a, to: b });
    return verdict !== "Denied" && !hasPort(grant.granted(a, b), protocol, port);
  });
  return [isStrange ? "stranger" : "granted"];
}

function only(end: Endpoint, family: string | undefined): Endpoint {
  if (end.kind === "address") return end;
  const addresses = end.pod.addresses.filter((text) => text.includes(":") === (family === "IPv6"));
  return { kind: "pod", pod: { ...end.pod, addresses } };
}

/** A row with the names of its pods. */
function told({ from, to, ...rest }: Row): unknown {
  return [namesOf(from), namesOf(to), portTexts(rest.ports), rest.standing, rest.verdict, rest.reason];
}

function namesOf(place: Place): readonly string[] {
  return place.kind === "workload" ? [...place.pods].map(keyText).toSorted() : place.ranges.map(rangeText);
}

test("rows do not depend on the order in which things were watched", () => {
  fc.assert(
    fc.property(cases, ({ spec, world, reach }) => {
      const access = accessOf("x/db", spec);
      const turned: World = {
        ...world,
        pods: new Map([...world.pods].toReversed()),
        policies: new Map([...world.policies].toReversed()),
        namespaces: new Map([...world.namespaces].toReversed()),
      };
      const evaluator = compileCluster({
        pods: turned.pods.values(),
        namespaces: turned.namespaces,
        policies: turned.policies.values(),
      });
      const again = reachOf(access, planFor(access, turned), turned, evaluator);
      expect(again.rows.map(told)).toEqual(reach.rows.map(told));
    }),
    { numRuns: 40 },
  );
});
