// Shows whose turn it is, and what becomes of a forwarded request: on its way there, and on the way back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRotation } from '../src/balancer/rotation.js';
import { requestHeaders } from '../src/proxy/headers.js';
import { answerWith, findDeadPort, startBackend } from '../testing/backend.js';
import { open, send } from '../testing/client.js';
import { startTestMesh } from '../testing/mesh.js';

const weighted = (weights) => Object.entries(weights).map(([id, weight]) => ({ id, weight }));

function turns(rotation, instances, count) {
  return Array.from({ length: count }, () => rotation.pick('shop', instances).id).join('');
}

test('equal instances take turns', () => {
  assert.equal(turns(createRotation(), weighted({ a: 1, b: 1, c: 1 }), 7), 'abcabca');
});

test('the turns of a heavy instance are spread over the round', () => {
  assert.equal(turns(createRotation(), weighted({ a: 2, b: 1 }), 6), 'abaaba');
  assert.equal(turns(createRotation(), weighted({ a: 5, b: 1, c: 1 }), 7), 'aabacaa');
});

test('any run as long as the sum of the weights gives each instance exactly its share', () => {
  const order = turns(createRotation(), weighted({ a: 7, b: 3, c: 2 }), 60);
  for (let start = 0; start + 12 <= order.length; start += 1) {
    const run = [...order.slice(start, start + 12)].sort().join('');
    assert.equal(run, 'aaaaaaabbbcc', `from turn ${start}`);
  }
});

test('a changed set begins a new round with exact shares', () => {
  const rotation = createRotation();
  turns(rotation, weighted({ a: 1, b: 5 }), 2);
  assert.equal(turns(rotation, weighted({ a: 2, c: 2 }), 4), 'acac');
  assert.equal(rotation.pick('shop', []), undefined);
});

test('services do not disturb each other', () => {
  const rotation = createRotation();
  const instances = weighted({ a: 1, b: 1 });
  const order = ['shop', 'cart', 'shop', 'cart'].map((service) => rotation.pick(service, instances).id);
  assert.deepEqual(order, ['a', 'a', 'b', 'b']);
});

test('method, path, query, body and end-to-end headers arrive unchanged', async (t) => {
  const mesh = await startTestMesh(t);
  const backend = await startBackend(t);
  await mesh.register('shop', 'a', backend.port);
  await send(mesh.apiUrl, '/proxy/shop/a%2Fb/../c?x=1&y=%20', {
    method: 'PATCH',
    headers: { 'x-token': 't', connection: 'close, x-hop', 'x-hop': 'secret', te: 'trailers' },
    body: 'hello',
  });
  const [{ method, url, headers, body }] = backend.received;
  assert.deepEqual([method, url, body], ['PATCH', '/a%2Fb/../c?x=1&y=%20', 'hello']);
  assert.deepEqual([headers['x-token'], headers['x-hop'], headers.te], ['t', undefined, undefined]);
  assert.deepEqual([headers.host, headers['content-length']], [`127.0.0.1:${backend.port}`, '5']);
});

test('status, headers and body come back unchanged, with the name of the instance', async (t) => {
  const mesh = await startTestMesh(t);
  const backend = await startBackend(
    t,
    answerWith(418, 'short and stout', { 'set-cookie': ['a=1', 'b=2'], 'x-kind': 'pot' }),
  );
  await mesh.register('shop', 'a', backend.port);
  const reply = await mesh.call('GET', '/proxy/shop');
  assert.deepEqual([reply.status, reply.text], [418, 'short and stout']);
  assert.deepEqual([reply.headers['set-cookie'], reply.headers['x-kind']], [['a=1', 'b=2'], 'pot']);
  assert.deepEqual([reply.headers['x-mesh-instance'], reply.headers['x-mesh-attempts']], ['a', '1']);
  assert.equal(backend.received[0].url, '/');
});

test('a reply is passed on while it is still being written, and HEAD has none', async (t) => {
  const mesh = await startTestMesh(t);
  const backend = await startBackend(t, (_request, response) => response.write('first'));
  await mesh.register('shop', 'a', backend.port);
  const reply = await open(mesh.apiUrl, '/proxy/shop/feed');
  const [chunk] = await reply.take(1).toArray();
  assert.equal(String(chunk), 'first');
  backend.answer = answerWith(200, 'ignored', { 'content-length': 7 });
  const head = await mesh.call('HEAD', '/proxy/shop/feed');
  assert.deepEqual([head.headers['content-length'], head.text], ['7', '']);
});

test('requests are spread over the live instances by weight', async (t) => {
  const mesh = await startTestMesh(t);
  const [a, b] = [await startBackend(t), await startBackend(t)];
  await mesh.register('shop', 'a', a.port, { weight: 3 });
  await mesh.register('shop', 'b', b.port, { ttl_ms: 1000 });
  for (let index = 0; index < 8; index += 1) await mesh.call('GET', '/proxy/shop/');
  assert.deepEqual([a.received.length, b.received.length], [6, 2]);
  mesh.clock.advance(1000);
  for (let index = 0; index < 4; index += 1) await mesh.call('GET', '/proxy/shop/');
  assert.deepEqual([a.received.length, b.received.length], [10, 2]);
});

test('no instance is 503, a dead one 502, an impossible name 400', async (t) => {
  const mesh = await startTestMesh(t);
  const none = await mesh.call('GET', '/proxy/shop/');
  assert.deepEqual([none.status, none.json.error, none.headers['x-mesh-instance']], [503, 'no_instance', undefined]);
  await mesh.register('shop', 'a', await findDeadPort());
  const dead = await mesh.call('GET', '/proxy/shop/');
  assert.deepEqual([dead.status, dead.json.error, dead.headers['x-mesh-instance']], [502, 'connect_failed', 'a']);
  assert.equal((await mesh.call('GET', '/proxy/%20/')).json.error, 'invalid_name');
  assert.equal((await mesh.call('GET', '/proxy/')).json.error, 'not_found');
});

test('a reply that breaks off breaks off for the caller too', async (t) => {
  const mesh = await startTestMesh(t);
  const backend = await startBackend(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
  });
  await mesh.register('shop', 'a', backend.port);
  await assert.rejects(mesh.call('GET', '/proxy/shop/'));
});

test('the host header of an IPv6 instance has brackets', () => {
  assert.equal(requestHeaders({}, { address: '::1', port: 80 }, Buffer.alloc(0)).host, '[::1]:80');
});
