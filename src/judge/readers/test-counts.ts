// What any test runner's output comes down to: how many tests ran, failed and were skipped, and which failed.

export interface TestCounts {
  /** Tests that ran to an end; skipped ones are not among them. */
  readonly tests: number;
  readonly failed: number;
  readonly skipped: number;
  /** Names of failing tests, the first few. */
  readonly failing: readonly string[];
  /** Why the run is known to have ended before all its tests; null when nothing says so. */
  readonly broken: string | null;
}

/** Reads one format; null: this is not it, or it tells no number. */
export type TestReader = (text: string) => TestCounts | null;

/** More names than this help nobody. */
const MOST_NAMES = 20;

export const NO_TESTS: TestCounts = { tests: 0, failed: 0, skipped: 0, failing: [], broken: null };

export function counts(passed: number, failing: readonly string[], skipped: number): TestCounts {
  return {
    tests: passed + failing.length,
    failed: failing.length,
    skipped,
    failing: failing.slice(0, MOST_NAMES),
    broken: null,
  };
}

export function sumOf(all: readonly TestCounts[]): TestCounts {
  return all.reduce(
    (sum, one) => ({
      tests: sum.tests + one.tests,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
      failing: [...sum.failing, ...one.failing].slice(0, MOST_NAMES),
      broken: sum.broken ?? one.broken,
    }),
    NO_TESTS,
  );
}
