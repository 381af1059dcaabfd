// Reads selfware's stream-json (0.3.1 and later): one JSON object a line, the last one without "event" is the result.
import { z } from 'zod';
import { cleaned } from '../text/clean.ts';
import type { OutputReader, Seen, Signal } from './contract.ts';
import { type Line, LineSplitter } from './lines.ts';
import { fingerprint } from './selfware-state.ts';
import { fromErrors, fromOutput } from './selfware-text.ts';

/** Later versions add events and keys; an event whose own keys are of another kind is none we know. */
const EVENT = z.looseObject({
  event: z.string(),
  step: z.number().optional(),
  tool: z.string().optional(),
  ok: z.boolean().optional(),
  args: z.string().optional(),
  reason: z.string().optional(),
});

/** The last line. It ends the turn, so an odd value of one key must not hide the others. */
const RESULT = z.looseObject({
  event: z.undefined().optional(),
  session_id: z.string().optional().catch(undefined),
  stop_reason: z.string().nullish().catch(undefined),
  usage: z
    .looseObject({ input: z.number().catch(0), output: z.number().catch(0) })
    .nullish()
    .catch(undefined),
});

export function jsonReader(): OutputReader {
  const out = new LineSplitter();
  const err = new LineSplitter();
  let seen: Seen = { stopReason: null, error: null, unsolved: null };
  let lastFailure: string | null = null;
  let started: { readonly tool: string; readonly args: string } | null = null;

  const readLine = ({ text, garbage }: Line): readonly Signal[] => {
    const bad: readonly Signal[] = garbage > 0 ? [{ is: 'garbage', bytes: garbage }] : [];
    if (!text.startsWith('{')) {
      // `resume` prints the text form in some versions, whatever was asked for.
      const signal = fromOutput(text);
      return signal === null ? bad : [...bad, signal];
    }
    const event = parse(text);
    if (event === null) return [{ is: 'garbage', bytes: Buffer.byteLength(text) }];
    if (event.event === undefined) {
      if (event.stop_reason === undefined) return bad;
      seen = { ...seen, stopReason: event.stop_reason === null ? null : cleaned(event.stop_reason) };
      return [...bad, ...fromResult(event)];
    }
    // Some versions tell the failure of a task twice.
    if (event.event === 'task_failed' && event.reason === lastFailure) return bad;
    if (event.event === 'task_failed') lastFailure = event.reason ?? null;
    if (event.event === 'tool_call_started')
      started = event.tool === undefined ? null : { tool: event.tool, args: event.args ?? '' };
    if (event.event === 'tool_call_completed') {
      const args = started?.tool === event.tool ? started?.args : undefined;
      started = null;
      return [...bad, toolSignal(event, args)];
    }
    return [...bad, ...fromEvent(event)];
  };

  const readErrors = (lines: readonly Line[]): readonly Signal[] =>
    lines.flatMap(({ text, garbage }) => {
      const signal = fromErrors(text);
      if (signal?.is === 'error') seen = { ...seen, error: signal.text };
      const bad: readonly Signal[] = garbage > 0 ? [{ is: 'garbage', bytes: garbage }] : [];
      return signal === null ? bad : [...bad, signal];
    });

  return {
    push: (stream, chunk) => (stream === 'out' ? out.push(chunk).flatMap(readLine) : readErrors(err.push(chunk))),
    end: () => [...out.end().flatMap(readLine), ...readErrors(err.end())],
    seen: () => seen,
  };
}

type Event = z.infer<typeof EVENT>;
type Result = z.infer<typeof RESULT>;

function parse(text: string): Event | Result | null {
  try {
    const result = z.union([EVENT, RESULT]).safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

function toolSignal(event: Event, args: string | undefined): Signal {
  const tool = cleaned(event.tool ?? 'unknown', 64);
  return {
    is: 'tool',
    tool,
    ok: event.ok !== false,
    ...(args === undefined ? {} : { call: fingerprint(tool, args) }),
  };
}

function fromEvent(event: Event): readonly Signal[] {
  switch (event.event) {
    case 'step_started':
      return event.step === undefined ? [] : [{ is: 'step', step: event.step }];
    case 'task_completed':
      return [{ is: 'claim' }];
    case 'task_failed':
      return [{ is: 'error', about: 'task', text: cleaned(event.reason ?? 'task failed') }];
    default:
      return [];
  }
}

/** The result tells what the whole run used: it is the agent's own sum, so nothing is added up before it. */
function fromResult(event: Result): readonly Signal[] {
  const signals: Signal[] = [];
  if (event.session_id !== undefined) signals.push({ is: 'task', task: event.session_id });
  if (event.usage) signals.push({ is: 'task-tokens', total: event.usage.input + event.usage.output });
  return signals;
}
