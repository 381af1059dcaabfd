// Do these walls work here? Kernels, containers and administrators forbid namespaces in too many ways to be asked.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleaned } from '../text/clean.ts';
import type { Confinement } from './confinement.ts';
import { type AgentProcess, type Start, startProcess } from './spawn.ts';

const LIMIT_MS = 5_000;
/** An exit code that nothing but our own command gives. */
const CODE = 42;

/** Starts a small command behind the walls, as an agent would be. Null when all went well, else why not. */
export async function whatIsWrongWith(walls: Confinement): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'mega-test-walls-'));
  try {
    const code = await tryIn(folder, walls);
    if (code === 'late') return 'it did not answer';
    return code === CODE ? null : (lastLine(join(folder, 'errors')) ?? `exit code ${code}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'it is not installed' : (lastLine(join(folder, 'errors')) ?? cleaned(message));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tryIn(folder: string, walls: Confinement): Promise<number | null | 'late'> {
  const at = (name: string) => join(folder, name);
  for (const name of ['runs', 'tmp']) mkdirSync(at(name));
  writeFileSync(at('input'), '');
  const start: Start = {
    launch: { file: '/bin/sh', args: ['-c', `exit ${CODE}`], env: { PATH: process.env.PATH ?? '' } },
    files: { input: at('input'), output: at('output'), errors: at('errors') },
    marker: 'trial',
    walls,
    places: { runs: at('runs'), session: at('runs'), readable: [], writable: [], temporary: at('tmp'), cwd: '/' },
  };
  let started: AgentProcess | null = null;
  let limit: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      limit = setTimeout(() => resolve('late'), LIMIT_MS);
      startProcess(start, ({ code }) => resolve(code)).then((agent) => {
        started = agent;
      }, reject);
    });
  } finally {
    clearTimeout(limit);
    (started as AgentProcess | null)?.signal('kill');
  }
}

function lastLine(path: string): string | null {
  try {
    return cleaned(readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '', 200) || null;
  } catch {
    return null;
  }
}
