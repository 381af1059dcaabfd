// selfware's own saved state: only what verifies is believed, and what verifies is read to its last delta.
import { createHmac } from 'node:crypto';
import { appendFileSync, readFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compacted, newTask, readEnvelope, savedTask, taskState } from '../../src/agents/selfware-state.ts';
import { flipped } from '../store/scratch.ts';
import { fixture, type Home, homeOf, VERSIONS } from './selfware-runs.ts';

const WRITES = [
  { tool: 'file_write', ok: true },
  { tool: 'file_write', ok: true },
];

function signedBy(key: Buffer, payload: string): string {
  const sha256 = createHmac('sha256', key).update(payload).digest('hex');
  return `{"sha256":"${sha256}","payload":${payload}}`;
}

function payloadOf(home: Home): Record<string, unknown> {
  return (JSON.parse(readFileSync(home.file, 'utf8')) as { payload: Record<string, unknown> }).payload;
}

test.each([
  ['0.1.4', null],
  ['0.6.7', 240],
  ['0.9.9', 240],
] as const)(
  '%s: a killed task is there with its steps, tool calls and tokens, and can be resumed',
  (version, tokens) => {
    const { home, task } = homeOf(version, 'killed');
    const state = { task, status: 'in_progress', steps: 2, tokens, tools: WRITES };
    expect(taskState(home, task)).toMatchObject(state);
    expect(savedTask(home, task)).toMatchObject(state);
  },
);

test.each([
  ['0.1.4', null],
  ['0.6.7', 480],
  ['0.9.9', 600],
] as const)('%s: a finished task tells its figures, but is nothing to resume', (version, tokens) => {
  const { home, task } = homeOf(version, 'finished');
  const tools = [...WRITES, { tool: 'file_write', ok: true }, { tool: 'cargo_test', ok: true }];
  expect(taskState(home, task)).toMatchObject({ task, status: 'completed', steps: 4, tokens, tools });
  expect(savedTask(home, task)).toBeNull();
});

test.each(VERSIONS)('%s: without its deltas the state is that of the whole file', (version) => {
  const places = homeOf(version, 'killed');
  rmSync(places.deltas);
  expect(taskState(places.home, places.task)).toMatchObject({ steps: payloadOf(places).current_step });
});

test('deltas that do not follow each other are left out, and so is a torn last one', () => {
  const places = homeOf('0.1.4', 'finished');
  const lines = readFileSync(places.deltas, 'utf8').trimEnd().split('\n');
  const before = taskState(places.home, places.task);
  writeFileSync(places.deltas, [...lines.slice(0, 2), ...lines.slice(3)].join('\n'));
  const gap = taskState(places.home, places.task);
  writeFileSync(places.deltas, lines.slice(0, 2).join('\n'));
  expect(gap).toEqual(taskState(places.home, places.task));
  expect([gap?.status, before?.status]).toEqual(['in_progress', 'completed']);
  writeFileSync(places.deltas, `${lines.join('\n')}\n${lines[0]?.slice(0, 40)}`);
  expect(taskState(places.home, places.task)).toEqual(before);
});

test('a delta under another key is not applied', () => {
  const places = homeOf('0.6.7', 'killed');
  const { version } = payloadOf(places);
  const delta = (key: Buffer) =>
    signedBy(
      key,
      `{"base_version":${version},"current_step":9,"new_tool_calls":[],"target_version":${Number(version) + 1}}`,
    );
  writeFileSync(places.deltas, `${delta(Buffer.alloc(32, 7))}\n`);
  expect(taskState(places.home, places.task)?.steps).toBe(1);
  appendFileSync(places.deltas, `${delta(readFileSync(places.key))}\n`);
  expect(taskState(places.home, places.task)?.steps).toBe(9);
});

test.each(['missing', 'empty', 'torn'])('when the file is %s the one before it is read', (how) => {
  const places = homeOf('0.6.7', 'finished');
  if (how === 'missing') rmSync(places.file);
  else truncateSync(places.file, how === 'empty' ? 0 : 900);
  expect(savedTask(places.home, places.task)).toMatchObject({ status: 'in_progress', steps: 1, tokens: 120 });
});

test('without file and copy, without key, or for an unknown task there is nothing', () => {
  const places = homeOf('0.6.7', 'killed');
  expect(taskState(places.home, '00000000-0000-4000-8000-000000000000')).toBeNull();
  renameSync(places.key, `${places.key}.away`);
  expect(taskState(places.home, places.task)).toBeNull();
  renameSync(`${places.key}.away`, places.key);
  rmSync(places.file);
  expect(taskState(places.home, places.task)).toBeNull();
});

