// Shows what becomes of requests that one side lets hang.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { answerWith, startBackend } from '../testing/backend.js';
import { open } from '../testing/client.js';
import { startTestMesh } from '../testing/mesh.js';

const silence = () => {};

test('a silent instance is a failure: the next one is tried, and at last it is 504', async (t) => {
  const mesh = await startTestMesh(t, { MESH_TIMEOUT_MS: '30' });
  for (const id of ['a', 'b']) await mesh.register('shop', id, (await startBackend(t, silence)).port);
  const reply = await mesh.call('GET', '/proxy/shop/');
  assert.deepEqual([reply.status, reply.json.error], [504, 'timeout']);
  assert.deepEqual([reply.headers['x-mesh-instance'], reply.headers['x-mesh-attempts']], ['b', '2']);
  assert.deepEqual(
    (await mesh.instances('shop')).map(({ failures }) => failures),
    [1, 1],
  );
});

test('an instance that falls silent within its reply breaks it off, a caller who reads slowly does not', async (t) => {
  const mesh = await startTestMesh(t, { MESH_TIMEOUT_MS: '200' });
  // More than the buffers on the way hold, so that this instance has to wait for its caller.
  const size = 8 * 1024 * 1024;
  const large = await startBackend(t, answerWith(200, Buffer.alloc(size)));
  const halting = await startBackend(t, (_request, response) => response.write('half'));
  await mesh.register('large', 'a', large.port);
  await mesh.register('halting', 'a', halting.port);
  const unread = await open(mesh.apiUrl, '/proxy/large/');
  // Twice in a row, so that the time-out is over for the unread reply too.
  for (let index = 0; index < 2; index += 1) await assert.rejects(mesh.call('GET', '/proxy/halting/'));
  assert.equal((await buffer(unread)).length, size);
  const [latest] = (await mesh.call('GET', '/v1/traces')).json.traces;
  assert.deepEqual([latest.service, latest.status, latest.error], ['halting', 200, 'broken_reply']);
});

test('when the caller leaves, so does the request to the instance, and nobody is blamed', async (t) => {
  const mesh = await startTestMesh(t, { MESH_BREAKER_FAILURES: '1', MESH_BREAKER_OPEN_MS: '1000' });
  const backend = await startBackend(t, answerWith(503));
  await mesh.register('shop', 'a', backend.port);
  await mesh.call('GET', '/proxy/shop/');
  mesh.clock.advance(1000);
  const arrival = new Promise((resolve) => {
    backend.answer = (_request, response) => resolve(response);
  });
  const caller = new AbortController();
  const left = assert.rejects(open(mesh.apiUrl, '/proxy/shop/trial', { signal: caller.signal }));
  const held = await arrival;
  caller.abort();
  await Promise.all([left, once(held, 'close')]);
  const [{ failures, breaker }] = await mesh.instances('shop');
  assert.deepEqual([failures, breaker.state], [1, 'half_open']);
  const [{ status, error, duration_ms }] = (await mesh.call('GET', '/v1/traces')).json.traces;
  assert.deepEqual([status, error, duration_ms > 0], [null, 'client_closed', true]);
  backend.answer = answerWith(200);
  assert.equal((await mesh.call('GET', '/proxy/shop/')).status, 200);
});
