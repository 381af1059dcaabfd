// Puts folders back to exactly what a snapshot holds: everything is read and verified before the first file is touched.
import { chmodSync, constants, lstatSync, mkdirSync, openSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { letGo } from '../host/again.ts';
import { writeAll } from '../store/durable.ts';
import { blobId, fromStored } from './blob.ts';
import { type ContentCache, entries, gitMode, type Source, usualMode } from './content.ts';
import { git, onStore } from './git.ts';
import { leadsOut } from './inside.ts';
import { readBlobs } from './objects.ts';
import { MANIFEST, type Manifest, type SourceManifest } from './snapshot.ts';
import { type BytePath, nothingLeftOut, toPath } from './walk.ts';

/** A snapshot that cannot be restored: nothing was changed. */
export class DamagedSnapshot extends Error {}

export interface Restored {
  readonly written: number;
  readonly removed: number;
  readonly kept: number;
}

export interface Wanted {
  readonly mode: string;
  readonly blob: string;
}

/** Restores sources of a snapshot in place. Folders that the source leaves out stay as they are. */
export async function restore(
  store: string,
  commit: string,
  sources: readonly Source[],
  contents: ContentCache,
): Promise<Restored> {
  const manifest = await readManifest(store, commit);
  const plans: Plan[] = [];
  for (const source of sources)
    plans.push(await makePlan(store, commit, source, manifest.sources[source.name], contents));
  // One read of everything that is needed, checked before the first change.
  const needed = [...new Set(plans.flatMap((plan) => plan.write.map(([, { blob }]) => blob)))];
  await readBlobs(store, needed, verify);
  for (const plan of plans) await applyPlan(store, plan);
  return {
    written: plans.reduce((sum, plan) => sum + plan.write.length, 0),
    removed: plans.reduce((sum, plan) => sum + plan.remove.length, 0),
    kept: plans.reduce((sum, plan) => sum + plan.kept, 0),
  };
}

/** Reads a whole snapshot and checks every content against its name. Throws DamagedSnapshot. */
export async function verifySnapshot(store: string, commit: string): Promise<void> {
  const listing = await list(store, commit, '');
  await readBlobs(store, [...new Set([...listing.values()].map(({ blob }) => blob))], verify);
}

function verify(blob: string, content: Buffer): void {
  if (blobId(content) !== blob) throw new DamagedSnapshot(`object ${blob} is damaged`);
}

interface Plan {
  readonly source: Source;
  readonly write: readonly (readonly [BytePath, Wanted])[];
  /** Entries that must go, files before the folders they are in. */
  readonly remove: readonly { readonly path: BytePath; readonly isFolder: boolean }[];
  readonly folders: readonly BytePath[];
  /** Folders without write permission, which would stop us. */
  readonly locked: readonly BytePath[];
  readonly modes: ReadonlyMap<BytePath, number>;
  readonly kept: number;
}

async function makePlan(
  store: string,
  commit: string,
  source: Source,
  manifest: SourceManifest | undefined,
  contents: ContentCache,
): Promise<Plan> {
  if (manifest === undefined) throw new DamagedSnapshot(`the snapshot holds nothing named "${source.name}"`);
  const wanted = await list(store, commit, `${source.name}/`);
  const out = leadsOut(new Set(wanted.keys()), [...manifest.emptyFolders, ...Object.keys(manifest.modes)]);
  if (out !== null) throw new DamagedSnapshot(`the snapshot holds a path that leads out of it: ${JSON.stringify(out)}`);
  const folders = foldersOf(wanted.keys(), manifest.emptyFolders);
  const modes = new Map(Object.entries(manifest.modes));
  const remove: { path: BytePath; isFolder: boolean }[] = [];
  const right = new Set<BytePath>();
  const locked: BytePath[] = [];
  mkdirSync(source.root, { recursive: true });
  for await (const entry of entries(source, nothingLeftOut())) {
    if (source.keepsNew === true && isOutOfTheWay(entry.path, wanted, folders)) continue;
    if (entry.kind === 'folder') {
      if ((entry.mode & 0o200) === 0) locked.push(entry.path);
      if (!folders.has(entry.path)) remove.push({ path: entry.path, isFolder: true });
      else if (!modes.has(entry.path) && entry.mode !== usualMode(entry)) modes.set(entry.path, usualMode(entry));
      continue;
    }
    const want = wanted.get(entry.path);
    const content = want === undefined ? null : contents.of(source, entry);
    const same = want !== undefined && content !== null && 'blob' in content && content.blob === want.blob;
    if (!same || gitMode(entry) !== want.mode) {
      remove.push({ path: entry.path, isFolder: false });
      continue;
    }
    right.add(entry.path);
    if (entry.kind === 'file' && !modes.has(entry.path) && entry.mode !== usualMode(entry))
      modes.set(entry.path, usualMode(entry));
  }
  const write = [...wanted].filter(([path]) => !right.has(path));
  return { source, write, remove: remove.reverse(), folders: [...folders].sort(), locked, modes, kept: right.size };
}

/** Neither it nor a folder it lies in has the place of something that the snapshot holds. */
function isOutOfTheWay(path: BytePath, wanted: ReadonlyMap<BytePath, Wanted>, folders: ReadonlySet<BytePath>): boolean {
  if (wanted.has(path) || folders.has(path)) return false;
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) if (wanted.has(folder)) return false;
  return true;
}

