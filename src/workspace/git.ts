// Git as a tool for our own private store: a clean environment, no user's or agent's settings, no prompts.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../host/tool.ts';

/** Settings of every call: nothing of the user's or the machine's configuration may change what is stored. */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

/** Objects and references are on disk when a command ends; no maintenance runs behind our back. */
const STORE_SETTINGS = [
  'core.fsync=all',
  'gc.auto=0',
  'maintenance.auto=false',
  'fastimport.unpackLimit=0',
  'core.bigFileThreshold=16m',
];

/** Arguments that every git command on the store begins with. */
export function onStore(store: string, ...args: string[]): string[] {
  return [`--git-dir=${store}`, ...STORE_SETTINGS.flatMap((setting) => ['-c', setting]), ...args];
}

/** Makes the private store, once. */
export async function createStore(store: string): Promise<void> {
  if (existsSync(join(store, 'HEAD'))) return;
  await git(['init', '--quiet', '--bare', '--initial-branch=main', store]);
}

/** Makes the repository that the agent finds in its working copy. */
export async function initProject(project: string): Promise<void> {
  mkdirSync(project, { recursive: true });
  if (existsSync(join(project, '.git'))) return;
  await git(['init', '--quiet', '--initial-branch=main', project]);
  // Some agents compare with HEAD from the first moment on and stumble over a repository without a commit.
  const identity = [
    '-c',
    'user.name=mega-test',
    '-c',
    'user.email=harness@mega-test.invalid',
    '-c',
    'commit.gpgsign=false',
  ];
  await git(['-C', project, ...identity, 'commit', '--quiet', '--allow-empty', '--message', 'Begin']);
}

/** Runs git to its end and gives its output, bytes as latin1; throws with git's own words when it fails. */
export async function git(args: readonly string[], options: { timeoutMs?: number } = {}): Promise<string> {
  const result = await runTool('git', args, { ...options, env: gitEnvironment(), bytes: true });
  if (result.failed) throw new GitError(args, result.err.trim() || result.said);
  return result.out;
}

/** A git command that failed, with what it said. */
export class GitError extends Error {
  constructor(args: readonly string[], said: string) {
    const verb = args.find((arg) => /^[a-z][a-z-]+$/.test(arg)) ?? 'git';
    super(`git ${verb}: ${said.slice(0, 500)}`);
    this.name = 'GitError';
  }
}

/** Version of the installed git, like "2.39.5"; null when there is none. */
export async function gitVersion(): Promise<string | null> {
  try {
    return /(\d+\.\d+(?:\.\d+)?)/.exec(await git(['--version']))?.[1] ?? null;
  } catch {
    return null;
  }
}
