// What the project's own git history says, for the next prompt and the report; the agent's settings are kept out.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { git } from './git.ts';

/** Settings a hostile repository could misuse, overruled on every call into it. */
const GUARDS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'log.showSignature=false',
  'safe.directory=*',
];
const LIMIT_MS = 10_000;

function inProject(project: string, ...args: string[]): readonly string[] {
  return ['-C', project, ...GUARDS.flatMap((guard) => ['-c', guard]), ...args];
}

/** Subjects of the last commits, newest first; empty when there is no history. */
export async function lastCommits(project: string, most: number): Promise<readonly string[]> {
  if (!existsSync(join(project, '.git'))) return [];
  try {
    const text = await git(inProject(project, 'log', `-${most}`, '--format=%s', '--no-show-signature'), {
      timeoutMs: LIMIT_MS,
    });
    return Buffer.from(text, 'latin1')
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(0, 200));
  } catch {
    return [];
  }
}
