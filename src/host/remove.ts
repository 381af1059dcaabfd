// Removes a folder with all that is in it, whatever its modes and however deep it is; links are removed, never followed.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';

const LIMIT_MS = 600_000;

/** What is not there is no error. Throws when something cannot be removed by any means. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Folders that shut their owner out, as Go's module cache does, and paths longer than a system call takes: these two
    // open what they meet and go on step by step.
    try {
      execFileSync('chmod', ['-R', 'u+rwX', '--', path], { stdio: 'ignore', timeout: LIMIT_MS });
    } catch {
      // Of what it could not change the next one tells.
    }
    execFileSync('rm', ['-rf', '--', path], { stdio: ['ignore', 'ignore', 'pipe'], timeout: LIMIT_MS });
  }
}
