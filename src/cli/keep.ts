// `--keep`: a small parent that resumes the session when its harness crashed, within a limit.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Loaded } from '../config/layers.ts';
import { PACKAGE_ROOT } from '../config/projects.ts';
import { startProgram } from '../host/tool.ts';
import { idFor } from '../runtime/create.ts';
import { layoutOf } from '../store/layout.ts';
import type { Picked } from './pick.ts';
import { asArguments, type Flags } from './run-options.ts';

/** More crashes than this within the window are no accident. */
const MOST_CRASHES = 5;
const WINDOW_MS = 600_000;

const PROGRAM = join(PACKAGE_ROOT, 'bin/mega-test.js');

/** Runs a new session under watch. Gives the exit code of its last life. */
export async function keep(flags: Flags, loaded: Loaded): Promise<number> {
  // The session's name must be known before its first life begins.
  const id = idFor(loaded);
  const runsDir = resolve(loaded.config.session.runs_dir);
  const first = ['run', ...asArguments(flags, ['keep', 'sessionId']), '--session-id', id];
  const again = [
    'resume',
    id,
    '--runs-dir',
    runsDir,
    ...(flags.quiet === true ? ['--quiet'] : []),
    ...(flags.json === true ? ['--json'] : []),
  ];
  return watch(first, again, layoutOf(join(runsDir, id)).journal);
}

export async function keepResuming({ id, layout }: Picked, flags: Flags): Promise<number> {
  const again = ['resume', id, '--runs-dir', String(flags.runsDir)];
  const first = flags.takeOver === true ? [...again, '--take-over'] : again;
  return watch(first, again, layout.journal);
}

async function watch(first: readonly string[], again: readonly string[], journal: string): Promise<number> {
  const crashes: number[] = [];
  for (let args = first; ; args = again) {
    const { code, crashed } = await live(args);
    if (!crashed || !existsSync(journal)) return code;
    const now = performance.now();
    crashes.push(now);
    const recent = crashes.filter((at) => at > now - WINDOW_MS).length;
    if (recent > MOST_CRASHES) {
      process.stderr.write(
        `mega-test: the harness crashed ${recent} times within ${WINDOW_MS / 60_000} min; not resumed again\n`,
      );
      return code;
    }
    process.stderr.write(`mega-test: the harness ended unexpectedly (exit code ${code}); resuming\n`);
  }
}

/** One life of the harness. Signals go on to it; a code of its own is no crash. */
async function live(args: readonly string[]): Promise<{ readonly code: number; readonly crashed: boolean }> {
  const child = startProgram([PROGRAM, ...args], { detached: false, errors: 'inherit' });
  const hooks = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => {
    // From a terminal Ctrl+C reaches the child by itself; a second one would mean "hurry".
    const hook = () => (name === 'SIGINT' && process.stdin.isTTY === true ? undefined : child.kill(name));
    process.on(name, hook);
    return () => process.off(name, hook);
  });
  const { code, signal } = await child.ended;
  for (const unhook of hooks) unhook();
  // 70 is our own bug; a signal, or Node's own abort codes, are a process that did not end by itself.
  const crashed = signal !== null || code === 70 || code === 134 || code === 139;
  return { code: signal === 'SIGKILL' ? 137 : code, crashed };
}
