// Shows how the program takes its settings, and how it starts, answers, refuses and ends.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readSettings, SettingsError } from '../src/settings.js';
import { send } from '../testing/client.js';
import { startProgram } from '../testing/program.js';

test('without variables the main port is the one that mega_test.toml names', async () => {
  const manifest = await readFile(new URL('../mega_test.toml', import.meta.url), 'utf8');
  assert.equal(readSettings({}).port, Number(/^port = (\d+)$/m.exec(manifest)[1]));
});

test('PORT wins over the default, and an empty PORT does not count', () => {
  assert.equal(readSettings({ PORT: '9100' }).port, 9100);
  assert.equal(readSettings({ PORT: '' }).port, 8300);
});

test('a port that is no number or out of range is refused by name', () => {
  for (const PORT of ['http', '-1', '65536', '80.5', '0x50', ' ']) {
    assert.throws(
      () => readSettings({ PORT }),
      new SettingsError(`PORT must be an integer from 0 to 65535, not "${PORT}"`),
    );
  }
});

test('the program says ready, answers, and ends with 0 on SIGTERM', async (t) => {
  const program = await startProgram(t);
  assert.match(program.output.stdout, /^ServiceMesh ready: .*\n$/);
  const reply = await send(program.apiUrl, '/healthz');
  assert.deepEqual([reply.status, reply.json], [200, { status: 'ok' }]);
  program.child.kill('SIGTERM');
  assert.deepEqual(await program.ended, { exitCode: 0, signal: null });
  assert.equal(program.output.stderr, '');
});

test('a setting out of range ends the program with a message and exit code 2', async (t) => {
  const program = await startProgram(t, { PORT: 'eighty' });
  assert.deepEqual(await program.ended, { exitCode: 2, signal: null });
  assert.match(program.output.stderr, /PORT must be an integer/);
});

test('a port in use ends the program with a message and exit code 1', async (t) => {
  const first = await startProgram(t);
  const second = await startProgram(t, { PORT: new URL(first.apiUrl).port });
  assert.deepEqual(await second.ended, { exitCode: 1, signal: null });
  assert.match(second.output.stderr, /EADDRINUSE/);
});
