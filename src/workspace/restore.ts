// Puts folders back to exactly what a snapshot holds: everything is read and verified before the first file is touched.
import { chmodSync, constants, lstatSync, mkdirSync, openSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { letGo } from '../host/again.ts';
import { writeAll } from '../store/durable.ts';
import { blobId, fromStored } from './blob.ts';
import { type ContentCache, entries, gitMode, type Source, usualMode } from './content.ts';
import { leadsOut } from './inside.ts';
import { Objects, type TreeFile } from './objects.ts';
import { MANIFEST, type Manifest, type SourceManifest } from './snapshot.ts';
import { type BytePath, nothingLeftOut, toPath } from './walk.ts';

/** A snapshot that cannot be restored: nothing was changed. */
export class DamagedSnapshot extends Error {}

export interface Restored {
  readonly written: number;
  readonly removed: number;
  readonly kept: number;
}

/** So much of what is written was read before the first change and is not read again. */
const MOST_KEPT_BYTES = 32 * 1024 * 1024;

/** Restores sources of a snapshot in place. Folders that the source leaves out stay as they are. */
export async function restore(
  store: string,
  commit: string,
  sources: readonly Source[],
  contents: ContentCache,
): Promise<Restored> {
  const objects = new Objects(store);
  try {
    const root = await orDamaged(objects.treeOf(commit));
    const manifest = await orDamaged(readManifest(objects, root));
    const plans: Plan[] = [];
    for (const source of sources) {
      const wanted = await orDamaged(filesBelow(objects, root, source.name));
      plans.push(await makePlan(wanted, source, manifest.sources[source.name], contents));
    }
    const ready = await orDamaged(readAhead(objects, plans));
    for (const plan of plans) await applyPlan(objects, plan, ready);
    return {
      written: plans.reduce((sum, plan) => sum + plan.write.length, 0),
      removed: plans.reduce((sum, plan) => sum + plan.remove.length, 0),
      kept: plans.reduce((sum, plan) => sum + plan.kept, 0),
    };
  } finally {
    objects.close();
  }
}

/** Reads everything that is needed, checked before the first change; gives as much of it as may be kept. */
async function readAhead(objects: Objects, plans: readonly Plan[]): Promise<ReadonlyMap<string, Buffer>> {
  const ready = new Map<string, Buffer>();
  let bytes = 0;
  const needed = [...new Set(plans.flatMap((plan) => plan.write.map(([, { blob }]) => blob)))];
  await objects.blobs(needed, (blob, content) => {
    verify(blob, content);
    if (bytes + content.length > MOST_KEPT_BYTES) return;
    bytes += content.length;
    ready.set(blob, content);
  });
  return ready;
}

/** Reads a whole snapshot and checks every content against its name. Throws DamagedSnapshot. */
export async function verifySnapshot(store: string, commit: string): Promise<void> {
  const objects = new Objects(store);
  try {
    const files = await orDamaged(objects.treeOf(commit).then((root) => objects.filesOf(root)));
    await orDamaged(objects.blobs([...new Set([...files.values()].map(({ blob }) => blob))], verify));
  } finally {
    objects.close();
  }
}

function verify(blob: string, content: Buffer): void {
  if (blobId(content) !== blob) throw new DamagedSnapshot(`object ${blob} is damaged`);
}

interface Plan {
  readonly source: Source;
  readonly write: readonly (readonly [BytePath, TreeFile])[];
  /** Entries that must go, files before the folders they are in. */
  readonly remove: readonly { readonly path: BytePath; readonly isFolder: boolean }[];
  readonly folders: readonly BytePath[];
  readonly modes: ReadonlyMap<BytePath, number>;
  readonly kept: number;
}

async function makePlan(
  wanted: ReadonlyMap<BytePath, TreeFile>,
  source: Source,
  manifest: SourceManifest | undefined,
  contents: ContentCache,
): Promise<Plan> {
  if (manifest === undefined) throw new DamagedSnapshot(`the snapshot holds nothing named "${source.name}"`);
  const out = leadsOut(new Set(wanted.keys()), [...manifest.emptyFolders, ...Object.keys(manifest.modes)]);
  if (out !== null) throw new DamagedSnapshot(`the snapshot holds a path that leads out of it: ${JSON.stringify(out)}`);
  const folders = foldersOf(wanted.keys(), manifest.emptyFolders);
  const modes = new Map(Object.entries(manifest.modes));
  const remove: { path: BytePath; isFolder: boolean }[] = [];
  const right = new Set<BytePath>();
  mkdirSync(source.root, { recursive: true });
  // What the snapshot holds files in is no cache, whoever tagged it as one since.
  const enters = foldersOf(wanted.keys(), []);
  for await (const entry of entries({ ...source, enters, opens: true }, nothingLeftOut())) {
    if (source.keepsNew === true && isOutOfTheWay(entry.path, wanted, folders)) continue;
    if (entry.kind === 'folder') {
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
  return { source, write, remove: remove.reverse(), folders: [...folders].sort(), modes, kept: right.size };
}

/** Neither it nor a folder it lies in has the place of something that the snapshot holds. */
function isOutOfTheWay(
  path: BytePath,
  wanted: ReadonlyMap<BytePath, TreeFile>,
  folders: ReadonlySet<BytePath>,
): boolean {
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

async function applyPlan(objects: Objects, plan: Plan, ready: ReadonlyMap<string, Buffer>): Promise<void> {
  const { source, write, remove, folders, modes } = plan;
  const at = (path: BytePath) => toPath(source.root, path);
  for (const { path, isFolder } of remove) removeEntry(at(path), isFolder);
  for (const folder of folders) makeFolder(at(folder));
  const places = new Map<string, [BytePath, TreeFile][]>();
  for (const [path, want] of write) places.set(want.blob, [...(places.get(want.blob) ?? []), [path, want]]);
  const put = (blob: string, content: Buffer) => {
    for (const [path, want] of places.get(blob) ?? []) writeEntry(at(path), want.mode, content, modes.get(path));
  };
  const unread: string[] = [];
  for (const blob of places.keys()) {
    const content = ready.get(blob);
    if (content === undefined) unread.push(blob);
    else put(blob, content);
  }
  await objects.blobs(unread, (blob, content) => {
    verify(blob, content);
    put(blob, content);
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

async function readManifest(objects: Objects, root: string): Promise<Manifest> {
  const blob = await objects.find(root, MANIFEST);
  if (blob === null) throw new DamagedSnapshot('the snapshot has no manifest');
  const text = (await objects.blob(blob)).toString('utf8');
  try {
    const manifest = JSON.parse(text) as Manifest;
    return { sources: manifest.sources ?? {} };
  } catch {
    throw new DamagedSnapshot('the manifest of the snapshot cannot be read');
  }
}

/** Files of a snapshot below a folder, by their real path; none when it held no file there. Throws DamagedSnapshot. */
export async function list(store: string, commit: string, folder: string): Promise<Map<BytePath, TreeFile>> {
  const objects = new Objects(store);
  try {
    return await orDamaged(objects.treeOf(commit).then((root) => filesBelow(objects, root, folder)));
  } finally {
    objects.close();
  }
}

async function filesBelow(objects: Objects, root: string, folder: string): Promise<Map<BytePath, TreeFile>> {
  const tree = await objects.find(root, folder);
  if (tree === null) return new Map();
  const files = await objects.filesOf(tree);
  return new Map([...files].map(([path, file]) => [fromStored(path), file]));
}

/** The name of one source's tree in a snapshot: the same name, the same contents. */
export async function treeOf(store: string, commit: string, source: string): Promise<string> {
  const objects = new Objects(store);
  try {
    const tree = await orDamaged(objects.treeOf(commit).then((root) => objects.find(root, source)));
    if (tree === null) throw new DamagedSnapshot(`the snapshot holds no ${source}`);
    return tree;
  } finally {
    objects.close();
  }
}

async function orDamaged<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw new DamagedSnapshot((error as Error).message);
  }
}
