// How much disk a folder takes.
import { runTool } from './tool.ts';

/** Bytes a folder occupies on disk, hard links and holes counted once; null when `du` cannot tell. */
export async function occupiedBytes(path: string): Promise<number | null> {
  const { out, err } = await runTool('du', ['-skx', '--', path], {
    timeoutMs: 60_000,
    env: { ...process.env, LC_ALL: 'C' },
  });
  // A sum without what it may not look into is none.
  if (/permission denied/i.test(err)) return null;
  const kilobytes = Number.parseInt(out, 10);
  return Number.isFinite(kilobytes) ? kilobytes * 1024 : null;
}
