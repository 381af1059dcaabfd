// `--detach`: starts the session in the background and returns once it really runs, or says why it does not.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pRetry from 'p-retry';
import type { Loaded } from '../config/layers.ts';
import { PACKAGE_ROOT } from '../config/projects.ts';
import { startProgram } from '../host/tool.ts';
import { idFor } from '../runtime/create.ts';
import { layoutOf } from '../store/layout.ts';
import { asArguments, type Flags } from './run-options.ts';

export async function detach(flags: Flags, loaded: Loaded): Promise<number> {
  const id = idFor(loaded);
  const layout = layoutOf(join(resolve(loaded.config.session.runs_dir), id));
  const existed = existsSync(layout.root);
  const folder = join(tmpdir(), `mega-test-detach-${process.pid}`);
  mkdirSync(folder, { mode: 0o700 });
  const said = join(folder, 'errors');
  const file = openSync(said, 'w', 0o600);
  const args = [
    join(PACKAGE_ROOT, 'bin/mega-test.js'),
    'run',
    ...asArguments(flags, ['detach', 'sessionId']),
    '--session-id',
    id,
  ];
  const child = startProgram(args, { detached: true, errors: file });
  closeSync(file);
  let code: number | null = null;
  void child.ended.then((ended) => {
    code = ended.code;
  });
  try {
    // It runs once it can be reached; that takes the start of a process and a few writes.
    await pRetry(
      () => {
        if (code === null && (existed || !existsSync(layout.control))) throw new Error('not yet');
      },
      { retries: 120, minTimeout: 50, maxTimeout: 250, factor: 1.2 },
    );
  } catch {
    code ??= existsSync(layout.journal) ? null : 1;
  }
  const text = readFileSync(said, 'utf8');
  rmSync(folder, { recursive: true, force: true });
  if (text !== '') process.stderr.write(text);
  if (code !== null && code !== 0) return code;
  child.unref();
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ session: id, directory: layout.root, pid: child.pid }, null, 2)}\n`
      : told(id, loaded),
  );
  return 0;
}

function told(id: string, { config }: Loaded): string {
  const where = config.session.runs_dir === 'test_runs' ? '' : ` --runs-dir ${config.session.runs_dir}`;
  return [
    `session ${id} runs in the background`,
    `  mega-test status ${id}${where}`,
    `  mega-test attach ${id}${where}`,
    `  mega-test stop ${id}${where}`,
    '',
  ].join('\n');
}
