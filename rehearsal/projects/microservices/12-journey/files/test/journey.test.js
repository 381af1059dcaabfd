// One walk through the real program, with an instance that dies and comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBackend } from '../testing/backend.js';
import { startBackendProcess } from '../testing/backend-process.js';
import { send } from '../testing/client.js';
import { callsTo } from '../testing/mesh.js';
import { startProgram } from '../testing/program.js';

test('an instance dies, its breaker opens and closes again, and the dashboard and traces tell of it', async (t) => {
  const [program, first, second] = await Promise.all([
    startProgram(t, { MESH_BREAKER_FAILURES: '2', MESH_BREAKER_OPEN_MS: '1' }),
    startBackendProcess(t),
    startBackend(t),
  ]);
  const { call, register, instances } = callsTo(program.apiUrl);
  const overview = async () => (await send(program.dashboardUrl, '/api/overview')).json;
  await register('shop', 'first', first.port, { metadata: { note: '<i>' } });
  await register('shop', 'second', second.port);
  for (const id of ['first', 'second']) {
    assert.equal((await call('GET', '/proxy/shop/')).headers['x-mesh-instance'], id);
  }

  await first.kill();
  for (let index = 0; index < 8; index += 1) assert.equal((await call('GET', '/proxy/shop/')).status, 200);
  const [{ failures, breaker }] = await instances('shop');
  assert.ok(failures >= 2 && breaker.opened_at > 0, 'the breaker of the dead instance has opened');
  const { totals, services } = await overview();
  assert.equal(totals.requests, 10);
  assert.equal(totals.errors, 0);
  assert.equal(totals.failovers, services[0].instances[0].failures);

  await register('shop', 'first', second.port);
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const reply = await call('GET', '/proxy/shop/again', undefined, { traceparent });
  assert.equal(reply.headers['x-mesh-trace-id'], 'a'.repeat(32));
  const { spans } = (await call('GET', `/v1/traces/${'a'.repeat(32)}`)).json;
  assert.deepEqual(
    spans.map(({ kind, status }) => [kind, status]),
    [
      ['request', 200],
      ['attempt', 200],
    ],
  );
  assert.deepEqual(
    (await instances('shop')).map((instance) => instance.breaker.state),
    ['closed', 'closed'],
  );

  program.child.kill('SIGTERM');
  assert.deepEqual(await program.ended, { exitCode: 0, signal: null });
});
