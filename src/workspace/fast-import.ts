// Feeds one commit to `git fast-import`: contents go in through a pipe, so git itself never opens the agent's files.
import { once } from 'node:events';
import { type PipedTool, pipeTool } from '../host/tool.ts';
import { GitError, gitEnvironment, onStore } from './git.ts';
import type { BytePath } from './walk.ts';

const ARGS = ['fast-import', '--quiet', '--done', '--force', '--cat-blob-fd=1'];

export class FastImport {
  readonly #git: PipedTool;
  #answer = '';

  constructor(store: string) {
    this.#git = pipeTool('git', onStore(store, ...ARGS), { env: gitEnvironment() });
    this.#git.stdout.on('data', (chunk: Buffer) => {
      this.#answer += chunk.toString('latin1');
    });
  }

  /** Begins the commit that everything after goes into; without a parent it begins with an empty tree. */
  beginCommit(reference: string, message: string, unixSeconds: number, parent: string | null): void {
    const text = Buffer.from(message);
    const lines = [
      `commit ${reference}`,
      'mark :1',
      `committer mega-test <mega-test@localhost> ${unixSeconds} +0000`,
      `data ${text.length}`,
      text.toString('latin1'),
      parent === null ? 'deleteall' : `from ${parent}`,
      '',
    ];
    this.#git.stdin.write(Buffer.from(lines.join('\n'), 'latin1'));
  }

  async file(path: BytePath, mode: string, content: Buffer): Promise<void> {
    await this.#send(Buffer.from(`M ${mode} inline ${quoted(path)}\ndata ${content.length}\n`, 'latin1'));
    await this.#send(content);
    await this.#send(NEWLINE);
  }

  async remove(path: BytePath): Promise<void> {
    await this.#send(Buffer.from(`D ${quoted(path)}\n`, 'latin1'));
  }

  /** Ends the commit; when this returns it is on disk. Gives the commit's id. */
  async finish(): Promise<string> {
    await this.#send(Buffer.from('\nget-mark :1\ndone\n'));
    this.#git.stdin.end();
    const failure = await this.#git.ended;
    if (failure !== '') throw new GitError(ARGS, failure);
    const commit = /^[0-9a-f]{40}$/m.exec(this.#answer)?.[0];
    if (commit === undefined) throw new GitError(ARGS, 'it told no commit');
    return commit;
  }

  abort(): void {
    this.#git.kill();
  }

  async #send(bytes: Buffer): Promise<void> {
    if (this.#git.stdin.write(bytes)) return;
    const failure = await Promise.race([
      once(this.#git.stdin, 'drain').then(() => ''),
      this.#git.ended.then((said) => said || 'it ended early'),
    ]);
    if (failure !== '') throw new GitError(ARGS, failure);
  }
}

const NEWLINE = Buffer.from('\n');

/** A path as fast-import reads it: quoted like in C, every unusual byte in octal. */
function quoted(path: BytePath): string {
  const text = path.replace(/[^\x20-\x7e]|["\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return `"${text}"`;
}
