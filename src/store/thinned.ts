// Checkpoints whose snapshots were removed for want of space: a sealed list beside their files, which stay as they are.
import { join } from 'node:path';
import { again } from '../host/again.ts';
import { sealed, unsealed, writeDurable } from './durable.ts';
import type { Layout } from './layout.ts';

const NAME = 'thinned.json';

/** Adds to the list; when this returns it survives a power cut. Throws what the system says. */
export function markThinned(layout: Layout, numbers: readonly number[]): void {
  const all = [...new Set([...thinnedNumbers(layout), ...numbers])].sort((a, b) => a - b);
  writeDurable(join(layout.checkpoints, NAME), sealed({ numbers: all }), { files: layout.files });
}

/** Empty where the list is missing or damaged: then a restore finds out by itself that the snapshot is not there. */
export function thinnedNumbers(layout: Layout): ReadonlySet<number> {
  const path = join(layout.checkpoints, NAME);
  try {
    if (!layout.files.exists(path)) return new Set();
    const read = unsealed(again(() => layout.files.readText(path)));
    return new Set(read === null ? [] : (read.value as { readonly numbers: readonly number[] }).numbers);
  } catch {
    return new Set();
  }
}
