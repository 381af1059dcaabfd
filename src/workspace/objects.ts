// Reads objects of the private store through one git process, in the order they are asked for, with flat memory.
import { type PipedTool, pipeTool } from '../host/tool.ts';
import { type ObjectKind, objectId } from './blob.ts';
import { gitEnvironment, onStore } from './git.ts';
import type { BytePath } from './walk.ts';

/** A file of a tree: git's mode, and the name of its content. */
export interface TreeFile {
  readonly mode: string;
  readonly blob: string;
}

/** Hands every content to `visit`, unchecked. Throws when one is missing or git fails. */
export async function readBlobs(
  store: string,
  blobs: readonly string[],
  visit: (blob: string, content: Buffer) => void,
): Promise<void> {
  if (blobs.length === 0) return;
  const objects = new Objects(store);
  try {
    await objects.blobs(blobs, visit);
  } finally {
    objects.close();
  }
}

/** The store, open for reading: commits and trees are checked against their names. Questions must not overlap. */
export class Objects {
  readonly #git: PipedTool;
  readonly #answers: Answers;

  constructor(store: string) {
    this.#git = pipeTool('git', onStore(store, 'cat-file', '--batch'), { env: gitEnvironment() });
    this.#answers = new Answers(this.#git.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>);
  }

  close(): void {
    this.#git.kill();
  }

  /** Hands every content to `visit`, unchecked. Throws when one is missing or git fails. */
  async blobs(blobs: readonly string[], visit: (blob: string, content: Buffer) => void): Promise<void> {
    await this.#each('blob', blobs, visit);
  }

  /** One content, checked against its name. */
  async blob(name: string): Promise<Buffer> {
    let found: Buffer | null = null;
    await this.#each('blob', [name], (blob, content) => {
      found = checked('blob', blob, content);
    });
    if (found === null) throw new Error(`object ${name}: git gave none`);
    return found;
  }

  /** The name of a commit's tree. */
  async treeOf(commit: string): Promise<string> {
    let tree: string | undefined;
    await this.#each('commit', [commit], (name, content) => {
      tree = /^tree ([0-9a-f]{40})\n/.exec(checked('commit', name, content).toString('latin1'))?.[1];
    });
    if (tree === undefined) throw new Error(`object ${commit}: it names no tree`);
    return tree;
  }

  /** The name of what stands at a path below a tree; null when nothing does. */
  async find(tree: string, path: BytePath): Promise<string | null> {
    let found = tree;
    for (const part of path.split('/').filter((name) => name !== '')) {
      const entry = (await this.#trees([found])).get(found)?.find(({ name }) => name === part);
      if (entry === undefined) return null;
      found = entry.id;
    }
    return found;
  }

  /** All files below a tree, in git's order. */
  async filesOf(tree: string): Promise<Map<BytePath, TreeFile>> {
    const known = new Map<string, Tree>();
    // One question for each depth, not for each folder.
    for (let level = [tree]; level.length > 0; ) {
      const read = await this.#trees(level);
      for (const [name, entries] of read) known.set(name, entries);
      const below = [...read.values()].flat().filter(({ mode }) => mode === FOLDER);
      level = [...new Set(below.map(({ id }) => id))].filter((id) => !known.has(id));
    }
    const files = new Map<BytePath, TreeFile>();
    addFiles(files, known, tree, '');
    return files;
  }

  async #trees(names: readonly string[]): Promise<Map<string, Tree>> {
    const trees = new Map<string, Tree>();
    await this.#each('tree', names, (name, content) => trees.set(name, entriesOf(checked('tree', name, content))));
    return trees;
  }

  async #each(kind: ObjectKind, names: readonly string[], visit: (name: string, content: Buffer) => void) {
    // An empty line would be a question as well, whose answer nobody reads.
    if (names.length === 0) return;
    this.#git.stdin.write(`${names.join('\n')}\n`);
    for (const name of names) {
      const head = await this.#answers.line();
      const match = /^([0-9a-f]{40}) ([a-z]+) (\d+)$/.exec(head);
      if (match?.[1] !== name || match[2] !== kind)
        throw new Error(`object ${name}: ${head === '' ? 'git ended' : head.slice(-20)}`);
      visit(name, await this.#answers.bytes(Number(match[3])));
      await this.#answers.bytes(1);
    }
  }
}

type Tree = readonly { readonly mode: string; readonly name: BytePath; readonly id: string }[];

const FOLDER = '40000';

function checked(kind: ObjectKind, name: string, content: Buffer): Buffer {
  if (objectId(kind, content) !== name) throw new Error(`object ${name} is damaged`);
  return content;
}

/** A tree as git stores it: `<mode> <name>`, NUL, the name of the object in 20 bytes, again and again. */
function entriesOf(content: Buffer): Tree {
  const entries: { mode: string; name: BytePath; id: string }[] = [];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(32, at);
    const end = content.indexOf(0, space);
    if (space === -1 || end === -1) throw new Error('a tree of the snapshot cannot be read');
    const mode = content.toString('latin1', at, space);
    const name = content.toString('latin1', space + 1, end);
    entries.push({ mode, name, id: content.toString('hex', end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

function addFiles(files: Map<BytePath, TreeFile>, known: ReadonlyMap<string, Tree>, tree: string, folder: BytePath) {
  for (const { mode, name, id } of known.get(tree) ?? []) {
    if (mode === FOLDER) addFiles(files, known, id, `${folder}${name}/`);
    else files.set(`${folder}${name}`, { mode, blob: id });
  }
}

/** Takes lines and byte counts off a stream. */
class Answers {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks;
  }

  async line(): Promise<string> {
    let end = this.#rest.indexOf(10);
    while (end === -1) {
      if (!(await this.#more())) return '';
      end = this.#rest.indexOf(10);
    }
    const line = this.#rest.toString('latin1', 0, end);
    this.#rest = this.#rest.subarray(end + 1);
    return line;
  }

  async bytes(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      if (this.#rest.length === 0 && !(await this.#more())) throw new Error('git ended in the middle of an object');
      const part = this.#rest.subarray(0, missing);
      parts.push(part);
      missing -= part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    return true;
  }
}
