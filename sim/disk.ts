// A disk in memory that forgets as real ones may: what was not fsynced, names included, can be gone after a power cut.
import { type Files, OPEN } from '../src/store/files.ts';
import type { Chance } from './chance.ts';

/** Thrown into a harness that is killed in the middle of an operation; nothing it does afterwards reaches the disk. */
export class Killed extends Error {}

interface Node {
  bytes: Buffer;
  length: number;
  /** What a power cut leaves for certain; null: nothing was ever synced. */
  durable: Buffer | null;
  /** So many bytes of `bytes` are the durable ones, unchanged: what follows was only appended. */
  durableLength: number;
  /** Bytes from here on were dropped by a failed sync: a later one saves them only when they are written again. */
  droppedFrom: number | null;
}

/** Names that change together: a rename is one step. */
type NameChange = readonly (readonly [path: string, node: Node | null])[];

/** How the disk misbehaves at the moment. */
export interface Trouble {
  /** Bytes that can still be written; infinity: the disk is not full. */
  spaceBytes: number;
  /** This many of the next syncs fail with EIO, and what they should have saved is never saved. */
  failingSyncs: number;
  /** Writes take only a part now and then. */
  shortWrites: boolean;
  /** Every write, rename and creation fails with this. */
  refuses: 'EROFS' | 'EIO' | null;
  /** The harness is killed at this many operations from now. */
  killIn: number | null;
}

