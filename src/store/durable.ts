// Files that survive a kill and a power cut: written whole beside their place, fsynced, renamed, the folder fsynced.
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { again } from '../host/again.ts';
import { type Files, OPEN, SYSTEM_FILES } from './files.ts';

let unique = 0;

/**
 * Replaces a file by new content, or leaves it as it was: no reader ever sees a part. Throws what the system says
 * (ENOSPC, EIO, EROFS, …); after an error nothing is left behind.
 */
export function writeDurable(
  path: string,
  content: string | Uint8Array,
  { mode = 0o644, files = SYSTEM_FILES }: { readonly mode?: number; readonly files?: Files } = {},
): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${unique++}.tmp`);
  const file = files.open(temporary, OPEN.create, mode);
  try {
    try {
      writeAll(file, typeof content === 'string' ? Buffer.from(content) : content, files);
      files.sync(file);
    } finally {
      files.close(file);
    }
    files.rename(temporary, path);
  } catch (error) {
    remove(temporary, files);
    throw error;
  }
  syncFolder(folder, files);
}

/** `write` may take fewer bytes than given without an error; this does not. */
export function writeAll(file: number, bytes: Uint8Array, files = SYSTEM_FILES): void {
  let done = 0;
  while (done < bytes.length) done += files.write(file, bytes.subarray(done), null);
}

/** Makes the names in a folder survive a power cut. */
export function syncFolder(folder: string, files = SYSTEM_FILES): void {
  // Only this is tried again: after an fsync that failed, the next one says nothing about what was lost.
  const file = again(() => files.open(folder, OPEN.readFolder));
  try {
    files.sync(file);
  } finally {
    files.close(file);
  }
}

function remove(path: string, files: Files): void {
  try {
    files.unlink(path);
  } catch {
    // It was never made, or is renamed already.
  }
}

const SEAL = /,\n {2}"sha256": "([0-9a-f]{64})"\n\}\n$/;

/** JSON for people and programs that ends in the SHA-256 of everything before it: any changed bit is seen. */
export function sealed(value: object): string {
  const open = JSON.stringify(value, null, 2).slice(0, -2);
  return `${open},\n  "sha256": "${sha256(open)}"\n}\n`;
}

/** The value of a sealed text, or null when the text is not exactly what was sealed. */
export function unsealed(text: string): { readonly value: unknown; readonly sha256: string } | null {
  const match = SEAL.exec(text);
  if (match === null || match[1] === undefined) return null;
  const open = text.slice(0, match.index);
  if (sha256(open) !== match[1]) return null;
  return { value: JSON.parse(`${open}\n}`) as unknown, sha256: match[1] };
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
