// How much disk a judged command takes: looked at while it runs, and given back when it took more than it may.
import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { freeBytes } from '../host/disk.ts';
import { occupiedBytes } from '../host/occupied.ts';

export interface DiskWatch {
  /** To be asked often; costs next to nothing. True once the folders hold more than the limit on top of what they held. */
  readonly isOver: () => boolean;
}

/** Walking a large tree takes as long as it takes: a small part of the time is spent on it. */
const REST = 5;
const LEAST_REST_MS = 1_000;
/** Free space tells of a fast writer at once: so much of the limit gone asks for a look. */
const HASTE = 1 / 8;
const HASTY_REST_MS = 200;
/** A folder that takes longer to measure is judged by the free space, which others use, too. */
const SLOW_MS = 10_000;

export async function watchDisk(folders: readonly string[], limitBytes: number): Promise<DiskWatch> {
  const [first = '.'] = folders;
  const freeAtStart = freeBytes(first);
  const base = await occupiedBy(folders);
  let over = false;
  let begunMs: number | null = null;
  let restUntilMs = performance.now() + LEAST_REST_MS;
  let hastyFromMs = performance.now() + HASTY_REST_MS;
  let freeAtLook = freeAtStart;
  const measure = async () => {
    const startMs = performance.now();
    begunMs = startMs;
    freeAtLook = freeBytes(first);
    const now = await occupiedBy(folders);
    const endMs = performance.now();
    begunMs = null;
    restUntilMs = endMs + Math.max(LEAST_REST_MS, REST * (endMs - startMs));
    hastyFromMs = endMs + Math.max(HASTY_REST_MS, endMs - startMs);
    if (base !== null && now !== null) over ||= now - base > limitBytes;
    else over ||= goneBy(freeAtStart, freeBytes(first)) > limitBytes;
  };
  return {
    isOver: () => {
      if (over) return true;
      const nowMs = performance.now();
      const free = freeBytes(first);
      if (begunMs !== null) {
        over = nowMs - begunMs > SLOW_MS && goneBy(freeAtStart, free) > limitBytes;
        return over;
      }
      const hasty = nowMs >= hastyFromMs && goneBy(freeAtLook, free) > limitBytes * HASTE;
      if (hasty || nowMs >= restUntilMs) void measure();
      return false;
    },
  };
}

function goneBy(before: number | null, now: number | null): number {
  return before === null || now === null ? 0 : before - now;
}

async function occupiedBy(folders: readonly string[]): Promise<number | null> {
  let sum = 0;
  for (const folder of folders) {
    const bytes = await occupiedBytes(folder);
    if (bytes === null) return null;
    sum += bytes;
  }
  return sum;
}

/**
 * Removes the files below a folder that were made or changed since then, caches included; the kernel's own stamp cannot be
 * set back. What cannot be removed stays.
 */
export function removeSince(folder: string | Buffer, sinceMs: number): void {
  for (const { path, isFolder } of entriesOf(folder)) {
    if (isFolder) removeSince(path, sinceMs);
    else
      try {
        if (lstatSync(path).ctimeMs >= sinceMs) unlinkSync(path);
      } catch {
        // Gone meanwhile, or guarded by the file system: the session's own disk limit still holds.
      }
  }
}

function entriesOf(folder: string | Buffer) {
  try {
    return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
      path: Buffer.concat([Buffer.from(folder), Buffer.from('/'), entry.name]),
      isFolder: entry.isDirectory(),
    }));
  } catch {
    return [];
  }
}
