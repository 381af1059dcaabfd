// Test coverage in whatever format it is, file by file: lines (statements in Go) that tests reached.
import { cobertura } from './cobertura.ts';
import { coveragePy } from './coverage-py.ts';
import { goCover } from './go-cover.ts';
import { istanbul } from './istanbul.ts';
import { lcov } from './lcov.ts';
import { llvmCov } from './llvm-cov.ts';

export interface FileCoverage {
  /** As the report names it: relative or absolute. */
  readonly path: string;
  readonly covered: number;
  readonly total: number;
}

/** Reads one format; null: this is not it. An empty list: it is, and holds nothing. */
export type CoverageReader = (text: string) => readonly FileCoverage[] | null;

const READERS: readonly CoverageReader[] = [llvmCov, coveragePy, istanbul, cobertura, goCover, lcov];

export function readCoverage(text: string): readonly FileCoverage[] | null {
  for (const read of READERS) {
    const found = read(text);
    if (found !== null) return found;
  }
  return null;
}