export class SimDisk implements Files {
  readonly trouble: Trouble = {
    spaceBytes: Number.POSITIVE_INFINITY,
    failingSyncs: 0,
    shortWrites: false,
    refuses: null,
    killIn: null,
  };
  onKilled: () => void = () => {};
  readonly #chance: Chance;
  readonly #folders = new Set<string>();
  readonly #names = new Map<string, Node>();
  readonly #durableNames = new Map<string, Node>();
  /** Changes of names by folder since it was synced. */
  readonly #unsynced = new Map<string, NameChange[]>();
  readonly #open = new Map<number, { readonly path: string; readonly node: Node | null; position: number }>();
  #nextFile = 3;
  #dead = false;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  open(path: string, flags: number): number {
    this.#operation();
    if (flags === OPEN.readFolder && this.#folders.has(path)) return this.#handle(path, null);
    let node = this.#names.get(path);
    if (node !== undefined && flags === OPEN.create) throw failure('EEXIST', path);
    if (node === undefined) {
      if (flags !== OPEN.create && flags !== OPEN.update) throw failure('ENOENT', path);
      if (!this.#folders.has(folderOf(path))) throw failure('ENOENT', path);
      this.#refuse(path);
      if (this.trouble.spaceBytes <= 0) throw failure('ENOSPC', path);
      node = { bytes: Buffer.allocUnsafe(512), length: 0, durable: null, durableLength: 0, droppedFrom: null };
      this.#name([[path, node]]);
    }
    return this.#handle(path, node);
  }

  close(file: number): void {
    this.#open.delete(file);
  }

  read(file: number, into: Uint8Array, position: number): number {
    const node = this.#node(file);
    const end = Math.min(node.length, position + into.length);
    if (position >= end || position < 0) return 0;
    into.set(node.bytes.subarray(position, end));
    return end - position;
  }

  write(file: number, bytes: Uint8Array, position: number | null): number {
    this.#operation();
    const opened = this.#opened(file);
    const node = this.#node(file);
    this.#refuse(opened.path);
    const { trouble } = this;
    const at = position ?? opened.position;
    const grows = Math.max(0, at + bytes.length - node.length);
    let taken = bytes.length;
    if (grows > trouble.spaceBytes) taken = Math.max(0, Math.floor(bytes.length - grows + trouble.spaceBytes));
    if (taken === 0 && bytes.length > 0) throw failure('ENOSPC', opened.path);
    if (trouble.shortWrites && taken > 1 && this.#chance.is(0.3)) taken = this.#chance.whole(1, taken - 1);
    trouble.spaceBytes -= Math.max(0, at + taken - node.length);
    this.#put(node, bytes.subarray(0, taken), at);
    opened.position = at + taken;
    return taken;
  }

  size(file: number): number {
    return this.#node(file).length;
  }

  truncate(file: number, bytes: number): void {
    this.#operation();
    const node = this.#node(file);
    if (bytes >= node.length) return;
    this.#keepDurable(node, bytes);
    this.trouble.spaceBytes += node.length - bytes;
    node.length = bytes;
  }

  syncData(file: number): void {
    this.sync(file);
  }

  sync(file: number): void {
    this.#operation();
    const { path, node } = this.#opened(file);
    if (this.trouble.failingSyncs > 0) {
      this.trouble.failingSyncs--;
      if (node !== null) node.droppedFrom = Math.min(node.droppedFrom ?? node.durableLength, node.durableLength);
      throw failure('EIO', path);
    }
    if (node === null) {
      for (const change of this.#unsynced.get(path) ?? []) apply(this.#durableNames, change);
      this.#unsynced.delete(path);
      return;
    }
    node.durable = null;
    node.durableLength = node.droppedFrom ?? node.length;
  }

  rename(from: string, to: string): void {
    this.#operation();
    this.#refuse(to);
    const node = this.#names.get(from);
    if (node === undefined) throw failure('ENOENT', from);
    this.#free(to);
    this.#name([
      [to, node],
      [from, null],
    ]);
  }

  unlink(path: string): void {
    this.#operation();
    if (!this.#names.has(path)) throw failure('ENOENT', path);
    this.#free(path);
    this.#name([[path, null]]);
  }

  exists(path: string): boolean {
    return this.#names.has(path) || this.#folders.has(path);
  }

  list(folder: string): readonly string[] {
    if (!this.#folders.has(folder)) throw failure('ENOENT', folder);
    const inside = `${folder}/`;
    return [...this.#names.keys()].filter((path) => path.startsWith(inside)).map((path) => path.slice(inside.length));
  }

  makeFolder(path: string): void {
    this.#folders.add(path);
  }

  readText(path: string): string {
    const node = this.#names.get(path);
    if (node === undefined) throw failure('ENOENT', path);
    return node.bytes.toString('utf8', 0, node.length);
  }

  /** The harness is gone: its open files are closed, everything it wrote stays in the page cache. */
  kill(): void {
    this.#dead = true;
    this.trouble.killIn = null;
  }

  /** A new life of the harness uses the disk. */
  revive(): void {
    this.#dead = false;
    this.#open.clear();
  }

  /** The power goes: of everything that was not synced, any part may be left, names in order or not. */
  cutPower(): void {
    this.kill();
    const ordered = this.#chance.is(0.5);
    for (const changes of this.#unsynced.values()) {
      const kept = this.#chance.whole(0, changes.length);
      for (const [index, change] of changes.entries())
        if (ordered ? index < kept : this.#chance.is(0.5)) apply(this.#durableNames, change);
    }
    this.#unsynced.clear();
    this.#names.clear();
    for (const [path, node] of this.#durableNames) {
      this.#names.set(path, node);
      this.#forget(node);
    }
  }

  #forget(node: Node): void {
    const sure = node.durable ?? node.bytes.subarray(0, node.durableLength);
    const spare = node.length - sure.length;
    if (node.durable !== null || spare > 0) {
      const more = spare > 0 && node.durable === null ? this.#chance.whole(0, spare) : 0;
      const left = Buffer.from(node.bytes.subarray(0, sure.length + more));
      left.set(sure);
      // The size may have reached the disk before the content: the rest is zeros.
      if (more > 0 && this.#chance.is(0.3)) left.fill(0, sure.length + this.#chance.whole(0, more));
      node.bytes = left;
      node.length = left.length;
    }
    node.durable = null;
    node.durableLength = node.length;
    node.droppedFrom = null;
  }

  /** Turns over one bit, cuts the end, or fills the end with zeros: what bad disks do to files at rest. */
  damage(path: string): boolean {
    const node = this.#names.get(path);
    if (node === undefined || node.length < 8) return false;
    const at = this.#chance.whole(0, node.length - 1);
    const how = this.#chance.pick(['flip', 'cut', 'zero'] as const);
    if (how === 'flip') node.bytes.writeUInt8(node.bytes.readUInt8(at) ^ (1 << this.#chance.whole(0, 7)), at);
    if (how === 'cut') node.length = at;
    if (how === 'zero') node.bytes.fill(0, at, node.length);
    node.durable = null;
    node.durableLength = node.length;
    return true;
  }

  remove(path: string): void {
    this.#names.delete(path);
    this.#durableNames.delete(path);
  }

  get paths(): readonly string[] {
    return [...this.#names.keys()];
  }

  #operation(): void {
    if (this.#dead) throw new Killed();
    if (this.trouble.killIn === null || --this.trouble.killIn > 0) return;
    this.kill();
    this.onKilled();
    throw new Killed();
  }

  #refuse(path: string): void {
    if (this.trouble.refuses !== null) throw failure(this.trouble.refuses, path);
  }

  #handle(path: string, node: Node | null): number {
    const file = this.#nextFile++;
    this.#open.set(file, { path, node, position: 0 });
    return file;
  }

  #opened(file: number) {
    const opened = this.#open.get(file);
    if (opened === undefined) throw failure('EBADF', String(file));
    return opened;
  }

  #node(file: number): Node {
    const { node, path } = this.#opened(file);
    if (node === null) throw failure('EISDIR', path);
    return node;
  }

  #name(change: NameChange): void {
    apply(this.#names, change);
    const folder = folderOf(change[0]?.[0] ?? '');
    const changes = this.#unsynced.get(folder) ?? [];
    changes.push(change);
    this.#unsynced.set(folder, changes);
  }

  #free(path: string): void {
    this.trouble.spaceBytes += this.#names.get(path)?.length ?? 0;
  }

  #put(node: Node, bytes: Uint8Array, at: number): void {
    this.#keepDurable(node, at);
    const length = Math.max(node.length, at + bytes.length);
    if (length > node.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, node.bytes.length * 2));
      node.bytes.copy(larger, 0, 0, node.length);
      node.bytes = larger;
    }
    node.bytes.set(bytes, at);
    node.length = length;
    if (node.droppedFrom !== null && at <= node.droppedFrom) node.droppedFrom = null;
  }

  /** Before durable bytes from `at` on are changed, they are remembered as the disk has them. */
  #keepDurable(node: Node, at: number): void {
    if (node.durable === null && at < node.durableLength)
      node.durable = Buffer.from(node.bytes.subarray(0, node.durableLength));
  }
}

function apply(names: Map<string, Node>, change: NameChange): void {
  for (const [path, node] of change) {
    if (node === null) names.delete(path);
    else names.set(path, node);
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, '${path}'`), { code });
}
