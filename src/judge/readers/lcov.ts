// lcov's info files: lines found and hit (DA), counted line by line and not believed in sum.
import type { FileCoverage } from './coverage.ts';

export function lcov(text: string): readonly FileCoverage[] | null {
  if (!/^(TN:|SF:)/.test(text.trimStart())) return null;
  const files = new Map<string, Map<number, boolean>>();
  let lines = new Map<number, boolean>();
  for (const line of text.split(/\r?\n/)) {
    const path = /^SF:(.+)$/.exec(line)?.[1];
    if (path !== undefined) {
      // A file of several test programs has several records: a line is covered when one of them reached it.
      lines = files.get(path) ?? new Map();
      files.set(path, lines);
      continue;
    }
    const [, number, hits] = /^DA:(\d+),(\d+)/.exec(line) ?? [];
    if (number !== undefined) lines.set(Number(number), lines.get(Number(number)) === true || Number(hits) > 0);
  }
  return [...files].map(([file, hit]) => ({
    path: file,
    covered: [...hit.values()].filter(Boolean).length,
    total: hit.size,
  }));
}
