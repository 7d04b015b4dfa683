import { expect, test } from "vitest";
import { committedTypes, generateTypes } from "./generate-types.ts";

test("the committed types are what the CRD gives; `node hack/generate-types.ts` writes them", async () => {
  expect(committedTypes()).toBe(await generateTypes());
});

test("a list that must not be empty has a type that cannot be", () => {
  expect(committedTypes()).toContain("readonly from: NonEmpty<IngressPeer>;");
  expect(committedTypes()).toContain("readonly egress?: readonly AccessEgressRule[];");
});
