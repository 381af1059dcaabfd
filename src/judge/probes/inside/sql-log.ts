// MiniDB's write-ahead log from outside: killed at any moment, what was answered is there, and nothing else.
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holds, type Suite, same } from './check.ts';
import type { Running } from './program.ts';
import { figure, openSql } from './sql-lines.ts';
import type { Stage } from './stage.ts';

export const SQL_LOG: Suite = {
  component: 'wal',
  checks: [
    { name: 'committed rows survive kill -9, uncommitted ones do not', run: survives },
    { name: 'every answered row survives a kill in the middle of work', run: busy },
    { name: 'CHECKPOINT empties the log, and nothing is lost', run: checkpoints },
    { name: 'a damaged end of the log costs no earlier transaction', run: damaged },
    { name: 'the log stays short by itself', run: bounded },
    { name: 'SIGTERM ends it with exit code 0, and keeps everything', run: terminates },
  ],
};

async function again(stage: Stage, { data }: Running) {
  const program = await stage.start({ data });
  return { program, client: await openSql(program.port, stage.later) };
}

async function begun(stage: Stage) {
  const program = await stage.start();
  const client = await openSql(program.port, stage.later);
  await client.changes('CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)');
  return { program, client };
}

const COUNT = 'SELECT COUNT(*) FROM t';

function logOf({ data }: Running): string {
  return join(data, 'wal.log');
}

function logBytes(program: Running): number {
  return statSync(logOf(program), { throwIfNoEntry: false })?.size ?? 0;
}

async function survives(stage: Stage): Promise<void> {
  let { program, client } = await begun(stage);
  for (let round = 1; round <= 3; round++) {
    await client.changes(`INSERT INTO t VALUES (${round * 10}, 'alone')`);
    await client.changes('BEGIN');
    await client.changes(`INSERT INTO t VALUES (${round * 10 + 1}, 'together')`);
    await client.changes('COMMIT');
    await client.changes('BEGIN');
    await client.changes(`INSERT INTO t VALUES (${round * 10 + 2}, 'open')`);
    await program.end('SIGKILL');
    ({ program, client } = await again(stage, program));
    same(`committed rows after kill -9, round ${round}`, await figure(client, COUNT), round * 2);
    same('uncommitted rows after kill -9', await client.rows("SELECT id FROM t WHERE body = 'open'"), []);
  }
}

async function busy(stage: Stage): Promise<void> {
  const { program, client } = await begun(stage);
  let answered = 0;
  const work = (async () => {
    for (let id = 1; id <= 2_000; id++) {
      await client.changes(`INSERT INTO t VALUES (${id}, 'x')`);
      answered = id;
      // Not after so many milliseconds: it shall be at work, however fast it is.
      if (id === 200) void program.end('SIGKILL').catch(() => {});
    }
  })();
  // The end of the connection is what is waited for.
  await work.catch(() => {});
  holds(answered >= 200, `only ${answered} rows were answered`);
  const { client: after } = await again(stage, program);
  const found = Number(await figure(after, COUNT));
  holds(
    found === answered || found === answered + 1,
    `${answered} rows were answered, ${found} are there after kill -9`,
  );
}

async function checkpoints(stage: Stage): Promise<void> {
  const { program, client } = await begun(stage);
  await client.changes("INSERT INTO t VALUES (1, 'x')");
  holds(logBytes(program) > 0, 'wal.log is empty after a commit');
  await client.changes('CHECKPOINT');
  holds(logBytes(program) <= 4_096, `wal.log has ${logBytes(program)} bytes after CHECKPOINT`);
  await program.end('SIGKILL');
  const { client: after } = await again(stage, program);
  same('rows after CHECKPOINT and kill -9', await figure(after, COUNT), 1);
}

async function damaged(stage: Stage): Promise<void> {
  const { program, client } = await begun(stage);
  await client.changes("INSERT INTO t VALUES (1, 'x')");
  await program.end('SIGKILL');
  appendFileSync(logOf(program), Buffer.from(Array.from({ length: 100 }, (_, index) => (index * 151 + 7) % 256)));
  let last = await again(stage, program);
  same('rows with 100 bytes more at the end of wal.log', await figure(last.client, COUNT), 1);
  for (const [what, hurt] of [
    ['cut off', cutLastByte],
    ['changed', changeLastByte],
  ] as const) {
    await last.client.changes('DELETE FROM t');
    await last.client.changes("INSERT INTO t VALUES (2, 'x')");
    await last.client.changes("INSERT INTO t VALUES (3, 'x'), (4, 'x')");
    await last.program.end('SIGKILL');
    holds(logBytes(program) > 0, 'wal.log is empty after a commit');
    hurt(logOf(program));
    last = await again(stage, program);
    const ids = JSON.stringify(await last.client.rows('SELECT id FROM t ORDER BY id'));
    holds(['[[2]]', '[[2],[3],[4]]'].includes(ids), `rows with the last byte of wal.log ${what}: ${ids}`);
  }
}

function cutLastByte(path: string): void {
  truncateSync(path, statSync(path).size - 1);
}

function changeLastByte(path: string): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 0x55, bytes.length - 1);
  writeFileSync(path, bytes);
}

const MIB = 1024 * 1024;

async function bounded(stage: Stage): Promise<void> {
  const { program, client } = await begun(stage);
  const body = 'x'.repeat(100_000);
  let longest = 0;
  for (let id = 0; id < 400; id++) {
    await client.changes(`INSERT INTO t VALUES (${id}, '${body}')`);
    longest = Math.max(longest, logBytes(program));
  }
  same('rows', await figure(client, COUNT), 400);
  holds(longest <= 17 * MIB, `wal.log was ${longest} bytes long`);
}

async function terminates(stage: Stage): Promise<void> {
  const { program, client } = await begun(stage);
  await client.changes("INSERT INTO t VALUES (1, 'x')");
  same('its end', await program.end('SIGTERM'), { code: 0, signal: null });
  const { client: after } = await again(stage, program);
  same('rows after SIGTERM and a start', await figure(after, COUNT), 1);
}
