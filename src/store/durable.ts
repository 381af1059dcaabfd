// Files that survive a kill and a power cut: written whole beside their place, fsynced, renamed, the folder fsynced.
import { createHash } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

let unique = 0;

/**
 * Replaces a file by new content, or leaves it as it was: no reader ever sees a part. Throws what the system says
 * (ENOSPC, EIO, EROFS, …); after an error nothing is left behind.
 */
export function writeDurable(path: string, content: string | Uint8Array, mode = 0o644): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${unique++}.tmp`);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    try {
      writeAll(file, typeof content === 'string' ? Buffer.from(content) : content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    remove(temporary);
    throw error;
  }
  syncFolder(folder);
}

/** `write` may take fewer bytes than given without an error; this does not. */
export function writeAll(file: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done);
}

/** Makes the names in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const file = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
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
