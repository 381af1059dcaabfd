// The command line: its statements, its output and its exit codes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../src/cli/run.js';
import { StatementSplitter } from '../src/cli/statement-splitter.js';
import { Session } from '../src/engine/session.js';
import { startServer } from '../src/server/server.js';
import { openDatabase } from '../testing/database.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

const PROGRAM = fileURLToPath(new URL('../minidb-cli', import.meta.url));

/** Runs the command line in this process. */
async function runCli(args, { input = '', isTTY = false } = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdin.end(input);
  const code = await run(args, { stdin, stdout, stderr });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

const CREATE = "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'a;b'), (2, NULL)";

test('the program runs statements on a folder and keeps what they did', (t) => {
  const folder = join(temporaryFolder(t), 'data');
  const first = spawnSync(PROGRAM, ['--data', folder, '-e', CREATE], { encoding: 'utf8' });
  assert.deepEqual([first.status, first.stdout, first.stderr], [0, 'OK 0\nOK 2\n', '']);
  const second = spawnSync(PROGRAM, ['--data', folder], { input: 'SELECT *\nFROM t ORDER BY id', encoding: 'utf8' });
  assert.deepEqual([second.status, second.stdout], [0, 'id\tname\n1\ta;b\n2\tNULL\n']);
});

test('an error ends the run, and what was not committed is gone', async (t) => {
  const folder = temporaryFolder(t);
  await runCli(['--data', folder, '-e', CREATE]);
  const { code, out, err } = await runCli(['--data', folder], { input: 'BEGIN; DELETE FROM t; OOPS; SELECT 1;' });
  assert.deepEqual([code, out], [1, 'OK 0\nOK 2\n']);
  assert.match(err, /^error: syntax: .*\n$/);
  assert.equal((await runCli(['--data', folder, '-e', 'SELECT count(*) FROM t'])).out, 'count(*)\n2\n');
});

test('--json prints the replies of the protocol', async (t) => {
  const args = ['--data', temporaryFolder(t), '--json', '-e', 'SELECT TRUE AS yes -- no more', '-e', 'OOPS'];
  const { code, out } = await runCli(args);
  assert.equal(code, 1);
  const [first, second] = out.trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(first, { ok: true, columns: ['yes'], rows: [[true]], changes: 0 });
  assert.equal(second.error.code, 'syntax');
});

test('texts cannot break the lines and columns of the output', async (t) => {
  const { out } = await runCli(['--data', temporaryFolder(t)], { input: "SELECT 'a\tb\nc\\d' AS x, 1.5 AS y" });
  assert.equal(out, 'x\ty\na\\tb\\nc\\\\d\t1.5\n');
});

test('a person at the keyboard is asked for more after an error', async (t) => {
  const input = 'OOPS;\nSELECT\n 1 AS x;\n';
  const { code, out, err } = await runCli(['--data', temporaryFolder(t)], { input, isTTY: true });
  assert.equal(code, 0);
  assert.match(out, /minidb> /);
  assert.match(out, / {3}\.\.\.> /);
  assert.match(out, /x\n1\n/);
  assert.match(err, /syntax/);
});

test('--port asks a running server', async (t) => {
  const { database } = openDatabase(t);
  const server = await startServer({ port: 0, createSession: () => new Session(database) });
  t.after(() => server.close());
  const port = String(server.port);
  assert.equal((await runCli(['--port', port, '-e', CREATE])).out, 'OK 0\nOK 2\n');
  const { code, err } = await runCli(['--port', port, '-e', "SELECT count(*)\nFROM t; SELECT 'two\nlines'"]);
  assert.deepEqual([code, err.slice(0, 13)], [1, 'error: syntax']);
  await server.close();
  assert.match((await runCli(['--port', port, '-e', 'SELECT 1'])).err, /^error: io/);
});

test('wrong usage ends with 2 and an explanation', async () => {
  for (const wrong of ['', '--data=', '--data a --port 1', '--port x', '--data a --oops', '--data a b']) {
    const { code, out, err } = await runCli(wrong.split(' ').filter((arg) => arg !== ''));
    assert.deepEqual([code, out], [2, ''], wrong);
    assert.match(err, /Usage/);
  }
  const help = await runCli(['--help']);
  assert.deepEqual([help.code, help.err], [0, '']);
});

test('statements end at semicolons, wherever the text was cut', () => {
  const text = "SELECT ';--''' ; -- not; here\n\n select 1 - - 2 ;; 'rest";
  for (const size of [1, 3, text.length]) {
    const splitter = new StatementSplitter();
    const statements = [];
    for (let at = 0; at < text.length; at += size) statements.push(...splitter.push(text.slice(at, at + size)));
    assert.deepEqual(statements, ["SELECT ';--'''", 'select 1 - - 2']);
    assert.equal(splitter.isWaiting, true);
  }
});
