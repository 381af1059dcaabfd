// What the end of a turn means: one row a case, from real runs of three selfware versions where there are some.
import { expect, test } from 'vitest';
import { generationOf, keyOf } from '../../src/agents/selfware.ts';
import type { Exit } from '../../src/process/launch.ts';
import { adapterOf, fixture, GENERATIONS, readRun, VERSIONS, type Version } from './selfware-runs.ts';

function kindOfRun(version: Version, run: string, exit: Exit): string | null {
  return adapterOf(version).failureOf(exit, readRun(version, run).seen)?.kind ?? null;
}

function exited(code: number): Exit {
  return { code, signal: null };
}

test.each([
  ['0.1.4', 'finished', 0, null],
  ['0.1.4', 'resumed', 0, null],
  ['0.1.4', 'planning-failed', 4, 'llm-error'],
  ['0.1.4', 'unreadable-answer', 1, 'parse-failure'],
  ['0.1.4', 'bad-settings', 2, 'configuration'],
  ['0.1.4', 'interrupted', 1, 'process-crash'],
  ['0.6.7', 'finished', 0, null],
  ['0.6.7', 'no-changes', 0, null],
  ['0.6.7', 'resumed', 0, null],
  ['0.6.7', 'wall-limit', 1, null],
  ['0.6.7', 'budget', 1, 'agent-gave-up'],
  ['0.6.7', 'planning-failed', 4, 'llm-error'],
  ['0.6.7', 'unauthorised', 4, 'llm-error'],
  ['0.6.7', 'outage', 4, 'llm-error'],
  ['0.6.7', 'bad-settings', 2, 'configuration'],
  ['0.9.9', 'finished', 0, null],
  ['0.9.9', 'no-changes', 0, null],
  ['0.9.9', 'resumed', 0, null],
  ['0.9.9', 'wall-limit', 1, null],
  ['0.9.9', 'budget', 1, 'agent-gave-up'],
  ['0.9.9', 'planning-failed', 4, 'llm-error'],
  ['0.9.9', 'unreadable-answer', 1, 'llm-error'],
  ['0.9.9', 'outage', 4, 'llm-error'],
  ['0.9.9', 'bad-settings', 2, 'configuration'],
  ['0.9.9', 'terminated', 143, 'process-crash'],
] as const)('%s, %s, exit code %i: %s', (version, run, code, kind) => {
  expect(kindOfRun(version, run, exited(code))).toBe(kind);
});

test.each(VERSIONS)('%s: a turn ended by a signal is a crash that names it, whatever was said before', (version) => {
  const exit = { code: null, signal: 'SIGKILL' };
  expect(adapterOf(version).failureOf(exit, readRun(version, 'finished').seen)).toEqual({
    kind: 'process-crash',
    key: 'process-crash: sigkill',
    text: 'the agent was ended by SIGKILL',
  });
});

/** Rows no real run is kept of: exit code, its own reason, its last error. */
test.each([
  ['a verdict that failed but exits with 0', 0, 'FAKE_COMPLETE', null, 'agent-gave-up'],
  ['any other failure tag with 0', 0, 'READ_LOOP', null, 'agent-gave-up'],
  ['a completed task that a later version calls so', 0, 'completed', null, null],
  ['0 without any reason', 0, null, null, null],
  ['0 after errors it went on from', 0, null, 'API returned status 500', null],
  ['a verdict that failed', 1, null, 'task incomplete (FAKE_COMPLETE): nothing was edited', 'agent-gave-up'],
  ['the iteration limit', 1, null, 'Agent failed: Max iterations exceeded', 'agent-gave-up'],
  ['the cost limit', 1, null, 'Cost budget exhausted: $2 >= $1', 'agent-gave-up'],
  ['the wall limit told by the result alone', 1, 'error: Wall-clock timeout: 60s >= 60s', null, null],
  ['a cut stream', 1, null, 'Stream timeout: no data for 60 seconds', 'llm-error'],
  ['an open breaker', 1, null, 'Circuit breaker is open - API is unavailable', 'llm-error'],
  ['an empty answer', 1, null, 'No response from model', 'llm-error'],
  ['arguments that are no JSON', 1, null, 'Invalid JSON arguments: eof', 'parse-failure'],
  ['a context that is too long', 1, null, 'Context overflow: 140000 > 128000', 'memory-pressure'],
  ['an allocation that failed', 1, null, 'Cannot allocate memory (os error 12)', 'memory-pressure'],
  ['a panic', 101, null, null, 'process-crash'],
  ['a standard output that was closed', 141, null, null, 'process-crash'],
  ['an exit code alone', 1, null, null, 'process-crash'],
  ['exit code 4 without a word', 4, null, null, 'llm-error'],
  ['exit code 2 without a word', 2, null, null, 'configuration'],
])('%s', (_, code, stopReason, error, kind) => {
  expect(adapterOf('0.9.9').failureOf(exited(code), { stopReason, error, unsolved: null })?.kind ?? null).toBe(kind);
});

test('a panic is told as one, whatever its place in the program', () => {
  expect(
    adapterOf('0.9.9').failureOf(exited(101), {
      stopReason: null,
      error: 'thread main panicked at src/a.rs:1',
      unsolved: null,
    }),
  ).toEqual({
    kind: 'process-crash',
    key: 'process-crash: panic',
    text: 'the agent panicked (exit code 101)',
  });
});

test('a failure’s text says what a person needs, on one line and cut', () => {
  const said = { stopReason: null, error: `API error:\n\u001b[31m${'x'.repeat(1_000)}`, unsolved: null };
  const failure = adapterOf('0.6.7').failureOf(exited(4), said);
  expect(failure?.text).toMatch(/^API error: x+…$/);
  expect(failure?.text.length).toBeLessThanOrEqual(300);
  expect(adapterOf('0.6.7').failureOf(exited(7), { stopReason: null, error: null, unsolved: null })?.text).toBe(
    'the agent ended with exit code 7',
  );
});

