// What the file system tells: free space, and whether it was the disk that failed. Loaded by every command: imports little.
import { statfsSync } from 'node:fs';

/** Free bytes for an ordinary user on the file system of a path; null when it cannot be asked. */
export function freeBytes(path: string): number | null {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(path);
    // A file system without free inodes is as full as one without free blocks.
    if (files > 0 && ffree === 0) return 0;
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** Did this fail because the disk is full, read-only or broken? */
export function isDiskTrouble(error: unknown): boolean {
  const { code, message = '' } = error as NodeJS.ErrnoException;
  return (
    DISK_CODES.has(code ?? '') ||
    /no space left|out of disk ?space|read-only file system|input\/output error|quota/i.test(message)
  );
}

const DISK_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);
