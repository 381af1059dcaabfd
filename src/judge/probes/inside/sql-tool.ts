// MiniDB's command line client from outside: its own folder, a server, its output, and its exit codes.
import { holds, matches, type Suite, same } from './check.ts';
import { tableIn } from './http.ts';
import type { Stage } from './stage.ts';

export const SQL_TOOL: Suite = {
  component: 'cli',
  checks: [
    { name: 'a folder is made, filled and read', run: reads },
    { name: 'the first error ends the run with exit code 1', run: fails },
    { name: '--json prints one object a statement', run: json },
    { name: 'wrong usage exits with 2', run: usage },
    { name: 'an open folder is locked, its server answers', run: locked },
  ],
};

const TOOL = 'minidb-cli';
const CREATE = "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, NULL)";

async function filled(stage: Stage): Promise<string> {
  const data = `${stage.folder()}/made`;
  const { code, output, errors } = await stage.tool(TOOL, ['--data', data, '-e', CREATE]);
  same(`CREATE and INSERT (${errors.slice(0, 100)})`, { code, output }, { code: 0, output: 'OK 0\nOK 2\n' });
  return data;
}

async function reads(stage: Stage): Promise<void> {
  const data = await filled(stage);
  const { code, output } = await stage.tool(TOOL, ['--data', data], { input: 'SELECT * FROM t\nORDER BY id;\n' });
  same('SELECT on standard input', { code, output }, { code: 0, output: 'id\tname\n1\ta\n2\tNULL\n' });
}

async function fails(stage: Stage): Promise<void> {
  const data = await filled(stage);
  const run = await stage.tool(TOOL, ['--data', data, '-e', 'SELECT x FROM t; DELETE FROM t']);
  same('exit code of a statement that fails', run.code, 1);
  matches('standard error', run.errors, /error: no_such_column\b/);
  const count = async () => (await stage.tool(TOOL, ['--data', data, '-e', 'SELECT COUNT(*) AS n FROM t'])).output;
  same('rows after the error', await count(), 'n\n2\n');
  same('BEGIN and DELETE', (await stage.tool(TOOL, ['--data', data, '-e', 'BEGIN; DELETE FROM t'])).code, 0);
  same('rows after a transaction without COMMIT', await count(), 'n\n2\n');
}

async function json(stage: Stage): Promise<void> {
  const data = await filled(stage);
  const { code, output } = await stage.tool(TOOL, [
    '--data',
    data,
    '--json',
    '-e',
    'DELETE FROM t WHERE id = 1; SELECT id FROM t',
  ]);
  same('exit code with --json', code, 0);
  const replies = output
    .trim()
    .split('\n')
    .map((line) => tableIn(line, 'output with --json'));
  same('changes with --json', replies[0]?.changes, 1);
  same('rows with --json', [replies.length, replies[1]?.rows], [2, [[2]]]);
}

async function usage(stage: Stage): Promise<void> {
  for (const words of [
    ['-e', 'SELECT 1'],
    ['--data', stage.folder(), '--nonsense'],
  ]) {
    const { code, output } = await stage.tool(TOOL, words);
    same(`minidb-cli ${words[0]}`, { code, output }, { code: 2, output: '' });
  }
}

async function locked(stage: Stage): Promise<void> {
  const { port, data } = await stage.shared();
  const run = await stage.tool(TOOL, ['--data', data, '-e', 'SELECT 1']);
  same('exit code with a folder that a server has open', run.code, 1);
  holds(run.errors.includes('locked'), `standard error does not say locked: ${run.errors.slice(0, 100)}`);
  const asked = await stage.tool(TOOL, ['--port', `${port}`, '-e', 'SELECT 1 AS one']);
  same('the same with --port', { code: asked.code, output: asked.output }, { code: 0, output: 'one\n1\n' });
}
