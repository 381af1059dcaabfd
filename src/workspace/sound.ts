// Is a working copy sound after a crash? No half merge, and every reference reaches what it needs.
import { existsSync, lstatSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { again } from '../host/again.ts';
import { runTool } from '../host/tool.ts';
import { gitEnvironment } from './git.ts';

export interface Soundness {
  readonly sound: boolean;
  /** What was found, for the journal: "sound", or the first thing that is not. */
  readonly reason: string;
  /** Locks a dead git left behind, which were removed. */
  readonly locksRemoved: number;
}

/** Marks of an operation that was cut in the middle, by their place in a git folder. */
const HALF_DONE = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'rebase-merge', 'rebase-apply'];

/**
 * Looks at the repository of a project whose processes are all dead. Locks of dead gits are removed. The agent's own
 * git settings are never read: references are read by us, and git checks the objects from a store of ours.
 */
export async function checkSoundness(project: string, store: string): Promise<Soundness> {
  const folder = join(project, '.git');
  if (!existsSync(project)) return { sound: false, reason: 'the project folder is gone', locksRemoved: 0 };
  if (!isFolder(folder)) return { sound: true, reason: 'sound: it has no repository', locksRemoved: 0 };
  const locksRemoved = removeLocks(folder);
  const bad = (reason: string): Soundness => ({ sound: false, reason, locksRemoved });
  const half = HALF_DONE.find((name) => existsSync(join(folder, name)));
  if (half !== undefined) return bad(`an operation was cut in the middle (${half})`);
  if (!existsSync(join(folder, 'HEAD'))) return bad('its repository has no HEAD');
  const broken = await checkObjects(folder, store);
  return broken === null ? { sound: true, reason: 'sound', locksRemoved } : bad(broken);
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function removeLocks(folder: string): number {
  const locks = ['index.lock', 'HEAD.lock', 'config.lock', 'packed-refs.lock', 'shallow.lock'].map((name) =>
    join(folder, name),
  );
  const found = [...locks.filter((path) => existsSync(path)), ...locksBelow(join(folder, 'refs'), 0)];
  for (const path of found) unlinkSync(path);
  return found.length;
}

function locksBelow(folder: string, depth: number): readonly string[] {
  if (depth > 16 || !isFolder(folder)) return [];
  return again(() => readdirSync(folder, { withFileTypes: true })).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return locksBelow(path, depth + 1);
    return entry.isFile() && entry.name.endsWith('.lock') ? [path] : [];
  });
}

/** References checked at once; a repository with more is checked by its first ones. */
const MOST_REFERENCES = 500;
const CHECK_LIMIT_MS = 60_000;

async function checkObjects(folder: string, store: string): Promise<string | null> {
  const ids = [...new Set(referenceIds(folder))].slice(0, MOST_REFERENCES);
  if (ids.length === 0) return null;
  const args = [`--git-dir=${store}`, 'fsck', '--connectivity-only', '--no-dangling', '--no-progress', ...ids];
  const env = { ...gitEnvironment(), GIT_OBJECT_DIRECTORY: join(folder, 'objects') };
  const result = await runTool('git', args, { env, timeoutMs: CHECK_LIMIT_MS });
  // Too large to be checked in time is not a finding against it.
  if (!result.failed || result.timedOut) return null;
  const said = `${result.out}\n${result.err}`
    .split('\n')
    .find((line) => /missing|broken|corrupt|error|invalid/i.test(line));
  return `its repository is damaged: ${(said ?? result.said).slice(0, 200)}`;
}

/** Object ids of HEAD and all references, loose and packed. */
function referenceIds(folder: string): readonly string[] {
  return [
    ...idsIn(read(join(folder, 'HEAD'))),
    ...idsIn(read(join(folder, 'packed-refs'))),
    ...looseIds(join(folder, 'refs'), 0),
  ];
}

function looseIds(folder: string, depth: number): readonly string[] {
  if (depth > 16 || !isFolder(folder)) return [];
  return again(() => readdirSync(folder, { withFileTypes: true })).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return looseIds(path, depth + 1);
    return entry.isFile() ? idsIn(read(path)) : [];
  });
}

function idsIn(text: string): readonly string[] {
  return [...text.matchAll(/^\^?([0-9a-f]{40})\b/gm)].flatMap((match) => (match[1] === undefined ? [] : [match[1]]));
}

function read(path: string): string {
  try {
    return lstatSync(path).size > 16 * 1024 * 1024 ? '' : again(() => readFileSync(path, 'latin1'));
  } catch {
    return '';
  }
}
