// Reading what three selfware versions really printed: steps, tool calls, tokens, task, claims and errors.
import { expect, test } from 'vitest';
import { fromErrors, fromOutput } from '../../src/agents/selfware-text.ts';
import { adapterOf, homeOf, only, readRun, VERSIONS } from './selfware-runs.ts';

const FINISHED_TOOLS = ['file_write', 'file_write', 'file_write', 'cargo_test'];

test('0.1.4: steps and tokens of a finished turn are read from its text', () => {
  const reading = readRun('0.1.4', 'finished');
  expect(only(reading, 'step').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  expect(only(reading, 'tokens')).toEqual(Array(4).fill({ is: 'tokens', prompt: 100, completion: 20 }));
  expect(only(reading, 'claim')).toHaveLength(1);
  expect(only(reading, 'error')).toEqual([]);
  expect(reading.seen).toEqual({ stopReason: null, error: null, unsolved: null });
});

test.each(['0.6.7', '0.9.9'] as const)('%s: everything of a finished turn is read from its events', (version) => {
  const reading = readRun(version, 'finished');
  expect(only(reading, 'step').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  expect(only(reading, 'tool')).toMatchObject(FINISHED_TOOLS.map((tool) => ({ is: 'tool', tool, ok: true })));
  expect(only(reading, 'task-tokens')).toEqual([{ is: 'task-tokens', total: 600 }]);
  expect(only(reading, 'task')).toEqual([{ is: 'task', task: homeOf(version, 'finished').task }]);
  expect(only(reading, 'claim')).toHaveLength(1);
  expect(only(reading, 'error')).toEqual([]);
  expect(reading.seen).toEqual({ stopReason: 'REAL_EDIT', error: null, unsolved: null });
});

test.each(VERSIONS)('%s: no byte of a real run counts as garbage', (version) => {
  for (const run of ['finished', 'outage', 'killed', 'resumed', 'interrupted', 'bad-settings', 'planning-failed'])
    expect([run, only(readRun(version, run), 'garbage')]).toEqual([run, []]);
});

test.each(VERSIONS)('%s: read byte by byte, a run says the same as read at once', (version) => {
  for (const run of ['finished', 'outage', 'resumed']) expect(readRun(version, run, 1)).toEqual(readRun(version, run));
});

test.each(VERSIONS)('%s: a killed turn has its steps up to then, and no end', (version) => {
  const reading = readRun(version, 'killed');
  expect(only(reading, 'step').map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(only(reading, 'claim')).toEqual([]);
  expect(reading.seen).toEqual({ stopReason: null, error: null, unsolved: null });
});

test.each(['0.1.4', '0.6.7'] as const)('%s: a resumed turn names its task in text', (version) => {
  expect(only(readRun(version, 'resumed'), 'task')).toEqual([{ is: 'task', task: homeOf(version, 'killed').task }]);
});

test('0.1.4: a resumed turn goes on counting steps, and tells only its own tokens', () => {
  const reading = readRun('0.1.4', 'resumed');
  expect(only(reading, 'step').map(({ step }) => step)).toEqual([3, 4]);
  expect(only(reading, 'tokens')).toHaveLength(2);
});

test('0.9.9: a resumed turn tells its steps and tool calls as events again', () => {
  const reading = readRun('0.9.9', 'resumed');
  expect(only(reading, 'step').map(({ step }) => step)).toEqual([3, 4]);
  expect(only(reading, 'tool')).toMatchObject([{ is: 'tool', tool: 'cargo_test', ok: true }]);
  expect(reading.seen.stopReason).toBe('REAL_EDIT');
});

test.each([
  ['0.1.4', 'planning-failed', 'API returned status 500: {"error":{"message":"overloaded"}}'],
  ['0.1.4', 'unreadable-answer', 'Failed to parse response JSON'],
  ['0.1.4', 'bad-settings', 'Failed to parse config'],
  ['0.6.7', 'planning-failed', 'API returned status 500: {"error":{"message":"overloaded"}}'],
  ['0.6.7', 'wall-limit', 'Wall-clock timeout: 3s >= 3s'],
  ['0.6.7', 'budget', 'Token budget exhausted: 360 >= 250 tokens'],
  ['0.6.7', 'unauthorised', 'API returned status 401: {"error":{"message":"bad key"}}'],
  ['0.9.9', 'wall-limit', 'Wall-clock timeout: 3s >= 3s'],
  ['0.9.9', 'budget', 'Token budget exhausted: 360 >= 250 tokens'],
] as const)('%s, %s: its last words are kept', (version, run, error) => {
  expect(readRun(version, run).seen.error).toBe(error);
});

test('0.1.4: errors it goes on from are told one by one', () => {
  const reading = readRun('0.1.4', 'outage');
  const steps = only(reading, 'error').filter(({ about }) => about === 'step');
  expect(steps).toHaveLength(3);
  expect(steps[0]?.text).toMatch(/^Streaming failed: API returned status 503/);
  expect(only(reading, 'error').some(({ text }) => /tokenizer|API keys/.test(text))).toBe(false);
});

test('0.9.9: an interrupted turn has its reason in the result', () => {
  expect(readRun('0.9.9', 'interrupted').seen.stopReason).toBe('error: Task cancelled by user');
  expect(readRun('0.9.9', 'terminated').seen.stopReason).toBe('error: Task terminated by system signal (SIGTERM)');
});

function readText(version: '0.6.7' | '0.9.9', text: string | Buffer) {
  const reader = adapterOf(version).reader();
  const signals = [...reader.push('out', Buffer.from(text)), ...reader.end()];
  return { signals, seen: reader.seen() };
}

test('events and keys of later versions are no garbage', () => {
  const { signals } = readText(
    '0.9.9',
    '{"event":"new_thing","type":"new_thing","x":{"y":[1]}}\n{"event":"step_started","step":7,"more":1}\n',
  );
  expect(signals).toEqual([{ is: 'step', step: 7 }]);
});

test('a line that begins like an event and is none is counted by its bytes', () => {
  const broken = '{"event":"step_started","ste';
  expect(readText('0.9.9', broken).signals).toEqual([{ is: 'garbage', bytes: broken.length }]);
  expect(readText('0.9.9', '{"event":"step_started","step":"seven"}\n').signals).toEqual([
    { is: 'garbage', bytes: 39 },
  ]);
});

test('model text in an event is never taken for the agent’s own words', () => {
  const text = JSON.stringify({
    event: 'text_delta',
    text: '✅ Task completed\n📝 Step 9 Executing...',
    stop_reason: 'REAL_EDIT',
  });
  expect(readText('0.9.9', `${text}\n`)).toEqual({
    signals: [],
    seen: { stopReason: null, error: null, unsolved: null },
  });
});

test('hostile text in an event is cleaned before it goes on', () => {
  const event = { event: 'tool_call_completed', tool: `\u001b]0;title\u0007rm\n${'x'.repeat(200)}`, ok: false };
  const [signal] = readText('0.9.9', `${JSON.stringify(event)}\n`).signals;
  expect(signal).toMatchObject({ is: 'tool', ok: false });
  expect(JSON.stringify(signal)).not.toMatch(/\\u001b|\\n/);
  expect(signal?.is === 'tool' ? signal.tool.length : 0).toBeLessThanOrEqual(64);
});

test('a result without usage, or with null in it, still ends the turn', () => {
  const { signals, seen } = readText(
    '0.9.9',
    '{"session_id":"t","stop_reason":"NO_CHANGES","usage":null,"failure_mode":null}\n',
  );
  expect([signals, seen.stopReason]).toEqual([[{ is: 'task', task: 't' }], 'NO_CHANGES']);
});

test.each([
  ['📝 Step 12 Executing...', { is: 'step', step: 12 }],
  ['text 📊 Tokens: 1 prompt + 2 completion = 3 total', { is: 'tokens', prompt: 1, completion: 2 }],
  ['✅ Task completed successfully (REAL_EDIT)', { is: 'claim' }],
  ['✅ Completed — no file changes made (NO_CHANGES)', { is: 'claim' }],
  ['❌ Task failed: Max iterations exceeded', { is: 'error', about: 'task', text: 'Max iterations exceeded' }],
  ['❌ Task aborted (READ_LOOP)', { is: 'error', about: 'task', text: 'READ_LOOP' }],
  ['🚫 Safety check failed: no', { is: 'error', about: 'safety', text: 'Safety check failed: no' }],
  ['✗ Invalid JSON arguments: eof', { is: 'error', about: 'parse', text: 'Invalid JSON arguments: eof' }],
  ['⚠️ Recovering from error: x', { is: 'error', about: 'step', text: 'x' }],
  ['I think the task failed', null],
  ['📝 Step one Executing...', null],
])('text line "%s" is read as what it is', (line, signal) => {
  expect(fromOutput(line)).toEqual(signal);
});

test.each([
  ['Error: Agent failed: x', 'exit'],
  ['2026-11-23T16:56:04.174911Z  WARN Retry attempt 1/1 after 50ms delay', 'log'],
  ['2026-11-23T16:56:04.174911Z  WARN Failed to load Qwen tokenizer: request error', null],
  ['2026-11-23T16:56:04.174911Z  INFO Agent failed somewhere', null],
  ['Caused by:', null],
])('error line "%s" is read as %s', (line, about) => {
  expect(fromErrors(line)).toEqual(about === null ? null : expect.objectContaining({ is: 'error', about }));
});

test('a long result line still ends the turn', () => {
  const result = `${JSON.stringify({ session_id: 't', stop_reason: 'FAKE_COMPLETE', usage: { input: 1, output: 1 }, answer: 'x'.repeat(100_000) })}\n`;
  const reader = adapterOf('0.9.9').reader();
  reader.push('out', Buffer.from(result.slice(0, 70_000)));
  reader.push('out', Buffer.from(result.slice(70_000)));
  reader.end();
  expect(reader.seen().stopReason).toBe('FAKE_COMPLETE');
});

test('a 0.6.7 turn that fails tells its failure once', () => {
  expect(only(readRun('0.6.7', 'wall-limit'), 'error').filter(({ about }) => about === 'task')).toHaveLength(1);
});

test('a resumed 0.6.7 turn tells its tool calls by the saved state, as its output has none', () => {
  expect(only(readRun('0.6.7', 'resumed'), 'tool').length > 0 || adapterOf('0.6.7').toolsInState(true)).toBe(true);
});

test('a result with session_id null, or another odd key, still ends the turn', () => {
  const reader = adapterOf('0.9.9').reader();
  reader.push('out', Buffer.from('{"session_id":null,"stop_reason":"FAKE_COMPLETE","usage":{"input":1}}\n'));
  expect(reader.seen().stopReason).toBe('FAKE_COMPLETE');
});
