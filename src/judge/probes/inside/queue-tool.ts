// RedQueue's command line tool from outside: what it prints, and with which exit code it ends.
import { holds, type Suite, same } from './check.ts';
import { listenOnce, type ToolRun } from './program.ts';
import type { Stage } from './stage.ts';

export const QUEUE_TOOL: Suite = {
  component: 'cli',
  checks: [
    { name: 'ping prints PONG, and exits with 1 where nobody listens', run: pings },
    { name: 'enqueue, len, job and dequeue agree', run: takes },
    { name: 'wrong usage exits with 2, a refusal with 1', run: refuses },
  ],
};

export const TOOL = 'redqueue-cli';

async function pings(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  prints('ping', await stage.tool(TOOL, ['--port', `${port}`, 'ping']), 'PONG\n');
  const nobody = await listenOnce(0);
  const lost = await stage.tool(TOOL, ['--port', `${nobody}`, 'ping']);
  same('exit code of ping where nobody listens', lost.code, 1);
  holds(lost.errors !== '', 'ping where nobody listens says nothing on standard error');
}

async function takes(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const run = (...words: readonly string[]) => stage.tool(TOOL, words, { env: { PORT: `${port}` } });
  const queue = stage.name('tool');
  const added = await run('enqueue', queue, 'hello', '--priority', '5');
  same('exit code of enqueue', added.code, 0);
  const id = added.output.trim();
  holds(/^\S+$/.test(id), `enqueue prints no id: ${added.output.slice(0, 100)}`);
  prints('len', await run('len', queue), '1\n');
  const lines = (await run('job', id)).output.split('\n');
  for (const line of ['state: waiting', 'priority: 5']) holds(lines.includes(line), `job has no line "${line}"`);
  prints('dequeue', await run('dequeue', queue), 'hello\n');
  const empty = await run('dequeue', queue);
  same('a second dequeue', { code: empty.code, output: empty.output }, { code: 3, output: '' });
}

async function refuses(stage: Stage): Promise<void> {
  const { port } = await stage.shared();
  const run = (...words: readonly string[]) => stage.tool(TOOL, words, { env: { PORT: `${port}` } });
  const wrong = await run('nonsense');
  same('an unknown subcommand', { code: wrong.code, output: wrong.output }, { code: 2, output: '' });
  holds(wrong.errors !== '', 'an unknown subcommand says nothing on standard error');
  same('exit code of ack of no job', (await run('ack', 'no-such-job')).code, 1);
}

function prints(what: string, { code, output }: ToolRun, wanted: string): void {
  same(what, { code, output }, { code: 0, output: wanted });
}
