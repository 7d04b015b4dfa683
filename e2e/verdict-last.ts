import { BaseSequencer, type TestSpecification } from "vitest/node";

export class VerdictLast extends BaseSequencer {
  /** By name, for what one file leaves in the cluster the next one finds, on every machine alike. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const byName = files.toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
    return byName.toSorted((a, b) => Number(isVerdict(a)) - Number(isVerdict(b)));
  }
}

/** The verdict on what the operators asked for is spoken when they have asked for all of it. */
function isVerdict({ moduleId }: TestSpecification): boolean {
  return moduleId.endsWith("/operator-rights.test.ts");
}
