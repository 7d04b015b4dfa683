import { BaseSequencer, type TestSpecification } from "vitest/node";

export class VerdictLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const inOrder = await super.sort([...files]);
    return inOrder.toSorted((a, b) => Number(isVerdict(a)) - Number(isVerdict(b)));
  }
}

/** The verdict on what the operators asked for is spoken when they have asked for all of it. */
function isVerdict({ moduleId }: TestSpecification): boolean {
  return moduleId.endsWith("/operator-rights.test.ts");
}