test('under the key of another home nothing is believed', () => {
  const places = homeOf('0.6.7', 'killed');
  writeFileSync(places.key, readFileSync(homeOf('0.9.9', 'killed').key));
  expect(taskState(places.home, places.task)).toBeNull();
});

test('a task’s file under the name of another task is refused', () => {
  const places = homeOf('0.6.7', 'killed');
  const other = '00000000-0000-4000-8000-000000000000';
  renameSync(places.file, places.file.replace(places.task, other));
  expect(taskState(places.home, other)).toBeNull();
});

test('a task without messages, which selfware makes up for unknown ids, is nothing to resume', () => {
  const places = homeOf('0.6.7', 'killed');
  const payload = JSON.stringify({ ...payloadOf(places), messages: [] });
  writeFileSync(places.file, signedBy(readFileSync(places.key), payload));
  expect(savedTask(places.home, places.task)).toBeNull();
});

test.each([
  ['paused', true],
  ['failed', false],
  ['completed', false],
])('a %s task: can it be resumed? %s', (status, resumable) => {
  const places = homeOf('0.6.7', 'killed');
  rmSync(places.deltas);
  const payload = JSON.stringify({ ...payloadOf(places), status });
  writeFileSync(places.file, signedBy(readFileSync(places.key), payload));
  expect(savedTask(places.home, places.task) !== null).toBe(resumable);
});

test('with any single bit of an envelope turned over it is refused', () => {
  const places = homeOf('0.6.7', 'killed');
  const key = readFileSync(places.key);
  const line = Buffer.from(readFileSync(places.deltas, 'utf8').split('\n')[0] ?? '');
  expect(readEnvelope(line, key)).not.toBeNull();
  for (let bit = 0; bit < line.length * 8; bit++)
    if (readEnvelope(flipped(line, bit), key) !== null) expect.fail(`bit ${bit} was not noticed`);
});

test.each(VERSIONS)('%s: a changed byte of the file is refused, or was white space', (version) => {
  const places = homeOf(version, 'killed');
  const key = readFileSync(places.key);
  const whole = readFileSync(places.file);
  const right = JSON.stringify(readEnvelope(whole, key));
  for (let byte = 0; byte < whole.length; byte++) {
    const read = readEnvelope(flipped(whole, byte * 8 + (byte % 8)), key);
    if (read !== null && JSON.stringify(read) !== right) expect.fail(`byte ${byte} was not noticed`);
  }
});

test('what only changes white space between the values changes nothing', () => {
  const places = homeOf('0.6.7', 'killed');
  const key = readFileSync(places.key);
  const whole = readFileSync(places.file);
  const dense = compacted(whole.toString('utf8'));
  expect(dense.length).toBeLessThan(whole.length);
  expect(readEnvelope(Buffer.from(dense), key)).toEqual(readEnvelope(whole, key));
});

test('numbers are verified as they are written: 0.0 is not 0', () => {
  const key = Buffer.alloc(32, 1);
  expect(readEnvelope(Buffer.from(signedBy(key, '{"cost":0.0,"n":1e3}')), key)).toMatchObject({ cost: 0, n: 1000 });
  expect(readEnvelope(Buffer.from(signedBy(key, '{"cost":0.0}').replace('0.0', '0')), key)).toBeNull();
  expect(fixture('0.6.7', 'state-killed/checkpoint').toString('utf8')).toContain('"cumulative_cost_usd": 0.0');
});

test('white space inside texts, and quotes in them, are kept', () => {
  expect(compacted('{ "a b" :\n "c \\" d\\\\" , "e": [ 1 , 2 ] }')).toBe('{"a b":"c \\" d\\\\","e":[1,2]}');
});

test('the newest task since a time is found, and a damaged one is passed over', () => {
  const places = homeOf('0.6.7', 'killed');
  const at = (seconds: number) => new Date(1_767_225_600_000 + seconds * 1000);
  utimesSync(places.file, at(10), at(10));
  expect(newTask(places.home, at(10).getTime())?.task).toBe(places.task);
  expect(newTask(places.home, at(11).getTime())).toBeNull();
  const damaged = places.file.replace(places.task, '11111111-1111-4111-8111-111111111111');
  writeFileSync(damaged, 'nonsense');
  writeFileSync(`${places.file}.tmp.1.2.3`, 'nonsense');
  expect(newTask(places.home, at(0).getTime())?.task).toBe(places.task);
  expect(newTask('/nowhere', 0)).toBeNull();
});
