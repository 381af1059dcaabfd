// Which lines tests reached, where a coverage report tells it line by line: lcov (Node, Rust), coverage.py's JSON, Go's profile.
import { z } from 'zod';
import { parsedJson } from './json.ts';

/** By the path that the report names. */
export type CoveredLines = ReadonlyMap<string, ReadonlySet<number>>;

/** Null: it is none of these reports. */
export function coveredLines(text: string): CoveredLines | null {
  if (/^(TN:|SF:)/.test(text.trimStart())) return ofLcov(text);
  if (/^mode: (set|count|atomic)$/m.test(text.slice(0, 100))) return ofGo(text);
  return ofCoveragePy(text);
}

function ofLcov(text: string): CoveredLines {
  const files = new Map<string, Set<number>>();
  let lines = new Set<number>();
  for (const line of text.split(/\r?\n/)) {
    const path = /^SF:(.+)$/.exec(line)?.[1];
    if (path !== undefined) {
      lines = files.get(path) ?? new Set();
      files.set(path, lines);
    }
    const [, number, hits] = /^DA:(\d+),(\d+)/.exec(line) ?? [];
    if (number !== undefined && Number(hits) > 0) lines.add(Number(number));
  }
  return files;
}

/** A longer block is a forged one. */
const LONGEST_BLOCK = 10_000;

function ofGo(text: string): CoveredLines {
  const files = new Map<string, Set<number>>();
  for (const line of text.split(/\r?\n/)) {
    const [, path, first, last, hits] = /^(.+\.go):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/.exec(line) ?? [];
    if (path === undefined || Number(hits) === 0) continue;
    const lines = files.get(path) ?? new Set();
    files.set(path, lines);
    const end = Math.min(Number(last), Number(first) + LONGEST_BLOCK);
    for (let number = Number(first); number <= end; number++) lines.add(number);
  }
  return files;
}

const COVERAGE_PY = z.looseObject({
  files: z.record(z.string(), z.looseObject({ executed_lines: z.array(z.int()) })),
});

function ofCoveragePy(text: string): CoveredLines | null {
  const read = COVERAGE_PY.safeParse(parsedJson(text));
  if (!read.success) return null;
  return new Map(Object.entries(read.data.files).map(([path, file]) => [path, new Set(file.executed_lines)]));
}
