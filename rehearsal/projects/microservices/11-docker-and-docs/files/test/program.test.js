// Shows how the program takes its settings, and how it starts, answers, refuses and ends.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { listen } from '../src/http/listening.js';
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

test('the dashboard is on the port after the main one, unless it is told another', () => {
  assert.equal(readSettings({ PORT: '9100' }).dashboardPort, 9101);
  assert.equal(readSettings({ PORT: '9100', DASHBOARD_PORT: '9300' }).dashboardPort, 9300);
  assert.throws(
    () => readSettings({ PORT: '65535' }),
    /DASHBOARD_PORT must be an integer from 0 to 65535, not "65536"/,
  );
});

test('data are kept in the folder that mega_test.toml names, unless DATA_DIR names another', () => {
  assert.equal(readSettings({}).dataDir, path.resolve('data'));
  assert.equal(readSettings({ DATA_DIR: '/srv/mesh' }).dataDir, '/srv/mesh');
});

test('it listens on the loopback address, unless MESH_HOST names another', () => {
  assert.equal(readSettings({}).host, '127.0.0.1');
  assert.equal(readSettings({ MESH_HOST: '0.0.0.0' }).host, '0.0.0.0');
});

test('the numbers of the breaker are taken from their variables', () => {
  const env = { MESH_BREAKER_FAILURES: '3', MESH_BREAKER_OPEN_MS: '250', MESH_MAX_ATTEMPTS: '2' };
  const { breakerFailures, breakerOpenMs, maxAttempts } = readSettings(env);
  assert.deepEqual([breakerFailures, breakerOpenMs, maxAttempts], [3, 250, 2]);
  assert.throws(() => readSettings({ MESH_BREAKER_FAILURES: '0' }), /MESH_BREAKER_FAILURES must be .* 1 to 1000/);
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
  assert.equal((await send(program.dashboardUrl, '/')).status, 200);
  program.child.kill('SIGTERM');
  assert.deepEqual(await program.ended, { exitCode: 0, signal: null });
  assert.equal(program.output.stderr, '');
});

test('a setting out of range ends the program with a message and exit code 2', async (t) => {
  const program = await startProgram(t, { PORT: 'eighty' });
  assert.deepEqual(await program.ended, { exitCode: 2, signal: null });
  assert.match(program.output.stderr, /PORT must be an integer/);
});

test("a port in use, be it the dashboard's, ends the program with a message and exit code 1", async (t) => {
  const other = net.createServer();
  await listen(other, 0, '127.0.0.1');
  t.after(() => other.close());
  const taken = String(other.address().port);
  const starts = [{ PORT: taken, DASHBOARD_PORT: '0' }, { DASHBOARD_PORT: taken }].map((env) => startProgram(t, env));
  for (const program of await Promise.all(starts)) {
    assert.deepEqual(await program.ended, { exitCode: 1, signal: null });
    assert.match(program.output.stderr, /EADDRINUSE/);
  }
});