test.each([
  ['Max iterations (17) exceeded', 'Max iterations (9000) exceeded'],
  ['Wall-clock timeout: 3s >= 3s', 'wall-clock timeout: 120s >= 100s'],
  ['commit 0a1b2c3d4e5f is gone', 'commit f00dbabe1234 is gone'],
  ['port 127.0.0.1:8000 refused', 'port 127.0.0.1:43117 refused'],
])('the same trouble with other numbers has the same key: %s', (one, other) => {
  expect(keyOf('llm-error', one)).toBe(keyOf('llm-error', other));
});

test('other trouble, or another kind, has another key; nothing said is the kind itself', () => {
  expect(keyOf('llm-error', 'stream cut')).not.toBe(keyOf('llm-error', 'bad answer'));
  expect(keyOf('llm-error', 'stream cut')).not.toBe(keyOf('stall', 'stream cut'));
  expect(keyOf('process-crash', '')).toBe('process-crash');
  expect(keyOf('process-crash', 'x'.repeat(10_000)).length).toBeLessThan(200);
});

test.each(VERSIONS)('selfware %s is recognised by what it really answers', (version) => {
  const answer = fixture(version, 'version.txt').toString('utf8').trim();
  expect(answer).toBe(`selfware ${version}`);
  expect(generationOf(answer, fixture(version, 'help.txt').toString('utf8'))).toBe(GENERATIONS[version]);
});

test('where version and help disagree, the flags decide first, then the number', () => {
  const [old, late] = [fixture('0.1.4', 'help.txt').toString('utf8'), fixture('0.6.7', 'help.txt').toString('utf8')];
  expect(generationOf('selfware 0.9.9', old)).toBe('text');
  expect(generationOf('selfware 0.3.1-beta.1+g7e0c3e3c', late)).toBe('json');
  expect(generationOf('selfware 0.8.0', late)).toBe('strict');
  expect(generationOf('selfware 1.0.0', late)).toBe('strict');
});

const SPEC = {
  project: '/project',
  home: '/home/agent',
  config: '/home/agent/selfware.toml',
  promptFile: '/prompt.txt',
  resume: null,
  maxMs: 90_500,
  logLevel: 'info',
  tokensLeft: 1234,
  model: null,
};

test('a fresh turn reads its prompt from standard input, within its limits', () => {
  expect(adapterOf('0.6.7').launch(SPEC).args.join(' ')).toBe(
    '--config /home/agent/selfware.toml --workdir /project --yolo --output-format stream-json --max-wall-secs 91 --max-turns 100000 --max-budget-tokens 1234 --prompt -',
  );
});

test('a resumed turn names its task, and without a budget there is no limit of tokens', () => {
  const { args } = adapterOf('0.9.9').launch({ ...SPEC, resume: 'task-id', tokensLeft: null, model: null });
  expect(args.slice(-2)).toEqual(['resume', 'task-id']);
  expect(args).not.toContain('--max-budget-tokens');
  expect(args).not.toContain('--prompt');
});

test('0.1.4 gets no flag it does not know', () => {
  const { args, env } = adapterOf('0.1.4').launch(SPEC);
  const help = fixture('0.1.4', 'help.txt').toString('utf8');
  for (const flag of args.filter((one) => one.startsWith('--'))) expect(help).toContain(flag);
  expect(env).toEqual({ NO_COLOR: '1', RUST_LOG: 'selfware=info' });
});

test.each(['0.6.7', '0.9.9'] as const)('%s gets no flag it does not know', (version) => {
  const help = fixture(version, 'help.txt').toString('utf8');
  for (const flag of adapterOf(version)
    .launch(SPEC)
    .args.filter((one) => one.startsWith('--')))
    expect(help).toContain(flag);
});

test('used up budgets and times are still given as positive numbers', () => {
  const { args } = adapterOf('0.6.7').launch({ ...SPEC, maxMs: 0, tokensLeft: 0, model: null });
  expect(args[args.indexOf('--max-wall-secs') + 1]).toBe('1');
  expect(args[args.indexOf('--max-budget-tokens') + 1]).toBe('1');
});

test('an LLM outage whose text says "configuration" is an LLM error, though 0.9.9 exits with 2', () => {
  const failure = adapterOf('0.9.9').failureOf({ code: 2, signal: null }, readRun('0.9.9', 'outage-worded').seen);
  expect(failure?.kind).toBe('llm-error');
});

test('0.1.4: an outage that burns the iterations is an LLM error', () => {
  const failure = adapterOf('0.1.4').failureOf({ code: 1, signal: null }, readRun('0.1.4', 'outage').seen);
  expect(failure?.kind).toBe('llm-error');
});

test('the same trouble has the same key, whatever ids and lengths of numbers are in it', () => {
  expect(keyOf('process-crash', 'task 7d404112-a2a9-489f-8432-f8a991ad7ba3 failed')).toBe(
    keyOf('process-crash', 'task b9dcbea5-669a-47d0-95d1-9d8c731d44b0 failed'),
  );
  const said = (ms: number) => `API returned after ${ms} ms: ${'some words '.repeat(20)}`;
  expect(keyOf('llm-error', said(9))).toBe(keyOf('llm-error', said(1000)));
});

test('not allowed to use a tool: trying again cannot help', () => {
  const failure = adapterOf('0.9.9').failureOf({ code: 6, signal: null }, readRun('0.9.9', 'not-allowed').seen);
  expect(failure?.kind).toBe('configuration');
});
