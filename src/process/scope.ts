// What a program behind walls may touch: its own places, and what its command line and environment name.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute } from 'node:path';
import { openDoors } from './doors.ts';
import type { Launch, Places } from './launch.ts';
import { NICENESS } from './rank.ts';

/** The places of a program as they are built: real paths, each list in the order in which it is put in place. */
export interface Scope {
  /** Read-only, put in place before `hidden` is hidden. */
  readonly tools: readonly string[];
  readonly hidden: string;
  /** Read-only, put back into what is hidden. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** Sockets that lead out, like Docker's: /dev/null stands in their place. */
  readonly blocked: readonly string[];
  readonly temporary: string;
  readonly cwd: string;
  readonly network: 'open' | 'closed';
  readonly niceness: number;
}

const TEMPORARY = '/tmp';

/** Throws when one of the places is not there. */
export function scopeOf(places: Places, launch: Launch): Scope {
  const hidden = realpathSync(places.runs);
  const session = realpathSync(places.session);
  const named = namedBy(launch).filter((path) => path !== hidden && !isWithin(path, session));
  const wanted = [...named, ...places.readable.map((path) => realpathSync(path))];
  return {
    // Everything else is where it always is; only what a private /tmp or the hidden folder would cover is put back.
    tools: inOrder(wanted.filter((path) => isBelow(path, TEMPORARY) && !isBelow(path, hidden))),
    hidden,
    readable: inOrder(wanted.filter((path) => isBelow(path, hidden))),
    writable: inOrder(places.writable.map((path) => realpathSync(path))),
    blocked: openDoors(),
    temporary: realpathSync(places.temporary),
    cwd: realpathSync(places.cwd),
    network: places.network ?? 'open',
    niceness: places.niceness ?? NICENESS,
  };
}

/** Folders in which the things stand that a command line and its environment name by an absolute path. */
function namedBy({ file, args, env }: Launch): readonly string[] {
  const words = [file, ...args, ...Object.values(env).flatMap((value) => value.split(':'))];
  return words
    .filter((word) => isAbsolute(word) && existsSync(word))
    .flatMap((word) => [word, realpathSync(word)].map(folderOf));
}

/** A program needs what lies beside it: the folder of a file, and the prefix of a bin folder. */
function folderOf(path: string): string {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const prefix = basename(folder) === 'bin' ? dirname(folder) : folder;
  if (prefix !== TEMPORARY) return prefix;
  return folder === TEMPORARY ? path : folder;
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || isBelow(path, folder);
}

/** What lies in another one comes after it, or would be covered by it. */
function inOrder(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].sort();
}
