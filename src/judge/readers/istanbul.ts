// Istanbul's coverage-summary.json, as vitest, jest, nyc and c8 write it.
import { z } from 'zod';
import type { FileCoverage } from './coverage.ts';
import { parsedJson } from './json.ts';

const SUMMARY = z.record(
  z.string(),
  z.looseObject({ lines: z.looseObject({ total: z.int().min(0), covered: z.int().min(0) }) }),
);

export function istanbul(text: string): readonly FileCoverage[] | null {
  if (!text.trimStart().startsWith('{')) return null;
  const read = SUMMARY.safeParse(parsedJson(text));
  if (!read.success || read.data.total === undefined) return null;
  return Object.entries(read.data)
    .filter(([path]) => path !== 'total')
    .map(([path, { lines }]) => ({ path, covered: Math.min(lines.covered, lines.total), total: lines.total }));
}
