// A single failed system call is no answer yet: what only reads is asked again, and what is let go is let go.
import { closeSync } from 'node:fs';
import { isDiskTrouble } from './disk.ts';

const TRIES = 3;

/**
 * Gives what `deed` gives. Where the disk, or what poses as one like /proc, fails, it is done again at once, three times
 * in all. Only for deeds that may be done twice. Throws what the last try threw.
 */
export function again<T>(deed: () => T): T {
  for (let tries = 1; ; tries++) {
    try {
      return deed();
    } catch (error) {
      if (tries === TRIES || !isDiskTrouble(error)) throw error;
    }
  }
}

/**
 * Closes a descriptor. What the system may say to that concerns nobody: Linux has let go of it anyway, and whatever must
 * last was fsynced before. Throws only when there was nothing to close, which is a bug of ours.
 */
export function letGo(file: number): void {
  try {
    closeSync(file);
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
  }
}
