// Shows how a breaker goes from state to state, and breakers at work between callers and instances.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBreaker } from '../src/breaker/breaker.js';
import { answerWith, startBackend } from '../testing/backend.js';
import { createClock } from '../testing/clock.js';
import { startTestMesh } from '../testing/mesh.js';

function newBreaker() {
  const clock = createClock(1000);
  return { clock, breaker: createBreaker({ now: clock.now, failuresToOpen: 3, openMs: 500 }) };
}

function opened() {
  const parts = newBreaker();
  for (let failure = 0; failure < 3; failure += 1) parts.breaker.begin()('failure');
  return parts;
}

test('it opens at the third failure in a row, not before', () => {
  const { breaker } = newBreaker();
  for (const outcome of ['failure', 'failure', 'success', 'failure', 'failure']) breaker.begin()(outcome);
  assert.deepEqual(breaker.describe(), { state: 'closed', consecutive_failures: 2, opened_at: null });
  breaker.begin()('failure');
  assert.deepEqual(breaker.describe(), { state: 'open', consecutive_failures: 3, opened_at: 1000 });
  assert.equal(breaker.admits(), false);
});

test('it is half open as soon as its time is over, and admits one trial', () => {
  const { breaker, clock } = opened();
  clock.advance(499);
  assert.equal(breaker.admits(), false);
  clock.advance(1);
  assert.deepEqual([breaker.admits(), breaker.describe().state], [true, 'half_open']);
  breaker.begin();
  assert.deepEqual([breaker.admits(), breaker.describe().state], [false, 'half_open']);
});

test('a successful trial closes it', () => {
  const { breaker, clock } = opened();
  clock.advance(500);
  breaker.begin()('success');
  assert.deepEqual(breaker.describe(), { state: 'closed', consecutive_failures: 0, opened_at: null });
});

test('a failed trial opens it for the whole time again', () => {
  const { breaker, clock } = opened();
  clock.advance(600);
  breaker.begin()('failure');
  assert.deepEqual(breaker.describe(), { state: 'open', consecutive_failures: 4, opened_at: 1600 });
  clock.advance(499);
  assert.equal(breaker.admits(), false);
});

test('an abandoned trial makes room for the next one', () => {
  const { breaker, clock } = opened();
  clock.advance(500);
  breaker.begin()('abandoned');
  assert.deepEqual([breaker.admits(), breaker.describe().state], [true, 'half_open']);
});

test('calls that began before the last change of state do not count', () => {
  const { breaker, clock } = newBreaker();
  const [lateSuccess, lateFailure] = [breaker.begin(), breaker.begin()];
  for (let failure = 0; failure < 3; failure += 1) breaker.begin()('failure');
  lateSuccess('success');
  assert.equal(breaker.describe().state, 'open');
  clock.advance(500);
  breaker.begin()('success');
  lateFailure('failure');
  assert.deepEqual(breaker.describe(), { state: 'closed', consecutive_failures: 0, opened_at: null });
});

const SETTINGS = { MESH_BREAKER_FAILURES: '3', MESH_BREAKER_OPEN_MS: '1000' };

async function meshWithOpenBreaker(t) {
  const mesh = await startTestMesh(t, SETTINGS);
  const backend = await startBackend(t, answerWith(503));
  await mesh.register('shop', 'a', backend.port);
  for (let failure = 0; failure < 3; failure += 1) await mesh.call('GET', '/proxy/shop/');
  const breaker = async () => (await mesh.instances('shop'))[0].breaker;
  return { mesh, backend, breaker };
}

test('after three failures the instance is left alone and the answer is 503 at once', async (t) => {
  const { mesh, backend } = await meshWithOpenBreaker(t);
  const [{ healthy, requests, failures, breaker }] = await mesh.instances('shop');
  assert.deepEqual([healthy, requests, failures], [false, 3, 3]);
  assert.deepEqual(breaker, { state: 'open', consecutive_failures: 3, opened_at: mesh.clock.now() });
  const refused = await mesh.call('GET', '/proxy/shop/');
  assert.deepEqual([refused.status, refused.json.error], [503, 'breakers_open']);
  assert.equal(refused.headers['x-mesh-attempts'], '0');
  assert.equal(backend.received.length, 3);
});

test('another instance takes all requests while the breaker of the first is open', async (t) => {
  const { mesh, backend } = await meshWithOpenBreaker(t);
  const other = await startBackend(t);
  await mesh.register('shop', 'b', other.port);
  for (let index = 0; index < 4; index += 1) assert.equal((await mesh.call('POST', '/proxy/shop/')).status, 200);
  assert.deepEqual([backend.received.length, other.received.length], [3, 4]);
});

test('half open, one of two requests at the same time is the trial, and its success closes the breaker', async (t) => {
  const { mesh, backend, breaker } = await meshWithOpenBreaker(t);
  mesh.clock.advance(1000);
  assert.equal((await breaker()).state, 'half_open');
  const arrival = new Promise((resolve) => {
    backend.answer = (_request, response) => resolve(response);
  });
  const trial = mesh.call('GET', '/proxy/shop/');
  const held = await arrival;
  assert.equal((await mesh.call('GET', '/proxy/shop/')).json.error, 'breakers_open');
  held.end('well again');
  assert.equal((await trial).status, 200);
  assert.deepEqual(await breaker(), { state: 'closed', consecutive_failures: 0, opened_at: null });
});

test('a failed trial opens the breaker again from that moment on', async (t) => {
  const { mesh, breaker } = await meshWithOpenBreaker(t);
  mesh.clock.advance(1500);
  assert.equal((await mesh.call('GET', '/proxy/shop/')).status, 503);
  assert.deepEqual(await breaker(), { state: 'open', consecutive_failures: 4, opened_at: mesh.clock.now() });
});

test('a reply that breaks off is a failure', async (t) => {
  const mesh = await startTestMesh(t, SETTINGS);
  const backend = await startBackend(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
  });
  await mesh.register('shop', 'a', backend.port);
  await assert.rejects(mesh.call('GET', '/proxy/shop/'));
  assert.equal((await mesh.instances('shop'))[0].breaker.consecutive_failures, 1);
});

test('registering again keeps the breaker, another port starts a new one', async (t) => {
  const { mesh, backend, breaker } = await meshWithOpenBreaker(t);
  await mesh.register('shop', 'a', backend.port, { weight: 9 });
  assert.equal((await breaker()).state, 'open');
  await mesh.register('shop', 'a', (await startBackend(t)).port);
  assert.equal((await breaker()).state, 'closed');
});
