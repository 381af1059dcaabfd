// Reads selfware's stream-json (0.3.1 and later): one JSON object a line, the last one without "event" is the result.
import { z } from 'zod';
import { cleaned } from '../text/clean.ts';
import type { OutputReader, Seen, Signal } from './contract.ts';
import { type Line, LineSplitter } from './lines.ts';
import { fromErrors, fromOutput } from './selfware-text.ts';

/** Lenient on purpose: later versions add events and keys. */
const EVENT = z.looseObject({
  event: z.string().optional(),
  step: z.number().optional(),
  tool: z.string().optional(),
  ok: z.boolean().optional(),
  reason: z.string().optional(),
  session_id: z.string().optional(),
  stop_reason: z.string().nullish(),
  failure_mode: z.string().nullish(),
  usage: z.looseObject({ input: z.number(), output: z.number() }).nullish(),
});

export function jsonReader(): OutputReader {
  const out = new LineSplitter();
  const err = new LineSplitter();
  let seen: Seen = { stopReason: null, error: null };

  const readLine = ({ text, garbage }: Line): readonly Signal[] => {
    const bad: readonly Signal[] = garbage > 0 ? [{ is: 'garbage', bytes: garbage }] : [];
    if (!text.startsWith('{')) {
      // `resume` prints the text form in some versions, whatever was asked for.
      const signal = fromOutput(text);
      return signal === null ? bad : [...bad, signal];
    }
    const event = parse(text);
    if (event === null) return [{ is: 'garbage', bytes: Buffer.byteLength(text) }];
    if (event.event === undefined && event.stop_reason !== undefined) {
      seen = { ...seen, stopReason: event.stop_reason === null ? null : cleaned(event.stop_reason) };
      return [...bad, ...fromResult(event)];
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

type Parsed = z.infer<typeof EVENT>;

function parse(text: string): Parsed | null {
  try {
    const result = EVENT.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

function fromEvent(event: Parsed): readonly Signal[] {
  switch (event.event) {
    case 'step_started':
      return event.step === undefined ? [] : [{ is: 'step', step: event.step }];
    case 'tool_call_completed':
      return [{ is: 'tool', tool: cleaned(event.tool ?? 'unknown', 64), ok: event.ok !== false }];
    case 'task_completed':
      return [{ is: 'claim' }];
    case 'task_failed':
      return [{ is: 'error', about: 'task', text: cleaned(event.reason ?? 'task failed') }];
    default:
      return [];
  }
}

/** The result tells what the whole run used: it is the agent's own sum, so nothing is added up before it. */
function fromResult(event: Parsed): readonly Signal[] {
  const signals: Signal[] = [];
  if (event.session_id !== undefined) signals.push({ is: 'task', task: event.session_id });
  if (event.usage) signals.push({ is: 'turn-tokens', total: event.usage.input + event.usage.output });
  return signals;
}
