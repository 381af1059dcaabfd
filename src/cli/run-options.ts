// The flags of `run`, which `config show` and `doctor` take as well, so that they speak about the same session.
import type { Command } from 'commander';

/** Flags as commander gives them: camel case, texts or truths. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

export function addRunOptions(command: Command): Command {
  return command
    .option('--project <type>', 'what to build: task_queue, database, microservices, or one of the configuration')
    .option('--duration <time>', 'length: hours, or 90m, 2h30m, 10s (default 6)')
    .option('--agents <count>', 'number of agents, 1 to 16 (default 6)')
    .option('--checkpoint-interval <time>', 'time between checkpoints: minutes, or 30s, 1h (default 10)')
    .option('--session-id <id>', 'name of the session and its folder (default: time and project)')
    .option('--config <file>', 'configuration (default: CONFIG_FILE, else mega_test_config.toml here)')
    .option('--agent <kind>', 'which agent: selfware (default), command, rehearsal')
    .option('--confinement <level>', 'walls round the agents: auto (default), full, processes, group')
    .option('--model <name>', 'model the agent asks for')
    .option('--endpoint <url>', 'OpenAI-compatible endpoint, like http://127.0.0.1:8000/v1')
    .option('--runs-dir <dir>', 'folder that holds the sessions (default test_runs)')
    .option('--max-tokens <count>', 'token budget of the session (default 5000000)')
    .option('--deadline <time>', 'wall time by which all is saved and reported: 06:00 or 2026-11-24T06:00')
    .option('--scenario <name>', 'scenario of the rehearsal agent: a shipped one, or a file')
    .option('--backoff-initial <time>', 'first wait after a failure: seconds, or 1m (default 30)')
    .option('--backoff-max <time>', 'longest wait after a failure: seconds, or 5m (default 300)')
    .option('--rehearse', 'a two-minute session with the rehearsal agent, a crash and some garbage included')
    .option('--detach', 'run in the background; status, logs and attach show it')
    .option('--keep', 'resume by itself after a crash of the harness')
    .option('--dry-run', 'show the plan and start nothing')
    .option('--json', 'print the outcome (or the plan) as JSON')
    .option('--quiet', 'show nothing but errors')
    .addHelpText('after', RUN_EXAMPLES);
}

const RUN_EXAMPLES = `
Examples:
  mega-test run --project database --duration 8 --agents 8 --endpoint http://127.0.0.1:8000/v1 --model qwen3-coder
  mega-test run --rehearse
  mega-test run --project task_queue --duration 90m --dry-run
  mega-test run --detach --session-id night-7 && mega-test attach night-7`;

/** What --rehearse stands for, where no flag says otherwise. */
const REHEARSAL: Flags = {
  agent: 'rehearsal',
  scenario: 'first-look',
  duration: '2m',
  agents: '3',
  checkpointInterval: '20s',
  backoffInitial: '2s',
  backoffMax: '10s',
};

/** Flags by the names of the configuration layers (dashes), the rehearsal's own filled in. */
export function layered(flags: Flags): Flags {
  const all = flags.rehearse === true ? { ...REHEARSAL, ...given(flags) } : given(flags);
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [dashed(name), value]));
}

function given(flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The flags as they would be typed again, for a process that is started in our place. */
export function asArguments(flags: Flags, without: readonly string[]): readonly string[] {
  return Object.entries(given(flags)).flatMap(([name, value]) => {
    if (without.includes(name) || value === false) return [];
    return value === true ? [`--${dashed(name)}`] : [`--${dashed(name)}`, String(value)];
  });
}
