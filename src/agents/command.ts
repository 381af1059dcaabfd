// The adapter for any other program: argv with placeholders, the prompt on standard input or in a file, nothing assumed.

import type { Exit, Launch } from '../process/launch.ts';
import { cleaned } from '../text/clean.ts';
import type { AgentAdapter, OutputReader, Seen, Signal, TurnSpec } from './contract.ts';
import { LineSplitter } from './lines.ts';
import { COMMIT_OFTEN, keyOf } from './selfware.ts';

/** Placeholders that may stand in an argument, and what they become. */
export const PLACEHOLDERS = ['{project}', '{home}', '{prompt_file}', '{max_seconds}', '{endpoint}'] as const;

export function commandAdapter(command: readonly string[], version: string): AgentAdapter {
  return {
    kind: 'command',
    version,
    keyVariable: null,
    tellsTokens: false,
    commitRule: COMMIT_OFTEN,
    graces: { interruptMs: 5_000, terminateMs: 5_000 },
    savedNames: [],
    launch: (spec) => launch(command, spec),
    reader,
    failureOf,
    savedTask: () => null,
    newTask: () => null,
    stateOf: () => null,
    toolsInState: () => false,
  };
}

function launch(command: readonly string[], spec: TurnSpec): Launch {
  const [file = '', ...args] = command.map((word) => filled(word, spec));
  // The names most clients of such an endpoint look for.
  const env: Record<string, string> =
    spec.model === null ? {} : { OPENAI_BASE_URL: spec.model.endpoint, OPENAI_API_KEY: spec.model.key };
  return { file, args, env };
}

function filled(word: string, spec: TurnSpec): string {
  return word
    .replaceAll('{project}', spec.project)
    .replaceAll('{home}', spec.home)
    .replaceAll('{prompt_file}', spec.promptFile)
    .replaceAll('{max_seconds}', String(Math.ceil(spec.maxMs / 1000)))
    .replaceAll('{endpoint}', spec.model?.endpoint ?? '');
}

/** Its output is kept and shown, never interpreted; only bytes that are no text are counted. */
function reader(): OutputReader {
  const splitters = { out: new LineSplitter(), err: new LineSplitter() };
  let last = '';
  const signals = (stream: 'out' | 'err', lines: ReturnType<LineSplitter['push']>): readonly Signal[] => {
    if (stream === 'err') last = lines.findLast(({ text }) => text.trim() !== '')?.text ?? last;
    return lines.flatMap(({ garbage }) => (garbage > 0 ? [{ is: 'garbage', bytes: garbage } as const] : []));
  };
  return {
    push: (stream, chunk) => signals(stream, splitters[stream].push(chunk)),
    end: () => [...signals('out', splitters.out.end()), ...signals('err', splitters.err.end())],
    seen: () => ({ stopReason: null, error: last === '' ? null : cleaned(last), unsolved: null }),
  };
}

function failureOf({ code, signal }: Exit, { error }: Seen): ReturnType<AgentAdapter['failureOf']> {
  if (code === 0) return null;
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const text = `the agent's command ended ${how}${error === null ? '' : `: ${error}`}`;
  return { kind: 'process-crash', key: keyOf('process-crash', signal ?? `exit ${code}`), text };
}
