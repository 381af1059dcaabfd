// MiniDB's storage from outside: many rows, ranges, indexes, long values, and pages that are used again.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { holds, type Suite, same } from './check.ts';
import { figure, openSql, type SqlClient, sameRows, sql } from './sql-lines.ts';
import type { Stage } from './stage.ts';

export const SQL_TREE: Suite = {
  component: 'btree',
  checks: [
    { name: '5,000 rows in random order come back sorted', run: sorted },
    { name: 'an index changes no result', run: indexed },
    { name: 'long texts come back unchanged', run: long },
    { name: 'pages of deleted rows are used again', run: reused },
  ],
};

const ROWS = 5_000;

/** Every number below `count` once, in an order that is always the same: the step shares no factor with it. */
function shuffled(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => (index * 1_237 + 17) % count);
}

async function insert({ changes }: SqlClient, table: string, values: readonly string[]): Promise<void> {
  for (let from = 0; from < values.length; from += 100) {
    const some = values.slice(from, from + 100);
    same(
      `changes of an INSERT of ${some.length} rows`,
      await changes(`INSERT INTO ${table} VALUES ${some.join(', ')}`),
      some.length,
    );
  }
}

async function sorted(stage: Stage): Promise<void> {
  const client = await sql(stage);
  await client.changes('CREATE TABLE many (id INTEGER PRIMARY KEY, name TEXT)');
  await client.ask('BEGIN');
  await insert(
    client,
    'many',
    shuffled(ROWS).map((id) => `(${id}, 'row ${id}')`),
  );
  await client.changes('COMMIT');
  const all = await client.rows('SELECT id FROM many ORDER BY id');
  holds(
    Array.isArray(all) && all.length === ROWS,
    `rows of ${ROWS} that came back: ${Array.isArray(all) ? all.length : 'none'}`,
  );
  const astray = all.findIndex((row, index) => (row as readonly unknown[])[0] !== index);
  holds(astray < 0, `ORDER BY id: row ${astray} is not the row with the id ${astray}`);
  for (const id of shuffled(ROWS).slice(0, 50))
    sameRows(`WHERE id = ${id}`, await client.rows(`SELECT name FROM many WHERE id = ${id}`), [[`row ${id}`]]);
  for (const [range, count] of [
    ['id < 1000', 1_000],
    ['id BETWEEN 1200 AND 1299', 100],
    ['id >= 4999', 1],
  ] as const)
    same(`COUNT(*) WHERE ${range}`, await figure(client, `SELECT COUNT(*) FROM many WHERE ${range}`), count);
}

async function indexed(stage: Stage): Promise<void> {
  const client = await sql(stage);
  await client.changes('CREATE TABLE twice (id INTEGER PRIMARY KEY, a INTEGER)');
  await insert(
    client,
    'twice',
    shuffled(500).map((id) => `(${id}, ${id % 37})`),
  );
  const conditions = ['a = 5', 'a > 30', 'a BETWEEN 3 AND 4', 'a < 2 AND id > 100', 'a IS NULL'];
  const read = () => Promise.all(conditions.map((one) => client.rows(`SELECT id FROM twice WHERE ${one} ORDER BY id`)));
  const before = await read();
  await client.changes('CREATE INDEX twice_a ON twice (a)');
  sameRows('rows after CREATE INDEX', await read(), before);
  await client.changes('UPDATE twice SET a = 5 WHERE id < 10');
  await client.changes('DELETE FROM twice WHERE a = 31');
  same('COUNT(*) WHERE a = 5', await figure(client, 'SELECT COUNT(*) FROM twice WHERE a = 5'), wantedFives());
  same('COUNT(*) WHERE a = 31', await figure(client, 'SELECT COUNT(*) FROM twice WHERE a = 31'), 0);
}

function wantedFives(): number {
  return shuffled(500).filter((id) => id < 10 || id % 37 === 5).length;
}

async function long(stage: Stage): Promise<void> {
  const text = 'ä long text, '.repeat(10_000).slice(0, 100_000);
  const first = await stage.start();
  const client = await openSql(first.port, stage.later);
  await client.changes('CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT UNIQUE)');
  for (const [id, end] of [
    [1, 'a'],
    [2, 'b'],
  ] as const)
    await client.changes(`INSERT INTO texts VALUES (${id}, '${text}${end}')`);
  same('a second equal text', await client.code(`INSERT INTO texts VALUES (3, '${text}a')`), 'unique_violation');
  const come = async ({ rows }: SqlClient, when: string) => {
    const got = JSON.stringify(await rows('SELECT body FROM texts ORDER BY id'));
    holds(got === JSON.stringify([[`${text}a`], [`${text}b`]]), `two texts of 100,001 characters changed ${when}`);
  };
  await come(client, 'on their way');
  await first.end('SIGTERM');
  const second = await stage.start({ data: first.data });
  await come(await openSql(second.port, stage.later), 'over a restart');
}

async function reused(stage: Stage): Promise<void> {
  const { port, data } = await stage.start();
  const client = await openSql(port, stage.later);
  await client.changes('CREATE TABLE rounds (id INTEGER PRIMARY KEY, body TEXT)');
  const sizes: number[] = [];
  for (let round = 0; round < 5; round++) {
    await insert(
      client,
      'rounds',
      shuffled(2_000).map((id) => `(${id}, '${'x'.repeat(100)}')`),
    );
    same('changes of DELETE', await client.changes('DELETE FROM rounds'), 2_000);
    await client.changes('CHECKPOINT');
    sizes.push(bytesOf(data));
  }
  const [first = 0, last = 0] = [sizes[0], sizes.at(-1)];
  holds(last <= 2 * first, `the data folder grew from ${first} to ${last} bytes over five rounds of the same rows`);
}

/** Of all files below a folder. */
function bytesOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => {
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return sum + (stat?.isDirectory() === true ? bytesOf(path) : (stat?.size ?? 0));
  }, 0);
}
