// A folder of its own for each test that wants one, removed when the test is over.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SYSTEM_FILES } from '../../src/store/files.ts';
import type { JournalPlace } from '../../src/store/journal.ts';

/** Is this run by root, whom permissions do not stop? */
export const IS_ROOT = process.getuid?.() === 0;

const NOBODY = 65_534;

/** Permissions count from here to the test's end, for root as well. */
export function withoutRoot(): void {
  if (!IS_ROOT) return;
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  onTestFinished(() => {
    process.seteuid?.(0);
    process.setegid?.(0);
  });
}

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mega-unit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A journal at a path of its own, on the system's disk. */
export function at(journal: string): JournalPlace {
  return { journal, files: SYSTEM_FILES };
}

/** A copy of some bytes with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  const byte = bit >> 3;
  copy.writeUInt8(copy.readUInt8(byte) ^ (1 << (bit & 7)), byte);
  return copy;
}
