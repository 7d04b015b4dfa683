import { load } from "js-yaml";
import { expect, test } from "vitest";
import type { EgressPeer } from "../model/service-access.ts";
import { rulePeers } from "./peers.ts";

function peers(text: string): ReturnType<typeof rulePeers> {
  return rulePeers(load(text) as EgressPeer);
}

const NAME = "kubernetes.io/metadata.name";

test.each([
  ["{podSelector: {}}", { podSelector: {} }],
  ["{podSelector: {matchLabels: {}}}", { podSelector: {} }],
  ["{podSelector: {matchLabels: {b: x, a: y}}}", { podSelector: { matchLabels: { a: "y", b: "x" } } }],
  ["{namespaceSelector: {}}", { namespaceSelector: {} }],
  [
    "{namespaceSelector: {matchLabels: {team: a}}, podSelector: {}}",
    { namespaceSelector: { matchLabels: { team: "a" } }, podSelector: {} },
  ],
  ["{namespaces: [shop]}", { namespaceSelector: { matchLabels: { [NAME]: "shop" } } }],
  [
    "{namespaces: [shop, bar, shop]}",
    { namespaceSelector: { matchExpressions: [{ key: NAME, operator: "In", values: ["bar", "shop"] }] } },
  ],
  [
    "{namespaces: [shop], namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: web}}}",
    {
      podSelector: { matchLabels: { app: "web" } },
      namespaceSelector: { matchLabels: { [NAME]: "shop", team: "a" } },
    },
  ],
  [
    "{namespaces: [shop, bar], namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}",
    {
      namespaceSelector: {
        matchExpressions: [
          { key: NAME, operator: "In", values: ["bar", "shop"] },
          { key: "team", operator: "Exists" },
        ],
      },
    },
  ],
  [
    `{namespaces: [shop], namespaceSelector: {matchLabels: {${NAME}: bar}}}`,
    {
      namespaceSelector: {
        matchLabels: { [NAME]: "bar" },
        matchExpressions: [{ key: NAME, operator: "In", values: ["shop"] }],
      },
    },
  ],
  [
    "{podSelector: {matchExpressions: [{key: b, operator: In, values: [y, x]}, {key: a, operator: Exists, values: []}]}}",
    {
      podSelector: {
        matchExpressions: [
          { key: "a", operator: "Exists" },
          { key: "b", operator: "In", values: ["x", "y"] },
        ],
      },
    },
  ],
  ["{ipBlock: {cidr: 10.0.0.0/8}}", { ipBlock: { cidr: "10.0.0.0/8" } }],
  ["{ipBlock: {cidr: 10.0.0.0/8, except: []}}", { ipBlock: { cidr: "10.0.0.0/8" } }],
  [
    "{ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16, 10.1.0.0/16]}}",
    { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16", "10.2.0.0/16"] } },
  ],
  ["{preset: Cluster}", { namespaceSelector: {} }],
])("%s is one peer, all its keys ANDed", (text, peer) => {
  expect(peers(text)).toEqual([peer]);
});

test("Anywhere is a word and no list", () => {
  expect(peers("{preset: Anywhere}")).toBe("anyone");
});

test("World is both families without the ranges that are private by definition", () => {
  expect(peers("{preset: World}")).toEqual([
    {
      ipBlock: {
        cidr: "0.0.0.0/0",
        except: [
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.168.0.0/16",
        ],
      },
    },
    { ipBlock: { cidr: "::/0", except: ["::1/128", "fc00::/7", "fe80::/10"] } },
  ]);
});

test.each([
  "{}",
  "{namespaces: []}",
  "{namespaces: [], podSelector: {}}",
  "{preset: Anywhere, podSelector: {}}",
  "{preset: Anywhere, namespaces: [shop]}",
  "{preset: World, ipBlock: {cidr: 10.0.0.0/8}}",
  "{ipBlock: {cidr: 10.0.0.0/8}, namespaceSelector: {}}",
  "{preset: ClusterDNS}",
])("%s is nobody, and never anyone", (text) => {
  expect(peers(text)).toMatchObject({ reason: "InvalidSpec" });
});
