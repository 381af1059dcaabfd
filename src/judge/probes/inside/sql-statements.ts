// MiniDB's SQL from outside: the statements with known results, what EXPLAIN says, and how malformed ones are refused.
import { holds, type Suite, same, shown, Wrong } from './check.ts';
import { figure, openSql, type SqlClient, sameRows, sql } from './sql-lines.ts';
import type { Stage } from './stage.ts';

export const SQL_STATEMENTS: Suite = {
  component: 'sql',
  checks: [
    { name: 'the statements with known results give them', run: known },
    { name: 'EXPLAIN shows that indexes are used', run: explained },
    { name: 'a join uses the index of the later table', run: joined },
    { name: 'malformed statements are refused as syntax', run: malformed },
  ],
};

async function known(stage: Stage): Promise<void> {
  const client = await openSql((await stage.start()).port, stage.later);
  if (stage.statements.length === 0) throw new Error('the specification has no statements with known results');
  for (const line of stage.statements) await one(client, line);
}

async function one({ ask }: SqlClient, line: string): Promise<void> {
  const [, statement = '', what, wanted = ''] = /^(.*) => (rows|changes|error) (.*)$/.exec(line) ?? [];
  const reply = await ask(statement);
  const error = (reply.error as { readonly code?: unknown } | undefined)?.code;
  if (what !== 'error' && reply.ok !== true) throw new Wrong(`${statement}: expected success, got ${shown(reply)}`);
  switch (what) {
    case 'rows':
      return sameRows(statement, reply.rows, JSON.parse(wanted));
    case 'changes':
      return same(statement, reply.changes, Number(wanted));
    case 'error':
      return same(`error code of ${statement}`, error, wanted);
    default:
      throw new Error(`no statement with a known result: ${line}`);
  }
}

async function explained(stage: Stage): Promise<void> {
  const client = await sql(stage);
  await client.changes('CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)');
  await client.changes('INSERT INTO t VALUES (1, 1), (2, 1), (3, 2)');
  await plans(client, 'SELECT * FROM t WHERE a = 1', /^SCAN t\b/);
  await plans(client, 'SELECT * FROM t WHERE id = 1', /^SEARCH t USING INDEX \S/);
  await client.changes('CREATE INDEX t_a ON t (a)');
  for (const statement of [
    'SELECT * FROM t WHERE a = 1',
    'SELECT * FROM t WHERE a > 1',
    'SELECT * FROM t WHERE a BETWEEN 1 AND 2',
    'UPDATE t SET id = id + 10 WHERE a = 1',
    'DELETE FROM t WHERE a = 1',
  ])
    await plans(client, statement, /^SEARCH t USING INDEX t_a\b/);
  sameRows('rows after EXPLAIN', await client.rows('SELECT * FROM t ORDER BY id'), [
    [1, 1],
    [2, 1],
    [3, 2],
  ]);
}

async function joined(stage: Stage): Promise<void> {
  const client = await sql(stage);
  await client.changes('CREATE TABLE lefts (a INTEGER)');
  await client.changes('CREATE TABLE rights (b INTEGER)');
  await client.changes('CREATE INDEX rights_b ON rights (b)');
  await plans(client, 'SELECT * FROM lefts JOIN rights ON lefts.a = rights.b', /^SEARCH rights USING INDEX rights_b\b/);
}

async function plans({ rows }: SqlClient, statement: string, wanted: RegExp): Promise<void> {
  const plan = await rows(`EXPLAIN ${statement}`);
  const texts = Array.isArray(plan) ? plan.map((row) => String(Array.isArray(row) ? row[0] : row)) : [];
  holds(
    texts.some((text) => wanted.test(text)),
    `EXPLAIN ${statement}: no row like ${wanted.source} in ${shown(texts)}`,
  );
}

const MALFORMED = [
  'SELECT',
  'SELEC 1',
  'SELECT 1 +',
  'INSERT INTO m VALUES (1',
  "SELECT 'never closed",
  'CREATE TABLE (id INTEGER)',
  'UPDATE m WHERE id = 1',
  'SELECT 1; SELECT 2',
];

async function malformed(stage: Stage): Promise<void> {
  const client = await sql(stage);
  for (const statement of MALFORMED) {
    same(`error code of ${statement}`, await client.code(statement), 'syntax');
    same(`SELECT 1 after ${statement}`, await figure(client, 'SELECT 1'), 1);
  }
}
