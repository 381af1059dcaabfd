// The command line: every command with its flags, help and examples. Each command's work is in a file of its name.
import { Command, CommanderError } from 'commander';
import { InputError } from '../config/diagnostics.ts';
import { isDiskTrouble } from '../host/disk.ts';
import { Refusal } from '../runtime/refusal.ts';
import { VERSION } from '../runtime/version.ts';
import { addRunOptions } from './run-options.ts';

/** Runs the command line and sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  if (process.platform === 'win32') {
    process.stderr.write('mega-test runs on Linux and macOS; on Windows run it inside WSL\n');
    process.exitCode = 2;
    return;
  }
  // `mega-test … | head`: a reader that has seen enough is no error.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const failed = await exitCodeOf(() => programOf(setCode).parseAsync([...argv], { from: 'user' }));
  // What failed on its way may have left something open that would keep us alive for ever.
  if (failed !== 0) process.exit(failed);
  process.exitCode = code ?? 0;
}

/** Exit code of a bug of ours. */
const BUG = 70;

let code: number | null = null;

function setCode(value: number): void {
  code = value;
}

/** What a failed command exits with, after one clear sentence. */
export async function exitCodeOf(work: () => Promise<unknown>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof InputError) {
      process.stderr.write(`${error.message}\n`);
      return 2;
    }
    if (error instanceof Refusal) {
      process.stderr.write(`mega-test: ${error.message}\n`);
      return error.exitCode;
    }
    const world = troubleOfTheWorld(error);
    if (world !== null) {
      process.stderr.write(`mega-test: ${world}\n`);
      return 2;
    }
    process.stderr.write(
      `mega-test: this is a bug in mega-test: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return BUG;
  }
}

/** What kept a command from beginning and is no bug: its modules are loaded, and files read, as they are needed. */
function troubleOfTheWorld(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { errno, code: word, message } = error as NodeJS.ErrnoException;
  if (word === 'ERR_MODULE_NOT_FOUND') return `its own files cannot be loaded: ${message}`;
  return errno !== undefined && isDiskTrouble(error) ? `the disk failed (${message}); try again when it is well` : null;
}

type Finish = (code: number) => void;

function programOf(finish: Finish): Command {
  const program = new Command('mega-test')
    .description(
      'Runs coding-agent sessions of hours: four phases on the clock, checkpoints, recovery, metrics, a verdict.',
    )
    .version(VERSION)
    .configureHelp({ helpWidth: 110 })
    .showHelpAfterError('(mega-test --help shows what there is)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addRun(program, finish);
  addWatching(program, finish);
  addSessions(program, finish);
  addConfiguration(program, finish);
  return program;
}

const EXAMPLES = `
Examples:
  mega-test run --project task_queue --duration 6 --agents 6
  mega-test run --agent rehearsal --duration 90s        see a session without any model
  mega-test status                                      how the newest session stands
  mega-test resume my-test-001                          go on after a crash, a pause or Ctrl+C

Exit codes: 0 passed, 1 not passed, 2 wrong input, 3 failed, 4 needs a person, 5 damaged, 6 in use elsewhere,
75 slice over, 129/130/143 saved and stopped by HUP/INT/TERM.`;

function runsDir(command: Command): Command {
  return command.option('--runs-dir <dir>', 'folder that holds the sessions', 'test_runs');
}

function addRun(program: Command, finish: Finish): void {
  addRunOptions(program.command('run').description('run a new session'))
    .exitOverride()
    .action(async (flags) => finish(await (await import('./run.ts')).run(flags)));
  runsDir(
    program.command('resume').description('go on with a session that was interrupted, paused, failed or orphaned'),
  )
    .argument('<session>', 'its id')
    .option('--take-over', 'take it although another host seems to own it', false)
    .option('--keep', 'resume by itself after a crash of the harness', false)
    .option('--quiet', 'show nothing but errors', false)
    .option('--json', 'print the outcome as JSON', false)
    .action(async (id, flags) => finish(await (await import('./resume.ts')).resume(id, flags)));
}

function addWatching(program: Command, finish: Finish): void {
  runsDir(program.command('status').description('how a session stands'))
    .argument('[session]', 'its id; the newest one if left out')
    .option('--json', 'as JSON', false)
    .action(async (id, flags) => finish(await (await import('./status.ts')).status(id, flags)));
  runsDir(program.command('list').description('all sessions'))
    .option('--json', 'as JSON', false)
    .action(async (flags) => finish(await (await import('./list.ts')).list(flags)));
  runsDir(program.command('logs').description('the log of a session'))
    .argument('[session]', 'its id; the newest one if left out')
    .option('-f, --follow', 'go on until the session ends', false)
    .option('-n, --lines <count>', 'how many of the last lines', '50')
    .option('--agent <name>', 'the output of one agent instead')
    .action(async (id, flags) => finish(await (await import('./logs.ts')).logs(id, flags)));
  runsDir(program.command('attach').description('watch a running session; Ctrl+C only stops watching'))
    .argument('[session]', 'its id; the newest one if left out')
    .action(async (id, flags) => finish(await (await import('./attach.ts')).attach(id, flags)));
}

function addSessions(program: Command, finish: Finish): void {
  runsDir(program.command('stop').description('end a running session now: saved, judged, reported'))
    .argument('[session]', 'its id; the newest one if left out')
    .action(async (id, flags) => finish(await (await import('./stop.ts')).stop(id, flags)));
  runsDir(
    program
      .command('judge')
      .description('judge a checkpoint again: all gates, no agent, nothing of the session is changed'),
  )
    .argument('[session]', 'its id; the newest one if left out')
    .option('--at <which>', 'the checkpoint: number, file name, path, latest, or checkpoint_<unix seconds>.json')
    .option('--json', 'as JSON', false)
    .action(async (id, flags) => finish(await (await import('./judge.ts')).judge(id, flags)));
  const session = program.command('session').description('checkpoints of a session').exitOverride();
  runsDir(session.command('list').description('its checkpoints, each with whether it is whole'))
    .requiredOption('--session-id <id>', 'the session')
    .option('--json', 'as JSON', false)
    .action(async (flags) => finish(await (await import('./session.ts')).listCheckpoints(flags)));
  runsDir(session.command('compress').description('have whoever works start its turn again with a compact context'))
    .requiredOption('--session-id <id>', 'the session')
    .action(async (flags) => finish(await (await import('./wishes.ts')).compress(flags)));
  runsDir(program.command('limits').description('change a limit of a running session'))
    .argument('<session>', 'its id')
    .argument('<limit=value>', 'like total_token_budget=8000000 or max_cost_usd=none')
    .requiredOption('--why <text>', 'the reason, kept in the journal and the report')
    .action(async (id, limit, flags) => finish(await (await import('./wishes.ts')).limits(id, limit, flags)));
  runsDir(program.command('chaos').description('inject a fault into a running session that allows it (chaos.allow)'))
    .argument('<session>', 'its id')
    .argument('<fault>', 'kill, stop, hang, flood, garbage, rate-limit, server-error, model-hang, cut-stream, …')
    .option('--agent <name>', 'into this agent; whoever works if left out')
    .action(async (id, fault, flags) => finish(await (await import('./wishes.ts')).chaos(id, fault, flags)));
  runsDir(session.command('restore').description('put the project and the agents back to a checkpoint'))
    .requiredOption('--session-id <id>', 'the session')
    .requiredOption('--checkpoint <which>', 'number, file name, path, latest, or checkpoint_<unix seconds>.json')
    .option('--rewind-clock', 'repeat the phases from there, too', false)
    .action(async (flags) => finish(await (await import('./session.ts')).restoreCheckpoint(flags)));
}

function addConfiguration(program: Command, finish: Finish): void {
  const config = program.command('config').description('the configuration').exitOverride();
  addRunOptions(config.command('show').description('every option with its value'))
    .option('--origin', 'say where each value comes from', false)
    .action(async (flags) => finish(await (await import('./config.ts')).showConfig(flags)));
  config
    .command('schema')
    .description('the JSON schema of mega_test_config.toml, of metrics_current.json, or of final_report.json')
    .option('--of <file>', 'config, metrics or report', 'config')
    .action(async (flags) => finish((await import('./config.ts')).showSchema(flags)));
  addRunOptions(program.command('doctor').description('what is there and what is missing on this machine')).action(
    async (flags) => finish(await (await import('./doctor.ts')).doctor(flags)),
  );
}
