// Answers and requests are read right whatever pieces they come in, and changed nowhere else than meant.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokensOf, tokensOfRequest } from '../../src/gateway/estimate.ts';
import { readRequest, rewrite } from '../../src/gateway/request.ts';
import { EventCutter } from '../../src/gateway/sse.ts';
import { StreamReader } from '../../src/gateway/stream-reader.ts';
import { read } from '../../src/gateway/usage.ts';
import { inTime, runs } from '../fuzz/runs.ts';
import { events, type Style } from './upstream.ts';

test.each([
  ['OpenAI', { usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } }],
  ['vLLM with details', { usage: { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: null } }],
  ['an embedding', { usage: { prompt_tokens: 7, total_tokens: 10 } }],
  ['the responses API', { response: { usage: { input_tokens: 7, output_tokens: 3 } } }],
  ['llama.cpp, timings alone', { timings: { cache_n: 5, prompt_n: 2, predicted_n: 3 } }],
  ['Ollama’s own', { prompt_eval_count: 7, eval_count: 3, done: true }],
])('usage in the form of %s', (_, value) => {
  expect(read(JSON.stringify(value))?.usage).toEqual({ prompt: 7, completion: 3 });
});

test.each([
  ['null', { usage: null }],
  ['negative', { usage: { prompt_tokens: -1, completion_tokens: 3 } }],
  ['fractions', { usage: { prompt_tokens: 1.5, completion_tokens: 3 } }],
  ['texts', { usage: { prompt_tokens: '7', completion_tokens: '3' } }],
  ['beyond all numbers', { usage: { prompt_tokens: 1e300, completion_tokens: 3 } }],
  ['a part', { usage: { completion_tokens: 3 } }],
])('usage that is %s is none', (_, value) => {
  expect(read(JSON.stringify(value))?.usage).toBeNull();
});

test('text, reasoning and tool calls are all seen', () => {
  const delta = {
    reasoning_content: 'think ',
    content: 'say ',
    tool_calls: [{ index: 0, function: { name: 'run', arguments: '{"a":1}' } }],
  };
  expect(read(JSON.stringify({ choices: [{ delta }] }))?.text).toBe('think say run{"a":1}');
  expect(read('{"choices":[{"text":"plain"}]}')?.text).toBe('plain');
});

