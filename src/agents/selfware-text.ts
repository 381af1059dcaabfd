// Reads what selfware prints as text: version 0.1.x always, later ones when they resume a task.

import { cleaned } from '../text/clean.ts';
import type { OutputReader, Seen, Signal } from './contract.ts';
import { type Line, LineSplitter } from './lines.ts';

const STEP = /📝 Step (\d+) Executing\.\.\.$/;
/** May stand at the end of a line of model text, so it is not tied to the line's beginning. */
const TOKENS = /📊 Tokens: (\d+) prompt \+ (\d+) completion = \d+ total$/;
const RECOVERING = /^⚠️ Recovering from error: (.*)$/;
const FAILED = /^❌ Task (?:failed|aborted)(?:: (.*)| \((.*)\))$/;
const SAFETY = /^🚫 (Safety check failed: .*)$/;
const PARSE = /^✗ (Invalid JSON arguments: .*)$/;
const CLAIM = /^✅ (?:Task completed|Completed)/;
const RESUMED = /^🔖 Opening journal entry ([0-9a-f-]{36})/;
const STDERR_ERROR = /^Error: (.*)$/;
const STDERR_WARNING = /^\S+\s+(?:WARN|ERROR) (.*)$/;

export function textReader(): OutputReader {
  const out = new LineSplitter();
  const err = new LineSplitter();
  let seen: Seen = { stopReason: null, error: null, unsolved: null };

  const read = (stream: 'out' | 'err', lines: readonly Line[]): readonly Signal[] => {
    const signals: Signal[] = [];
    for (const line of lines) {
      if (line.garbage > 0) signals.push({ is: 'garbage', bytes: line.garbage });
      const signal = stream === 'out' ? fromOutput(line.text) : fromErrors(line.text);
      if (signal === null) continue;
      signals.push(signal);
      if (signal.is === 'tokens') seen = { ...seen, unsolved: null };
      if (signal.is === 'error') seen = { ...seen, error: signal.text };
      if (signal.is === 'error' && signal.about === 'step') seen = { ...seen, unsolved: signal.text };
    }
    return signals;
  };

  return {
    push: (stream, chunk) => read(stream, (stream === 'out' ? out : err).push(chunk)),
    end: () => [...read('out', out.end()), ...read('err', err.end())],
    seen: () => seen,
  };
}

/** One line of standard output. Model text comes here too, so a line is only ever a hint. */
export function fromOutput(text: string): Signal | null {
  const step = STEP.exec(text);
  if (step !== null) return { is: 'step', step: Number(step[1]) };
  const tokens = TOKENS.exec(text);
  if (tokens !== null) return { is: 'tokens', prompt: Number(tokens[1]), completion: Number(tokens[2]) };
  const resumed = RESUMED.exec(text);
  if (resumed?.[1] !== undefined) return { is: 'task', task: resumed[1] };
  if (CLAIM.test(text)) return { is: 'claim' };
  for (const [about, pattern] of [
    ['step', RECOVERING],
    ['task', FAILED],
    ['safety', SAFETY],
    ['parse', PARSE],
  ] as const) {
    const match = pattern.exec(text);
    if (match !== null) return { is: 'error', about, text: cleaned(match[1] ?? match[2] ?? '') };
  }
  return null;
}

/** One line of standard error: the program's own words, never the model's. */
export function fromErrors(text: string): Signal | null {
  const error = STDERR_ERROR.exec(text);
  if (error !== null) return { is: 'error', about: 'exit', text: cleaned(error[1] ?? '') };
  const warning = STDERR_WARNING.exec(text);
  if (
    warning?.[1] === undefined ||
    /tokenizer/i.test(warning[1]) ||
    !/retry|error|fail|circuit|timed? ?out|malformed/i.test(warning[1])
  )
    return null;
  return { is: 'error', about: 'log', text: cleaned(warning[1]) };
}
