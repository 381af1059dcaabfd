// Walks a folder without ever following a link: what is there, what is left out, what cannot be kept.
import { chmodSync, constants, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { again, letGo } from '../host/again.ts';

/**
 * Names are kept as bytes in a latin1 string, so that any name Linux allows comes back exactly. `toPath` turns one
 * into what the file system wants.
 */
export type BytePath = string;

export interface Entry {
  readonly path: BytePath;
  readonly kind: 'file' | 'link' | 'folder';
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
}

export interface WalkRules {
  /** Folder names left out wherever they are, and paths (with a slash) left out where they are. */
  readonly exclude: readonly string[];
  /** Only these names directly below the root; null is everything. */
  readonly only: readonly string[] | null;
  /** Folders that are walked although they are tagged as caches. */
  readonly enters?: ReadonlySet<BytePath>;
  /** Folders whose owner has no right to look into or change them are given it: to restore what is in them. */
  readonly opens?: boolean;
}

/** What a walk came across and did not hand out. */
export interface LeftOut {
  readonly excluded: BytePath[];
  readonly skipped: string[];
  readonly repositories: BytePath[];
}

export function nothingLeftOut(): LeftOut {
  return { excluded: [], skipped: [], repositories: [] };
}

const ASCII = /^[\x20-\x7e]*$/;

/** A path for a system call: plain text where possible, the exact bytes where not. */
export function toPath(root: string, path: BytePath): string | Buffer {
  if (ASCII.test(path)) return path === '' ? root : `${root}/${path}`;
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}

/** A path for people. */
export function toText(path: BytePath): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

/**
 * Every entry below a folder, a folder before what is in it. In a git folder the objects come last: whatever a
 * reference read before points to is then among them.
 */
export function* walk(root: string, rules: WalkRules, left: LeftOut): Generator<Entry> {
  if (rules.opens === true) letIn(root, lstatSync(root).mode);
  yield* walkFolder(root, '', false, rules, left);
}

function* walkFolder(
  root: string,
  folder: BytePath,
  inGit: boolean,
  rules: WalkRules,
  left: LeftOut,
): Generator<Entry> {
  let names: readonly string[];
  try {
    names = again(() => readdirSync(toPath(root, folder), 'latin1')).sort();
  } catch (error) {
    if (folder === '') throw error;
    left.skipped.push(`${toText(folder)}: ${(error as NodeJS.ErrnoException).code}`);
    return;
  }
  const mayBeCache = names.includes('CACHEDIR.TAG') && !inGit && folder !== '' && rules.enters?.has(folder) !== true;
  if (mayBeCache && isCacheTag(root, `${folder}/CACHEDIR.TAG`)) {
    left.excluded.push(folder);
    return;
  }
  if (folder === '' && rules.only !== null) names = names.filter((name) => rules.only?.includes(name));
  if (inGit && isGitFolder(folder))
    names = [...names.filter((name) => name !== 'objects'), ...names.filter((name) => name === 'objects')];
  for (const name of names) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (inGit ? isTransient(name) : isExcluded(path, name, rules)) {
      if (!inGit) left.excluded.push(path);
      continue;
    }
    const entry = look(root, path, left);
    if (entry === null) continue;
    const entersGit = name === '.git' && entry.kind === 'folder';
    if (entersGit) left.repositories.push(folder);
    yield entry;
    if (entry.kind !== 'folder') continue;
    if (rules.opens === true) letIn(toPath(root, path), entry.mode);
    yield* walkFolder(root, path, inGit || entersGit, rules, left);
  }
}

const OWNER_ALL = 0o700;

/** Without being root an owner, too, is kept out by the mode. */
function letIn(path: string | Buffer, mode: number): void {
  if ((mode & OWNER_ALL) !== OWNER_ALL) again(() => chmodSync(path, (mode & 0o7777) | OWNER_ALL));
}

function isGitFolder(folder: BytePath): boolean {
  return folder === '.git' || folder.endsWith('/.git');
}

/** Locks and half-written objects of a git that is running right now: restored, they would be in the way. */
function isTransient(name: string): boolean {
  return name.endsWith('.lock') || name.startsWith('tmp_') || name.startsWith('incoming-');
}

function isExcluded(path: BytePath, name: string, rules: WalkRules): boolean {
  if (path === NOTICES) return true;
  return rules.exclude.some((rule) => (rule.includes('/') ? path === rule.replace(/^\/|\/$/g, '') : name === rule));
}

/** Where the harness leaves notices for agents; ours, not theirs. */
export const NOTICES = '.mega-test';

function look(root: string, path: BytePath, left: LeftOut): Entry | null {
  try {
    const stat = again(() => lstatSync(toPath(root, path)));
    const kind = stat.isFile() ? 'file' : stat.isSymbolicLink() ? 'link' : stat.isDirectory() ? 'folder' : null;
    if (kind === null) {
      left.skipped.push(`${toText(path)}: neither file, folder nor link`);
      return null;
    }
    const { size, mtimeMs, ctimeMs, ino } = stat;
    return { path, kind, mode: stat.mode & 0o7777, size, mtimeMs, ctimeMs, ino };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Gone between listing and looking: it is simply not there.
    if (code !== 'ENOENT') left.skipped.push(`${toText(path)}: ${code}`);
    return null;
  }
}

const CACHE_SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';

/** https://bford.info/cachedir/: only the exact signature makes a folder a cache. */
function isCacheTag(root: string, path: BytePath): boolean {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const file = again(() => openSync(toPath(root, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
    try {
      const start = Buffer.alloc(CACHE_SIGNATURE.length);
      return readSync(file, start) === start.length && start.toString('latin1') === CACHE_SIGNATURE;
    } finally {
      letGo(file);
    }
  } catch {
    return false;
  }
}
