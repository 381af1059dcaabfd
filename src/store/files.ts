// The file system as the store uses it: few, synchronous operations, so that a simulated disk can stand in for it.
import {
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { letGo } from '../host/again.ts';

/** Every operation throws what the system says (ENOSPC, EIO, ENOENT, …). */
export interface Files {
  open(path: string, flags: number, mode?: number): number;
  /** Fails only where nothing was open. */
  close(file: number): void;
  /** Reads at a place of the file; gives how many bytes, 0 at its end. */
  read(file: number, into: Uint8Array, position: number): number;
  /** Writes at a place, or where the file stands (null); may take fewer bytes than given. */
  write(file: number, bytes: Uint8Array, position: number | null): number;
  size(file: number): number;
  truncate(file: number, bytes: number): void;
  /** Makes content and size survive a power cut. */
  syncData(file: number): void;
  /** The same, with everything else the system keeps about the file; of a folder: the names in it. */
  sync(file: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  exists(path: string): boolean;
  list(folder: string): readonly string[];
  makeFolder(path: string): void;
  readText(path: string): string;
}

export const SYSTEM_FILES: Files = {
  open: openSync,
  close: letGo,
  read: (file, into, position) => readSync(file, into, 0, into.length, position),
  write: (file, bytes, position) => writeSync(file, bytes, 0, bytes.length, position),
  size: (file) => fstatSync(file).size,
  truncate: ftruncateSync,
  syncData: fdatasyncSync,
  sync: fsyncSync,
  rename: renameSync,
  unlink: unlinkSync,
  exists: existsSync,
  list: (folder) => readdirSync(folder),
  makeFolder: (path) => {
    mkdirSync(path, { recursive: true });
  },
  readText: (path) => readFileSync(path, 'utf8'),
};

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** How the store opens files: never through a link. */
export const OPEN = {
  read: O_RDONLY | O_NOFOLLOW,
  readFolder: O_RDONLY,
  create: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
  update: O_RDWR | O_CREAT | O_NOFOLLOW,
} as const;
