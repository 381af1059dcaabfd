// The steps a rehearsed project is built in: real files and real commits, one folder a step.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../../config/projects.ts';
import { readToml } from '../../config/toml.ts';

const STEP = z.strictObject({
  phase: z.enum(['bootstrap', 'development', 'refinement', 'finalization']),
  title: z.string(),
  message: z.string(),
});

export interface Step {
  readonly name: string;
  /** 0 to 3. */
  readonly phase: number;
  readonly title: string;
  readonly message: string;
  readonly files: readonly { readonly path: string; readonly from: string }[];
}

const PROJECTS = join(PACKAGE_ROOT, 'rehearsal/projects');
const PHASES = STEP.shape.phase.options;

/** All steps of a project; a project without a rehearsal of its own is played by the task queue. */
export function stepsOf(type: string): readonly Step[] {
  const folder = existsSync(join(PROJECTS, type)) ? join(PROJECTS, type) : join(PROJECTS, 'task_queue');
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const { phase, title, message } = STEP.parse(readToml(join(folder, name, 'step.toml')).value);
      const files = filesBelow(join(folder, name, 'files'), '');
      return { name, phase: PHASES.indexOf(phase), title, message, files };
    });
}

function filesBelow(root: string, folder: string): Step['files'] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const inner = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(root, inner);
    return [{ path: inner.split('/').map(undotted).join('/'), from: join(root, inner) }];
  });
}

/** Package managers drop or rename some dot files, so they are kept under another name. */
function undotted(name: string): string {
  return name.startsWith('dot-') ? `.${name.slice('dot-'.length)}` : name;
}

/** Steps that are not in the history yet and whose phase has come, in order. */
export function openSteps(steps: readonly Step[], project: string, phase: number, phases: number): readonly Step[] {
  const done = new Set(subjects(project));
  return steps.filter((step) => !done.has(subjectOf(step)) && phaseOf(step, phases) <= phase);
}

/** A session with fewer phases than four does the rest in its last one. */
function phaseOf(step: Step, phases: number): number {
  return Math.min(step.phase, phases - 1);
}

function subjectOf({ message }: Step): string {
  return message.trim().split('\n')[0] ?? '';
}

export function writeFileOfStep(project: string, { path, from }: Step['files'][number]): number {
  const content = readFileSync(from);
  const to = join(project, path);
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, content);
  chmodSync(to, content.subarray(0, 2).toString() === '#!' ? 0o755 : 0o644);
  return content.length;
}

export function commit(project: string, { message }: Step): void {
  git(project, 'add', '--all');
  git(project, 'commit', '--quiet', '--allow-empty', '--message', message.trim());
}

function subjects(project: string): readonly string[] {
  try {
    return git(project, 'log', '--format=%s').split('\n');
  } catch {
    // No commit yet.
    return [];
  }
}

function git(project: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'commit.gpgsign=false', ...args], {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
