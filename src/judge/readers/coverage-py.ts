// `coverage json` of coverage.py: statements of every file.
import { z } from 'zod';
import type { FileCoverage } from './coverage.ts';
import { parsedJson } from './json.ts';

const REPORT = z.looseObject({
  meta: z.looseObject({ version: z.string() }),
  files: z.record(
    z.string(),
    z.looseObject({
      summary: z.looseObject({ covered_lines: z.int().min(0), num_statements: z.int().min(0) }),
    }),
  ),
});

export function coveragePy(text: string): readonly FileCoverage[] | null {
  if (!text.trimStart().startsWith('{')) return null;
  const read = REPORT.safeParse(parsedJson(text));
  if (!read.success) return null;
  return Object.entries(read.data.files).map(([path, { summary }]) => ({
    path,
    covered: Math.min(summary.covered_lines, summary.num_statements),
    total: summary.num_statements,
  }));
}
