// Shows what the dashboard tells, and that nothing on it can be made to act.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { html } from '../src/dashboard/html.js';
import { answerWith, findDeadPort, startBackend } from '../testing/backend.js';
import { send } from '../testing/client.js';
import { startTestMesh } from '../testing/mesh.js';

const overviewOf = async (mesh) => (await send(mesh.dashboardUrl, '/api/overview')).json;

test('an empty mesh has an empty overview and a page that says so', async (t) => {
  const mesh = await startTestMesh(t);
  mesh.clock.advance(1234);
  assert.deepEqual(await overviewOf(mesh), {
    name: 'ServiceMesh',
    uptime_ms: 1234,
    totals: { services: 0, instances: 0, open_breakers: 0, requests: 0, errors: 0, failovers: 0 },
    services: [],
    recent_traces: [],
  });
  assert.match((await send(mesh.dashboardUrl, '/')).text, /No service is registered/);
});

test('the overview counts requests, errors, failovers and open breakers', async (t) => {
  const mesh = await startTestMesh(t, { MESH_BREAKER_FAILURES: '1' });
  const backend = await startBackend(t);
  await mesh.register('shop', 'a', await findDeadPort());
  await mesh.register('shop', 'b', backend.port);
  await mesh.call('GET', '/proxy/shop/fine');
  backend.answer = answerWith(500);
  await mesh.call('GET', '/proxy/shop/failing');
  const { totals, services, recent_traces } = await overviewOf(mesh);
  assert.deepEqual(totals, { services: 1, instances: 2, open_breakers: 1, requests: 2, errors: 1, failovers: 1 });
  assert.deepEqual(services, [{ name: 'shop', instances: await mesh.instances('shop') }]);
  assert.deepEqual(
    recent_traces.map(({ name, status }) => [name, status]),
    [
      ['GET /failing', 500],
      ['GET /fine', 200],
    ],
  );
});

test('the page shows each instance with its address, breaker and metadata, and the latest requests', async (t) => {
  const mesh = await startTestMesh(t, { MESH_BREAKER_FAILURES: '1' });
  const port = await findDeadPort();
  await mesh.register('shop', 'shop-7', port, { metadata: { zone: 'north' } });
  await mesh.call('GET', '/proxy/shop/items');
  const page = await send(mesh.dashboardUrl, '/');
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  for (const text of [
    '<h2>shop</h2>',
    '<td>shop-7</td>',
    `127.0.0.1:${port}`,
    '>open<',
    'zone=north',
    'GET /items',
    'connect_failed',
  ]) {
    assert.ok(page.text.includes(text), text);
  }
});

test('text from outside stays text', async (t) => {
  const mesh = await startTestMesh(t);
  await mesh.register('shop', 'a', 9001, { metadata: { '<b>': '<script>alert("1")</script>&\'' } });
  const page = await send(mesh.dashboardUrl, '/');
  assert.ok(page.text.includes('&lt;b&gt;=&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;'));
  assert.doesNotMatch(page.text, /<script|<b>/);
  assert.match(page.headers['content-security-policy'], /default-src 'none'/);
});

test('markup made by the tag is kept, alone and in lists', () => {
  const items = ['<1>', 2].map((value) => html`<li>${value}</li>`);
  assert.equal(String(html`<ul>${items}</ul>`), '<ul><li>&lt;1&gt;</li><li>2</li></ul>');
});

test('the dashboard port serves nothing else', async (t) => {
  const mesh = await startTestMesh(t);
  for (const path of ['/v1/services', '/proxy/shop/', '/index.html']) {
    assert.equal((await send(mesh.dashboardUrl, path)).status, 404, path);
  }
});