function foldersOf(files: Iterable<BytePath>, empty: readonly BytePath[]): Set<BytePath> {
  const folders = new Set<BytePath>();
  const add = (path: BytePath) => {
    for (let folder = path; folder !== '.' && !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  };
  for (const path of files) add(dirname(path));
  for (const path of empty) add(path);
  folders.delete('.');
  return folders;
}

async function applyPlan(store: string, { source, write, remove, folders, locked, modes }: Plan): Promise<void> {
  const at = (path: BytePath) => toPath(source.root, path);
  for (const folder of locked) chmodSync(at(folder), 0o755);
  for (const { path, isFolder } of remove) removeEntry(at(path), isFolder);
  for (const folder of folders) makeFolder(at(folder));
  const places = new Map<string, [BytePath, Wanted][]>();
  for (const [path, want] of write) places.set(want.blob, [...(places.get(want.blob) ?? []), [path, want]]);
  await readBlobs(store, [...places.keys()], (blob, content) => {
    verify(blob, content);
    for (const [path, want] of places.get(blob) ?? []) writeEntry(at(path), want.mode, content, modes.get(path));
  });
  // Folders get their modes last, the deepest first: one without write permission would stop us.
  for (const [path, mode] of [...modes].sort().reverse()) chmodIfThere(at(path), mode);
}

function removeEntry(path: string | Buffer, isFolder: boolean): void {
  try {
    if (isFolder) rmdirSync(path);
    else unlinkSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder may still hold what the rules leave alone; what is gone needs no removing.
    if (code !== 'ENOENT' && !(isFolder && (code === 'ENOTEMPTY' || code === 'EEXIST'))) throw error;
  }
}

function makeFolder(path: string | Buffer): void {
  try {
    mkdirSync(path, 0o755);
    chmodSync(path, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !lstatSync(path).isDirectory()) throw error;
  }
}

function writeEntry(path: string | Buffer, mode: string, content: Buffer, permissions: number | undefined): void {
  if (mode === '120000') {
    symlinkSync(content, path);
    return;
  }
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const usual = mode === '100755' ? 0o755 : 0o644;
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeAll(file, content);
  } finally {
    letGo(file);
  }
  chmodSync(path, permissions ?? usual);
}

function chmodIfThere(path: string | Buffer, mode: number): void {
  try {
    if (!lstatSync(path).isSymbolicLink()) chmodSync(path, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function readManifest(store: string, commit: string): Promise<Manifest> {
  const text = await orDamaged(git(onStore(store, 'cat-file', 'blob', `${commit}:${MANIFEST}`)));
  try {
    const manifest = JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as Manifest;
    return { sources: manifest.sources ?? {} };
  } catch {
    throw new DamagedSnapshot('the manifest of the snapshot cannot be read');
  }
}

/** Files of a snapshot below a prefix, by their real path. */
export async function list(store: string, commit: string, prefix: string): Promise<Map<BytePath, Wanted>> {
  const args = ['ls-tree', '-r', '-z', '--full-tree', commit, ...(prefix === '' ? [] : ['--', prefix])];
  const text = await orDamaged(git(onStore(store, ...args)));
  const files = new Map<BytePath, Wanted>();
  for (const line of text.split('\0')) {
    const match = /^(\d{6}) blob ([0-9a-f]{40})\t(.+)$/s.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) continue;
    files.set(fromStored(match[3].slice(prefix.length)), { mode: match[1], blob: match[2] });
  }
  return files;
}

async function orDamaged<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw new DamagedSnapshot((error as Error).message);
  }
}
