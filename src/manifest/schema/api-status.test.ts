import { expect, test } from "vitest";
import { problemsOfStatus } from "./api-status.ts";

const invalid = {
  kind: "Status",
  status: "Failure",
  reason: "Invalid",
  code: 422,
  message: 'ServiceAccess.serviceaccess.dev "web" is invalid: several things',
  details: {
    causes: [
      { reason: "FieldValueRequired", message: "Required value", field: "spec.target.service.name" },
      { reason: "FieldValueInvalid", message: "some validation rules were not checked", field: "<nil>" },
    ],
  },
};

test("every cause of a refusal becomes a problem of its field", () => {
  expect(problemsOfStatus(invalid)).toEqual([
    { field: "spec.target.service.name", message: "Required value" },
  ]);
});

test("a refusal without causes is told by its message", () => {
  const message = ".spec.mode: field not declared in schema";
  expect(problemsOfStatus({ kind: "Status", message })).toEqual([{ field: "", message }]);
});

test("what is no Status is a problem as well", () => {
  for (const raw of [undefined, null, "gone", {}, { details: { causes: [null, 1, {}] } }]) {
    expect(problemsOfStatus(raw)).toEqual([{ field: "", message: "was refused without a reason" }]);
  }
});
