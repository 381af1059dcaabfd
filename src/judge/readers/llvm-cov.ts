// `llvm-cov export`, which is also what cargo-llvm-cov writes with --json.
import { z } from 'zod';
import type { FileCoverage } from './coverage.ts';
import { parsedJson } from './json.ts';

const EXPORT = z.looseObject({
  type: z.literal('llvm.coverage.json.export'),
  data: z.array(
    z.looseObject({
      files: z.array(
        z.looseObject({
          filename: z.string(),
          summary: z.looseObject({ lines: z.looseObject({ count: z.int().min(0), covered: z.int().min(0) }) }),
        }),
      ),
    }),
  ),
});

export function llvmCov(text: string): readonly FileCoverage[] | null {
  if (!text.trimStart().startsWith('{')) return null;
  const read = EXPORT.safeParse(parsedJson(text));
  if (!read.success) return null;
  return read.data.data.flatMap(({ files }) =>
    files.map(({ filename, summary: { lines } }) => ({
      path: filename,
      covered: Math.min(lines.covered, lines.count),
      total: lines.count,
    })),
  );
}
