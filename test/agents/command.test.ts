// The adapter for any other program: its words are filled in, its output is never interpreted.
import { expect, test } from 'vitest';
import { commandAdapter, PLACEHOLDERS } from '../../src/agents/command.ts';

const SPEC = {
  project: '/a project',
  home: '/home/agent',
  config: '/c.toml',
  promptFile: '/prompts/turn_001.txt',
  resume: 'never used',
  maxMs: 1_500,
  logLevel: 'info',
  model: null,
  tokensLeft: 5,
};

function launched(...command: string[]) {
  return commandAdapter(command, 'mine').launch(SPEC);
}

test('placeholders are filled in wherever they stand, and each word stays one argument', () => {
  expect(
    launched('/bin/agent', '--dir={project}', '{home}/{project}', '{prompt_file}', '-t', '{max_seconds}s'),
  ).toEqual({
    file: '/bin/agent',
    args: ['--dir=/a project', '/home/agent//a project', '/prompts/turn_001.txt', '-t', '2s'],
    env: {},
  });
});

test('every placeholder that is promised is filled in, and anything else in braces is left alone', () => {
  for (const one of PLACEHOLDERS) expect(launched('agent', one).args[0]).not.toContain('{');
  expect(launched('agent', '{model}', '{}', '$HOME', '*').args).toEqual(['{model}', '{}', '$HOME', '*']);
});

test('it promises nothing that only selfware has', () => {
  const adapter = commandAdapter(['agent'], 'mine');
  expect(adapter).toMatchObject({
    kind: 'command',
    version: 'mine',
    tellsTokens: false,
    keyVariable: null,
    savedNames: [],
  });
  expect([adapter.savedTask('/', 'x'), adapter.newTask('/', 0), adapter.stateOf('/', 'x')]).toEqual([null, null, null]);
});

test('whatever it prints, nothing is taken for a signal; only bytes that are no text are counted', () => {
  const reader = commandAdapter(['agent'], 'mine').reader();
  const text =
    '📝 Step 1 Executing...\n✅ Task completed\n{"event":"step_started","step":1}\n📊 Tokens: 1 prompt + 2 completion = 3 total\n';
  expect(reader.push('out', Buffer.from(text))).toEqual([]);
  expect(reader.push('out', Buffer.of(0xff, 0xfe, 0x0a))).toEqual([{ is: 'garbage', bytes: 2 }]);
  expect(reader.push('err', Buffer.from('unfinished\0'))).toEqual([]);
  expect(reader.end()).toEqual([{ is: 'garbage', bytes: 1 }]);
});

test('its last line on standard error is the reason of its failure', () => {
  const adapter = commandAdapter(['agent'], 'mine');
  const reader = adapter.reader();
  reader.push('err', Buffer.from('first\nlast \u001b[31mwords'));
  reader.end();
  expect(adapter.failureOf({ code: 3, signal: null }, reader.seen())).toEqual({
    kind: 'process-crash',
    key: 'process-crash: exit #',
    text: "the agent's command ended with exit code 3: last words",
  });
});

test('exit code 0 is a good end, a signal is a crash that names it', () => {
  const adapter = commandAdapter(['agent'], 'mine');
  expect(
    adapter.failureOf({ code: 0, signal: null }, { stopReason: null, error: 'warned', unsolved: null }),
  ).toBeNull();
  expect(
    adapter.failureOf({ code: null, signal: 'SIGSEGV' }, { stopReason: null, error: null, unsolved: null }),
  ).toMatchObject({
    kind: 'process-crash',
    text: "the agent's command ended by SIGSEGV",
  });
});
