// What the file system tells: free space, size of a folder.
import { statfsSync } from 'node:fs';
import { runTool } from './tool.ts';

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

/** Bytes a folder occupies on disk, hard links and holes counted once; null when `du` cannot tell. */
export async function occupiedBytes(path: string): Promise<number | null> {
  const { out } = await runTool('du', ['-skx', '--', path], { timeoutMs: 60_000 });
  const kilobytes = Number.parseInt(out, 10);
  return Number.isFinite(kilobytes) ? kilobytes * 1024 : null;
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
