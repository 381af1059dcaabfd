// Does everything a snapshot names stay inside the folder it is restored to? A forged or damaged store may say otherwise.
import { dirname } from 'node:path';
import type { BytePath } from './walk.ts';

/** The first path that leads out, or through a file or link; null when all are well. */
export function leadsOut(files: ReadonlySet<BytePath>, others: readonly BytePath[]): BytePath | null {
  for (const path of [...files, ...others]) {
    if (!isPlain(path)) return path;
    // Below a link everything could be anywhere; below a file nothing can be.
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) if (files.has(folder)) return path;
  }
  return null;
}

function isPlain(path: BytePath): boolean {
  return !path.includes('\0') && path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}
