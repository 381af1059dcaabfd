// Reading files for the store: never through a link, never blocked by a pipe, with git's own content hash.
import { createHash } from 'node:crypto';
import { constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { again, letGo } from '../host/again.ts';
import { type BytePath, type Entry, toPath } from './walk.ts';

/** The name git gives to content. */
export function blobId(content: Uint8Array): string {
  return objectId('blob', content);
}

export type ObjectKind = 'blob' | 'tree' | 'commit';

/** The name git gives to any object. */
export function objectId(kind: ObjectKind, content: Uint8Array): string {
  return createHash('sha1').update(`${kind} ${content.length}\0`).update(content).digest('hex');
}

export interface Content {
  readonly bytes: Buffer;
  /** It was changing while we read: what we have is one moment's view, and it is read again next time. */
  readonly torn: boolean;
}

/** The content of a file or link; null when it is gone, unreadable, or no longer of that kind. */
export function readEntry(root: string, entry: Entry): Content | { readonly reason: string } {
  try {
    const path = toPath(root, entry.path);
    return again(() =>
      entry.kind === 'link' ? { bytes: Buffer.from(readlinkSync(path, 'buffer')), torn: false } : readFile(path),
    );
  } catch (error) {
    return { reason: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

function readFile(path: string | Buffer): Content {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const before = fstatSync(file);
    if (!before.isFile()) throw Object.assign(new Error('not a file any more'), { code: 'not a file any more' });
    let bytes = Buffer.allocUnsafe(before.size);
    let got = 0;
    while (got < bytes.length) {
      const read = readSync(file, bytes, got, bytes.length - got, got);
      if (read === 0) break;
      got += read;
    }
    bytes = bytes.subarray(0, got);
    const after = fstatSync(file);
    const torn = after.size !== got || after.mtimeMs !== before.mtimeMs || after.ctimeMs !== before.ctimeMs;
    return { bytes, torn };
  } finally {
    letGo(file);
  }
}

/** Components that git does not take as names in a tree, and our own mark, get a `%` in front. */
export function toStored(path: BytePath): BytePath {
  return path
    .split('/')
    .map((name) => (RESERVED.test(name) ? `%${name}` : name))
    .join('/');
}

export function fromStored(path: BytePath): BytePath {
  return path
    .split('/')
    .map((name) => (name.startsWith('%') ? name.slice(1) : name))
    .join('/');
}

const RESERVED = /^(%.*|\.git|git~\d+)$/i;
