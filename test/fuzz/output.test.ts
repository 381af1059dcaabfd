// Any bytes as the output of an agent: counted, never interpreted beyond its form, the same whatever the chunks.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandAdapter } from '../../src/agents/command.ts';
import type { OutputReader, Signal } from '../../src/agents/contract.ts';
import { jsonReader } from '../../src/agents/selfware-json.ts';
import { textReader } from '../../src/agents/selfware-text.ts';
import { cleaned, printable } from '../../src/text/clean.ts';
import { inTime, runs } from './runs.ts';

const READERS: readonly (readonly [string, () => OutputReader])[] = [
  ['stream-json', jsonReader],
  ['text', textReader],
  ['any command', commandAdapter(['x'], 'x').reader],
];

const json = fc.json({ maxDepth: 3 }).map((text) => `${text}\n`);
const event = fc
  .record(
    {
      event: fc.oneof(
        fc.constantFrom('tool_call', 'tool_result', 'usage', 'error', 'step', 'result', 'session'),
        fc.string(),
      ),
      tool: fc.anything({ maxDepth: 1 }),
      success: fc.anything({ maxDepth: 1 }),
      prompt_tokens: fc.oneof(fc.double(), fc.string(), fc.integer()),
      completion_tokens: fc.oneof(fc.double(), fc.integer()),
      total_tokens: fc.oneof(fc.double(), fc.integer()),
      error: fc.anything({ maxDepth: 2 }),
      stop_reason: fc.anything({ maxDepth: 1 }),
      step: fc.anything({ maxDepth: 1 }),
      task_id: fc.anything({ maxDepth: 1 }),
    },
    { requiredKeys: ['event'] },
  )
  .map((value) => `${safeJson(value)}\n`);
const words = fc.constantFrom(
  'Step 3',
  '🔧 Tool: file_write ✓',
  'Tokens: 12 prompt, 30 completion',
  'Error: api returned status 500',
  '\u001b[31m',
  '\r',
  'Task ID: abc',
  '\n',
);
const bytes = fc
  .array(
    fc.oneof(
      json,
      event,
      words,
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ maxLength: 80 }).map((some) => Buffer.from(some).toString('latin1')),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'utf8'));

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item)) ?? 'null';
  } catch {
    return '{}';
  }
}

function read(reader: OutputReader, chunks: readonly Buffer[]): Signal[] {
  return inTime(() => [...chunks.flatMap((chunk) => [...reader.push('out', chunk)]), ...reader.end()]);
}

/** How much garbage there was in all; in how many pieces it is told depends on the chunks. */
function summed(signals: readonly Signal[]): unknown {
  const garbage = signals.reduce((sum, signal) => sum + (signal.is === 'garbage' ? signal.bytes : 0), 0);
  return { garbage, others: signals.filter(({ is }) => is !== 'garbage') };
}

test.each(READERS)('%s: the same signals whatever the chunks, all of them sane', (_, make) => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat({ max: 3_000 }), { maxLength: 20 }), (all, cuts) => {
      const places = [...new Set([0, ...cuts.filter((at) => at < all.length), all.length])].sort((a, b) => a - b);
      const chunks = places.slice(1).map((end, index) => all.subarray(places[index], end));
      const [whole, pieces] = [make(), make()];
      const signals = read(whole, [all]);
      expect(summed(read(pieces, chunks))).toEqual(summed(signals));
      expect(pieces.seen()).toEqual(whole.seen());
      for (const signal of signals) {
        if (signal.is === 'tokens') expect(sane(signal.prompt) && sane(signal.completion)).toBe(true);
        if (signal.is === 'task-tokens') expect(sane(signal.total)).toBe(true);
        if (signal.is === 'step') expect(sane(signal.step)).toBe(true);
        if (signal.is === 'tool') expect(signal.tool.length).toBeLessThanOrEqual(64);
        if (signal.is === 'error') expect(signal.text.length).toBeLessThanOrEqual(400);
      }
    }),
    runs(4),
  );
});

function sane(count: number): boolean {
  return Number.isFinite(count) && count >= 0;
}

test('one line without an end, of any length, costs no more memory than a line may', () => {
  for (const [, make] of READERS) {
    const reader = make();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 64; n++) reader.push('out', chunk);
    reader.end();
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  }
});

test('text for people holds nothing that drives a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
      expect(cleaned(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      expect(cleaned(text).length).toBeLessThanOrEqual(301);
      expect(printable(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    }),
    runs(4),
  );
});
