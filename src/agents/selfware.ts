// The adapter for selfware, all three of its generations: how a turn is started, what its end means.

import type { Exit, Launch } from '../process/launch.ts';
import type { Failure, FailureKind } from '../session/failure.ts';
import { cleaned } from '../text/clean.ts';
import type { AgentAdapter, Seen, TurnSpec } from './contract.ts';
import { jsonReader } from './selfware-json.ts';
import { newTask, SELFWARE_STATE, savedTask, taskState } from './selfware-state.ts';
import { textReader } from './selfware-text.ts';

/** What probing the program found out. */
export interface SelfwareFacts {
  readonly file: string;
  /** Arguments before selfware's own: empty but for the rehearsal, which is a script. */
  readonly prefix: readonly string[];
  readonly version: string;
  readonly generation: Generation;
}

/**
 * text: 0.1 and 0.2, text output, no limits of its own, exit codes that mislead.
 * json: 0.3.1 to 0.7, stream-json and limits; a failed verdict can still exit 0.
 * strict: 0.8 and later, a failed verdict is not 0, 130/143 on signals.
 */
export type Generation = 'text' | 'json' | 'strict';

/** From `--version` and `--help` to the generation; flags decide where both tell. */
export function generationOf(version: string, help: string): Generation {
  if (!help.includes('--output-format') || !help.includes('--max-wall-secs')) return 'text';
  const match = /(\d+)\.(\d+)\./.exec(version);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return major > 0 || minor >= 8 ? 'strict' : 'json';
}

export function selfwareAdapter(facts: SelfwareFacts, kind: 'selfware' | 'rehearsal'): AgentAdapter {
  return {
    kind,
    version: facts.version,
    keyVariable: kind === 'selfware' ? 'SELFWARE_API_KEY' : null,
    tellsTokens: true,
    commitRule: facts.generation === 'strict' ? COMMIT_BEFORE : COMMIT_OFTEN,
    // 0.1 leaves its loop only between two calls and forces itself out after 10 s; later ones answer at once.
    graces:
      facts.generation === 'text'
        ? { interruptMs: 12_000, terminateMs: 2_000 }
        : { interruptMs: 11_000, terminateMs: 2_000 },
    savedNames: SELFWARE_STATE,
    launch: (spec) => launch(facts, spec),
    reader: facts.generation === 'text' ? textReader : jsonReader,
    failureOf: (exit, seen) => failureOf(exit, seen),
    savedTask,
    newTask,
    stateOf: taskState,
    // Until 0.7 a resumed turn prints text, which does not show them.
    toolsInState: (resumed) => facts.generation === 'text' || (facts.generation === 'json' && resumed),
  };
}

export const COMMIT_OFTEN = 'Commit often, with messages that say why.';
/** 0.9 answers "EmptyDiff" and goes on until its limits when `git diff` is empty at the end. */
const COMMIT_BEFORE =
  'Begin by committing what earlier turns left uncommitted, with messages that say why; leave the changes of this turn uncommitted when you end it.';

function launch({ file, prefix, generation }: SelfwareFacts, spec: TurnSpec): Launch {
  const args = [...prefix, '--config', spec.config, '--workdir', spec.project, '--yolo'];
  if (generation === 'text') args.push('--show-tokens');
  else {
    // Given as flags: until 0.7.3 absent ones overrode the settings file. Ours are the real limits; these only
    // let the agent end by itself a little before.
    args.push('--output-format', 'stream-json', '--max-wall-secs', String(Math.max(1, Math.ceil(spec.maxMs / 1000))));
    args.push('--max-turns', '100000');
    if (spec.tokensLeft !== null) args.push('--max-budget-tokens', String(Math.max(1, spec.tokensLeft)));
  }
  args.push(...(spec.resume === null ? ['--prompt', '-'] : ['resume', spec.resume]));
  const env: Record<string, string> = { NO_COLOR: '1', RUST_LOG: `selfware=${spec.logLevel}` };
  if (spec.model !== null) {
    env.SELFWARE_ENDPOINT = spec.model.endpoint;
    env.SELFWARE_API_KEY = spec.model.key;
  }
  return { file, args, env };
}

/** Results of a whole run that are no failure. */
const GOOD_ENDS = new Set(['REAL_EDIT', 'NO_CHANGES', 'completed']);

function failureOf(exit: Exit, seen: Seen): Failure | null {
  if (exit.signal !== null) return crash(`the agent was ended by ${exit.signal}`, exit.signal);
  const said = seen.error ?? seen.stopReason ?? '';
  // Its wall limit is our turn's end; reaching it is no failure.
  if (/wall-clock timeout/i.test(said)) return null;
  if (exit.code === 0) {
    const tag = seen.stopReason;
    if (tag === null || GOOD_ENDS.has(tag)) return null;
    return failure('agent-gave-up', tag, `the agent ended with ${tag}`);
  }
  if (exit.code === 101) return crash('the agent panicked (exit code 101)', 'panic');
  if (/requires (?:interactive )?(?:confirmation|approval)|PERMISSION_REQUIRED/i.test(said))
    return failure('configuration', said, `the agent may not use its tools: ${said}`);
  const kind = exit.code === 4 ? 'llm-error' : kindOf(said, seen.unsolved);
  // An outage can end with code 2 as well, whatever words the endpoint used.
  if (exit.code === 2 && kind !== 'llm-error')
    return failure('configuration', said, `the agent refused its settings: ${said}`);
  if (kind === 'process-crash')
    return crash(
      `the agent ended with exit code ${exit.code}${said === '' ? '' : `: ${said}`}`,
      said || String(exit.code),
    );
  return failure(kind, said, `${said} (exit code ${exit.code})`);
}

const KINDS: readonly (readonly [FailureKind, RegExp])[] = [
  [
    'llm-error',
    /api returned status|api error|network error|circuit breaker|streaming failed|stream (?:timeout|error)|no response from model|planning failed/i,
  ],
  ['parse-failure', /failed to parse|invalid json|malformed/i],
  ['memory-pressure', /context overflow|out of memory|cannot allocate/i],
  ['agent-gave-up', /max iterations|budget exhausted|agent failed|task (?:incomplete|failed|cancelled)/i],
];

function kindOf(said: string, unsolved: string | null): FailureKind {
  const kind = KINDS.find(([, pattern]) => pattern.test(said))?.[0] ?? 'process-crash';
  // It gave up because it went in circles round an error that is still there: that one is the cause.
  return kind === 'agent-gave-up' && unsolved !== null && kindOf(unsolved, null) === 'llm-error' ? 'llm-error' : kind;
}

function crash(text: string, said: string): Failure {
  return failure('process-crash', said, text);
}

function failure(kind: FailureKind, said: string, text: string): Failure {
  return { kind, key: keyOf(kind, said), text: cleaned(text) };
}

/** The same trouble has the same key, whatever numbers and ids are in its text. */
export function keyOf(kind: FailureKind, said: string): string {
  const shape = cleaned(said, 2_000)
    .toLowerCase()
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|[0-9a-f]{8,}|\d+/g, '#')
    .slice(0, 120);
  return shape === '' ? kind : `${kind}: ${shape}`;
}
