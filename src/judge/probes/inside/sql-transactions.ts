// MiniDB's transactions from outside: what others see, who may write, and what is left of a transaction that was lost.
import { type Suite, same, until } from './check.ts';
import { figure, type SqlClient, sql } from './sql-lines.ts';
import type { Stage } from './stage.ts';

export const SQL_TRANSACTIONS: Suite = {
  component: 'transactions',
  checks: [
    { name: 'others see rows after COMMIT, nobody after ROLLBACK', run: isolated },
    { name: 'a transaction keeps seeing what it began with', run: stable },
    { name: 'a second writer gets conflict at once, and readers go on', run: conflicts },
    { name: 'no update is lost', run: lostUpdate },
    { name: 'a failed statement changes nothing, and its transaction goes on', run: whole },
    { name: 'a closed connection leaves nothing of its transaction', run: dropped },
  ],
};

/** Two connections and a new table that has one column. */
async function two(stage: Stage): Promise<readonly [SqlClient, SqlClient, string]> {
  const [one, other] = [await sql(stage), await sql(stage)];
  const table = stage.name('t');
  await one.changes(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY)`);
  return [one, other, table];
}

async function isolated(stage: Stage): Promise<void> {
  const [one, other, table] = await two(stage);
  const count = `SELECT COUNT(*) FROM ${table}`;
  await one.changes('BEGIN');
  await one.changes(`INSERT INTO ${table} VALUES (1)`);
  same('rows seen by the transaction itself', await figure(one, count), 1);
  same('uncommitted rows seen by others', await figure(other, count), 0);
  await one.changes('COMMIT');
  same('committed rows seen by others', await figure(other, count), 1);
  await one.changes('BEGIN');
  await one.changes(`INSERT INTO ${table} VALUES (2)`);
  await one.changes(`DELETE FROM ${table} WHERE id = 1`);
  await one.changes(`UPDATE ${table} SET id = 3`);
  await one.changes(`CREATE TABLE ${table}_gone (id INTEGER)`);
  const all = `SELECT id FROM ${table}`;
  same('rows seen by itself and by others', [await one.rows(all), await other.rows(all)], [[[3]], [[1]]]);
  await one.changes('ROLLBACK');
  same('rows seen after ROLLBACK', [await one.rows(all), await other.rows(all)], [[[1]], [[1]]]);
  same('INSERT of a row that was rolled back', await one.changes(`INSERT INTO ${table} VALUES (2)`), 1);
  same('a table that was rolled back', await one.code(`SELECT * FROM ${table}_gone`), 'no_such_table');
  same('COMMIT outside of a transaction', await one.code('COMMIT'), 'no_transaction');
}

async function stable(stage: Stage): Promise<void> {
  const [one, other, table] = await two(stage);
  const count = `SELECT COUNT(*) FROM ${table}`;
  const all = `SELECT id FROM ${table} ORDER BY id`;
  await one.changes('BEGIN');
  await other.changes(`INSERT INTO ${table} VALUES (1), (2)`);
  same('rows committed after its BEGIN', await figure(one, count), 0);
  await one.changes('ROLLBACK');
  await one.changes('BEGIN');
  same('rows committed before its BEGIN', await one.rows(all), [[1], [2]]);
  await other.changes(`UPDATE ${table} SET id = 3 WHERE id = 1`);
  await other.changes(`DELETE FROM ${table} WHERE id = 2`);
  same('rows while another one changes them', await one.rows(all), [[1], [2]]);
  same('the same by an index', await one.rows(`SELECT id FROM ${table} WHERE id = 1`), [[1]]);
  await one.changes('ROLLBACK');
  same('rows after its end', await one.rows(all), [[3]]);
}

async function conflicts(stage: Stage): Promise<void> {
  const [one, other, table] = await two(stage);
  await one.changes('BEGIN');
  await one.changes(`INSERT INTO ${table} VALUES (1)`);
  same('INSERT of a second writer', await other.code(`INSERT INTO ${table} VALUES (2)`), 'conflict');
  same('rows seen by a reader', await figure(other, `SELECT COUNT(*) FROM ${table}`), 0);
  await one.changes('COMMIT');
  same('INSERT after the COMMIT of the first', await other.changes(`INSERT INTO ${table} VALUES (2)`), 1);
}

async function lostUpdate(stage: Stage): Promise<void> {
  const [one, other, table] = await two(stage);
  await one.changes(`INSERT INTO ${table} VALUES (10)`);
  for (const client of [one, other]) {
    await client.changes('BEGIN');
    same('the counter', await figure(client, `SELECT id FROM ${table}`), 10);
  }
  await one.changes(`UPDATE ${table} SET id = 11`);
  await one.changes('COMMIT');
  same('UPDATE on an old state', await other.code(`UPDATE ${table} SET id = 11`), 'conflict');
  await other.changes('ROLLBACK');
  same('the counter afterwards', await figure(other, `SELECT id FROM ${table}`), 11);
}

async function whole(stage: Stage): Promise<void> {
  const [one, other, table] = await two(stage);
  await one.changes('BEGIN');
  await one.changes(`INSERT INTO ${table} VALUES (1)`);
  same(
    'an INSERT whose last row is twice',
    await one.code(`INSERT INTO ${table} VALUES (2), (3), (1)`),
    'unique_violation',
  );
  await one.changes('COMMIT');
  same('rows afterwards', await other.rows(`SELECT id FROM ${table} ORDER BY id`), [[1]]);
}

async function dropped(stage: Stage): Promise<void> {
  const [one, other, table] = await two(stage);
  await one.changes('BEGIN');
  await one.changes(`INSERT INTO ${table} VALUES (1)`);
  one.close();
  const insert = () => other.ask(`INSERT INTO ${table} VALUES (2)`);
  await until(5_000, 'INSERT after the other connection was closed', insert, ({ ok }) => ok === true);
  same('rows afterwards', await other.rows(`SELECT id FROM ${table}`), [[2]]);
}
