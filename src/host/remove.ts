// Removes a folder with all that is in it, also where the modes shut its owner out; links are removed, never followed.
import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';

const OPTIONS = { recursive: true, force: true, maxRetries: 3 } as const;

/** What is not there is no error. Go's module cache is made of folders that may not be changed: those go, too. */
export function removeTree(path: string): void {
  try {
    rmSync(path, OPTIONS);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    letInBelow(path);
    rmSync(path, OPTIONS);
  }
}

function letInBelow(path: string | Buffer): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path, 'buffer'))
    letInBelow(Buffer.concat([Buffer.from(path), Buffer.from('/'), name]));
}
