// Shows what callers notice when instances fail: nothing, as long as another one is left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerWith, findDeadPort, startBackend } from '../testing/backend.js';
import { startBackendProcess } from '../testing/backend-process.js';
import { startTestMesh } from '../testing/mesh.js';

const outcomeOf = (reply) => [reply.status, reply.headers['x-mesh-instance'], reply.headers['x-mesh-attempts']];

test('when the process of an instance is killed, every request still succeeds', async (t) => {
  const mesh = await startTestMesh(t);
  const [doomed, steady] = await Promise.all([startBackendProcess(t), startBackend(t)]);
  await mesh.register('shop', 'a', doomed.port);
  await mesh.register('shop', 'b', steady.port);
  assert.deepEqual(outcomeOf(await mesh.call('GET', '/proxy/shop/')), [200, 'a', '1']);
  await doomed.kill();
  assert.deepEqual(outcomeOf(await mesh.call('GET', '/proxy/shop/')), [200, 'b', '1']);
  assert.deepEqual(outcomeOf(await mesh.call('GET', '/proxy/shop/')), [200, 'b', '2']);
});

test('502, 503 and 504 are tried elsewhere, with the same body', async (t) => {
  const mesh = await startTestMesh(t);
  const [bad, good] = [await startBackend(t), await startBackend(t)];
  await mesh.register('shop', 'a', bad.port);
  await mesh.register('shop', 'b', good.port);
  for (const status of [502, 503, 504]) {
    bad.answer = answerWith(status);
    assert.deepEqual(outcomeOf(await mesh.call('PUT', '/proxy/shop/item', { status })), [200, 'b', '2']);
    assert.equal(good.received.at(-1).body, JSON.stringify({ status }));
  }
});

test('POST is sent once, and 500 is an answer', async (t) => {
  const mesh = await startTestMesh(t);
  const [bad, good] = [await startBackend(t, answerWith(503)), await startBackend(t)];
  await mesh.register('shop', 'a', bad.port, { weight: 2 });
  await mesh.register('shop', 'b', good.port);
  assert.deepEqual(outcomeOf(await mesh.call('POST', '/proxy/shop/')), [503, 'a', '1']);
  assert.equal(good.received.length, 0);
  await mesh.call('GET', '/proxy/shop/');
  bad.answer = answerWith(500);
  assert.deepEqual(outcomeOf(await mesh.call('GET', '/proxy/shop/')), [500, 'a', '1']);
});

test('each instance is tried once, at most as many as allowed, and the last answer counts', async (t) => {
  const mesh = await startTestMesh(t, { MESH_MAX_ATTEMPTS: '3' });
  const backends = await Promise.all([502, 503, 504, 503].map((status) => startBackend(t, answerWith(status))));
  for (const [index, { port }] of backends.entries()) await mesh.register('shop', `i${index}`, port);
  assert.deepEqual(outcomeOf(await mesh.call('GET', '/proxy/shop/')), [504, 'i2', '3']);
  assert.deepEqual(
    backends.map(({ received }) => received.length),
    [1, 1, 1, 0],
  );
  await mesh.register('pair', 'a', await findDeadPort());
  await mesh.register('pair', 'b', await findDeadPort());
  assert.deepEqual(outcomeOf(await mesh.call('GET', '/proxy/pair/')), [502, 'b', '2']);
});

test('an instance that hangs up without a reply is 502 broken_reply', async (t) => {
  const mesh = await startTestMesh(t);
  const rude = await startBackend(t, (request) => request.socket.destroy());
  await mesh.register('shop', 'a', rude.port);
  const reply = await mesh.call('GET', '/proxy/shop/');
  assert.deepEqual([reply.status, reply.json.error], [502, 'broken_reply']);
});
