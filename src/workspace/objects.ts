// Reads many objects of the private store through one git process, in order, with flat memory.
import { pipeTool } from '../host/tool.ts';
import { gitEnvironment, onStore } from './git.ts';

/** Hands every object's content to `visit`. Throws when one is missing or git fails. */
export async function readBlobs(
  store: string,
  blobs: readonly string[],
  visit: (blob: string, content: Buffer) => void,
): Promise<void> {
  if (blobs.length === 0) return;
  const git = pipeTool('git', onStore(store, 'cat-file', '--batch', '--buffer'), { env: gitEnvironment() });
  git.stdin.end(`${blobs.join('\n')}\n`);
  try {
    const answers = new Answers(git.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>);
    for (const blob of blobs) {
      const head = await answers.line();
      const match = /^([0-9a-f]{40}) blob (\d+)$/.exec(head);
      if (match?.[1] !== blob || match[2] === undefined)
        throw new Error(`object ${blob}: ${head === '' ? 'git ended' : head.slice(-20)}`);
      visit(blob, await answers.bytes(Number(match[2])));
      await answers.bytes(1);
    }
  } finally {
    git.kill();
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
