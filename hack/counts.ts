/** What a step of the gate came to. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };

export function sum(steps: readonly Counts[]): Counts {
  return steps.reduce(
    (total, step) => ({
      passed: total.passed + step.passed,
      failed: total.failed + step.failed,
      skipped: total.skipped + step.skipped,
    }),
    NOTHING,
  );
}

/** A step that ended badly has failed at least once, whatever it managed to count. */
export function ended(counts: Counts, exitCode: number): Counts {
  return exitCode === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

/** On a machine that must be able to run everything, a test that did not run has failed. */
export function strict(counts: Counts): Counts {
  return { passed: counts.passed, failed: counts.failed + counts.skipped, skipped: 0 };
}

/** One line of three numbers: what the reporter writes and the gate reads. */
export function countsText({ passed, failed, skipped }: Counts): string {
  return `${passed} ${failed} ${skipped}\n`;
}

export function readCounts(text: string): Counts {
  const [passed = 0, failed = 0, skipped = 0] = text.trim().split(" ").map(Number);
  return { passed, failed, skipped };
}
