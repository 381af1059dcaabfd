// Documentation coverage of Rust, from the compiler: `rustdoc --show-coverage --output-format json`.
import { z } from 'zod';
import { parsedJson } from './json.ts';

export interface DocumentationCount {
  readonly documented: number;
  readonly total: number;
}

const FILES = z.record(z.string(), z.looseObject({ total: z.int().min(0), with_docs: z.int().min(0) }));

/** One JSON object a crate, each on its own line; cargo's own lines are none of it. */
export function rustdocCoverage(text: string): DocumentationCount | null {
  const crates = text.split('\n').flatMap((line) => {
    const read = line.startsWith('{') ? FILES.safeParse(parsedJson(line)) : null;
    return read?.success === true ? [read.data] : [];
  });
  if (crates.length === 0) return null;
  const files = crates.flatMap((crate) => Object.values(crate));
  return {
    documented: files.reduce((sum, file) => sum + file.with_docs, 0),
    total: files.reduce((sum, file) => sum + file.total, 0),
  };
}