/** A text cut into pieces at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, nth) => bytes.subarray(sorted[nth], end));
}

test('a stream cut anywhere, with either line end, is read and passed on the same', () => {
  const styles = fc.constantFrom<Style>('vllm', 'ollama', 'llama.cpp');
  fc.assert(
    fc.property(
      styles,
      fc.boolean(),
      fc.boolean(),
      fc.array(fc.nat(), { maxLength: 30 }),
      (style, crlf, hides, places) => {
        const told = { style, prompt: 11, completion: 22, text: 'Grüße 世界 👋 "quoted" ' };
        const list = events({ model: 'm', stream_options: { include_usage: true } }, told);
        const end = (text: string) => (crlf ? text.replaceAll('\n', '\r\n') : text);
        const reader = new StreamReader(hides);
        const passed = [
          ...cut(Buffer.from(end(list.join(''))), places).flatMap((piece) => reader.push(piece)),
          ...reader.end(),
        ];
        const shown = hides ? list.filter((text) => !text.includes('"choices":[]')) : list;
        expect(Buffer.concat(passed).toString('utf8')).toBe(end(shown.join('')));
        const { usage, model, finished } = reader;
        expect({ usage, model, finished, text: reader.text() }).toEqual({
          usage: { prompt: 11, completion: 22 },
          model: 'm',
          finished: true,
          text: told.text,
        });
      },
    ),
    runs(),
  );
});

test('of several usages the last counts', () => {
  const reader = new StreamReader(true);
  for (const completion_tokens of [1, 2, 3])
    reader.push(
      Buffer.from(`data: {"choices":[{}],"usage":{"prompt_tokens":9,"completion_tokens":${completion_tokens}}}\n\n`),
    );
  expect(reader.usage).toEqual({ prompt: 9, completion: 3 });
});

test('whatever bytes a stream has, in whatever pieces: they all pass, and nothing throws', () => {
  const part = fc.constantFrom('\n', '\r', 'data:', ' ', '{"usage":{}}', 'x', '\n\n', '[DONE]', ': ping');
  const bytes = fc.oneof(
    fc.array(part).map((parts) => Buffer.from(parts.join(''))),
    fc.uint8Array().map(Buffer.from),
  );
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(), { maxLength: 10 }), (stream, places) => {
      const reader = new StreamReader(true);
      const passed = [...cut(stream, places).flatMap((piece) => reader.push(piece)), ...reader.end()];
      expect(Buffer.concat(passed)).toEqual(stream);
    }),
    runs(),
  );
});

test('an event of many megabytes is let through in pieces with flat memory, and the next one is read', () => {
  const cutter = new EventCutter();
  const long = Buffer.from(`data: ${'z'.repeat(5e6)}\n\n`);
  const after = Buffer.from('data: next\n\n');
  const pieces = inTime(() =>
    cut(
      Buffer.concat([long, after]),
      Array.from({ length: 500 }, (_, nth) => nth * 10_007),
    ).flatMap((piece) => cutter.push(piece)),
  );
  expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(Buffer.concat([long, after]))).toBe(true);
  expect(pieces.filter(({ whole }) => whole).map(({ bytes }) => bytes.toString())).toEqual([after.toString()]);
});

const json = fc.dictionary(
  fc.oneof(
    fc.constantFrom('model', 'max_tokens', 'max_completion_tokens', 'stream', 'stream_options', 'n'),
    fc.string(),
  ),
  fc.oneof(fc.jsonValue(), fc.integer({ min: 1, max: 1e6 }), fc.boolean()),
);

test('whatever a request holds: only model, stream options and limits differ in what is sent', () => {
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 2), fc.integer({ min: 1, max: 1e5 }), (value, indent, most) => {
      const body = Buffer.from(JSON.stringify(value, null, indent));
      const asked = readRequest(body);
      expect(asked).not.toBeNull();
      if (asked === null) return;
      const sent = JSON.parse(rewrite(asked, { model: 'theirs', usage: true, mostTokens: most }).toString());
      const known = JSON.parse(body.toString());
      const given = ['max_tokens', 'max_completion_tokens'].filter(
        (name) => Number.isSafeInteger(known[name]) && known[name] > 0,
      );
      const lowered = Object.fromEntries(given.map((name) => [name, Math.min(known[name], most)]));
      expect(sent).toEqual({
        ...known,
        model: 'theirs',
        ...(asked.stream && !asked.wantsUsage ? { stream_options: sent.stream_options } : {}),
        ...(given.length === 0 && asked.mostTokens === null ? { max_tokens: most } : lowered),
      });
      if (asked.stream) expect(sent.stream_options.include_usage).toBe(true);
    }),
    runs(),
  );
});

test('what JSON.parse and a rewrite would lose stays: long numbers, spaces, the order', () => {
  const text =
    '{ "seed":12345678901234567890, "temperature": 1.0,\n "model" : "mine" , "messages":[{"a":"\\\\\\"}"}] }';
  const asked = readRequest(Buffer.from(text));
  expect(asked && rewrite(asked, { model: 'theirs', usage: true, mostTokens: null }).toString()).toBe(
    text.replace('"mine"', '"theirs"'),
  );
  expect(asked && rewrite(asked, { model: null, usage: false, mostTokens: null }).toString()).toBe(text);
});

test('whatever bytes a request has: it is read as JSON.parse would, or not at all, and in time', () => {
  const parts = fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '1', ' ', '"model":"x"', 'null');
  const text = fc.oneof(
    fc.array(parts, { maxLength: 30 }).map((all) => all.join('')),
    fc.json(),
  );
  fc.assert(
    fc.property(text, (body) => {
      const asked = inTime(() => readRequest(Buffer.from(body)));
      let value: unknown = null;
      try {
        value = JSON.parse(body);
      } catch {
        return;
      }
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      expect(asked !== null).toBe(isObject);
      if (isObject) expect(new Set(asked?.fields.keys())).toEqual(new Set(Object.keys(value as object)));
    }),
    runs(),
  );
  expect(inTime(() => readRequest(Buffer.from(`{"a":"${'\\'.repeat(2e6)}`)))).toBeNull();
});

test('the estimate is near the truth, whatever the language, and no text is too long or too odd for it', async () => {
  // Counted once by the tokenizer as a whole.
  expect(await tokensOf('The quick brown fox jumps over the lazy dog.')).toBe(10);
  const long = 'export function add(a: number, b: number): number { return a + b; }\n'.repeat(2_000);
  const one = await tokensOf('export function add(a: number, b: number): number { return a + b; }\n');
  expect(Math.abs((await tokensOf(long)) / (one * 2_000) - 1)).toBeLessThan(0.02);
  expect(await tokensOf('<|endoftext|>')).toBeGreaterThan(1);
  expect(await tokensOf('世'.repeat(20_000))).toBeGreaterThan(15_000);
  expect(await tokensOf('👋'.repeat(3_000))).toBeGreaterThan(2_000);
});

test('of a request everything that is read counts, and pictures do not', async () => {
  const messages = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'one two three' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(90_000)}` } },
      ],
    },
  ];
  const tokens = await tokensOfRequest(Buffer.from(JSON.stringify({ messages })));
  expect(tokens).toBeGreaterThan(3);
  expect(tokens).toBeLessThan(20);
  expect(await tokensOfRequest(Buffer.from('no JSON'))).toBe(2);
});
