// The server: the shapes on the wire, connections, settings, and how its process starts and ends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DatabaseError, fail } from '../src/errors.js';
import { LineSplitter, MAX_LINE_BYTES, errorReply, okReply } from '../src/server/protocol.js';
import { startServer } from '../src/server/server.js';
import { DEFAULTS, readSettings } from '../src/server/settings.js';
import { connectClient } from '../testing/client.js';
import { startServerProcess } from '../testing/server-process.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

test('a result is one line with columns, rows and the number of changes', () => {
  const reply = okReply({ columns: ['a'], rows: [['two\nlines'], [null]], changes: 0 });
  assert.equal(reply, '{"ok":true,"columns":["a"],"rows":[["two\\nlines"],[null]],"changes":0}\n');
});

test('an expected error is told with its code', () => {
  const reply = errorReply(new DatabaseError('conflict', 'try again'));
  assert.equal(reply, '{"ok":false,"error":{"code":"conflict","message":"try again"}}\n');
});

test('a defect is told without its details', () => {
  const { error } = JSON.parse(errorReply(new TypeError('secret')));
  assert.equal(error.code, 'internal');
  assert.doesNotMatch(error.message, /secret/);
});

test('an error code that nobody documented is a defect', () => {
  assert.throws(() => fail('oops', 'no such code'), TypeError);
});

test('lines are found wherever the chunks end, even inside a character', () => {
  const splitter = new LineSplitter(100);
  const bytes = Buffer.from('SELECT 1\nSELECT \'é\'\nrest');
  const lines = [];
  for (const byte of bytes) lines.push(...splitter.push(Buffer.of(byte)));
  assert.deepEqual(lines, ['SELECT 1', "SELECT 'é'"]);
});

test('a line that is too long ends with an error after the lines before it', () => {
  const lines = new LineSplitter(10).push(Buffer.from('short\nfar too long\n'));
  assert.equal(lines.next().value, 'short');
  assert.throws(() => lines.next(), { code: 'too_large' });
});

/** A server whose sessions repeat what they are told, and fail when told so. */
async function startEcho(t, onClose = () => {}) {
  const execute = (sql) => {
    if (sql === 'fail') fail('conflict', 'as you wish');
    return { columns: ['said'], rows: [[sql]], changes: 0 };
  };
  const server = await startServer({ port: 0, createSession: () => ({ execute, close: onClose }) });
  t.after(() => server.close());
  return server;
}

test('many statements sent at once are answered in their order, empty lines not at all', async (t) => {
  const { port } = await startEcho(t);
  const client = await connectClient(t, port);
  client.socket.write('a\n\nfail\r\n  \nb\nfail\nc\n');
  assert.deepEqual((await client.reply()).rows, [['a']]);
  assert.deepEqual((await client.reply()).rows, [['fail\r']]);
  assert.deepEqual((await client.reply()).rows, [['b']]);
  assert.equal((await client.reply()).error.code, 'conflict');
  assert.deepEqual((await client.reply()).rows, [['c']]);
});

test('replies that the client reads slowly all arrive', async (t) => {
  const { port } = await startEcho(t);
  const client = await connectClient(t, port);
  const long = 'x'.repeat(200_000);
  client.socket.write(`${long}\n`.repeat(20));
  for (let i = 0; i < 20; i += 1) assert.equal((await client.reply()).rows[0][0].length, long.length);
});

test('a line that is too long is answered with an error and the end of its connection only', async (t) => {
  const { port } = await startEcho(t);
  const other = await connectClient(t, port);
  const client = await connectClient(t, port);
  client.socket.write('x'.repeat(MAX_LINE_BYTES + 1));
  assert.equal((await client.reply()).error.code, 'too_large');
  assert.equal(await client.reply(), null);
  assert.equal((await other.ask('still here')).ok, true);
});

test('a session is closed when its client hangs up or breaks off', async (t) => {
  let closed = () => {};
  const { port } = await startEcho(t, () => closed());
  for (const leave of ['end', 'resetAndDestroy']) {
    const client = await connectClient(t, port);
    await client.ask('hello');
    const wasClosed = new Promise((resolve) => (closed = resolve));
    client.socket[leave]();
    assert.equal(await wasClosed, undefined);
  }
});

test('close ends the connections that are open', async (t) => {
  const server = await startEcho(t);
  const client = await connectClient(t, server.port);
  await client.ask('hello');
  const ended = once(client.socket, 'close');
  await server.close();
  await ended;
  await assert.rejects(connectClient(t, server.port), { code: 'ECONNREFUSED' });
});

test('the process says when it is ready and ends with 0 on SIGTERM, even with an open connection', async (t) => {
  const server = await startServerProcess(t, temporaryFolder(t));
  const client = await connectClient(t, server.port);
  assert.equal((await client.ask('what is this')).error.code, 'syntax');
  assert.deepEqual(await server.end('SIGTERM'), [0, null]);
});

test('the environment wins over the defaults, which are those of mega_test.toml', () => {
  assert.deepEqual(readSettings({ PORT: '0', DATA_DIR: '/x' }), { port: 0, dataFolder: '/x' });
  assert.equal(readSettings({}).port, DEFAULTS.port);
  assert.throws(() => readSettings({ PORT: '70000' }), /PORT/);
  const toml = readFileSync(new URL('../mega_test.toml', import.meta.url), 'utf8');
  assert.match(toml, new RegExp(`^port = ${DEFAULTS.port}$`, 'm'));
  assert.match(toml, new RegExp(`^data = "${DEFAULTS.data}"$`, 'm'));
});
