// RedQueue's dashboard from outside: its page, its numbers, and what it refuses.
import { holds, matches, type Suite, same, shown } from './check.ts';
import { http, type Json, jsonOf, listIn } from './http.ts';
import { client, isId } from './queue-server.ts';
import { openResp } from './resp.ts';
import type { Stage } from './stage.ts';

export const QUEUE_DASHBOARD: Suite = {
  component: 'dashboard',
  checks: [
    { name: 'the page names RedQueue and each queue', run: page },
    { name: 'the numbers of a queue are right', run: numbers },
    { name: 'unknown paths answer 404, POST 405', run: refusals },
  ],
};

async function page(stage: Stage): Promise<void> {
  const { dashboard } = await stage.shared();
  const { ask } = await client(stage);
  const queue = stage.name('seen-on-the-page-');
  isId(await ask('ENQUEUE', queue, 'x'));
  const answer = await http(dashboard, '/');
  same('status of GET /', answer.status, 200);
  matches('content type of GET /', answer.headers['content-type'], /^text\/html\b/i);
  holds(answer.text.includes('RedQueue'), 'GET / does not contain RedQueue');
  holds(answer.text.includes(queue), `GET / does not contain the queue ${queue}`);
}

async function numbers(stage: Stage): Promise<void> {
  // Totals are those of all queues: a program of its own.
  const { dashboard, port } = await stage.start();
  const { ask } = await openResp(port, stage.later);
  isId(await ask('ENQUEUE', 'counted', 'now'));
  isId(await ask('ENQUEUE', 'counted', 'later', 'DELAY', '60000'));
  const stats = jsonOf(await http(dashboard, '/api/stats'), 'GET /api/stats');
  const wanted = { waiting: 1, delayed: 1, active: 0, dead: 0, done: 0 };
  const entry = listIn(stats, 'queues', 'GET /api/stats').find(({ name }) => name === 'counted');
  holds(entry !== undefined, `GET /api/stats has no queue "counted": ${shown(stats.queues)}`);
  same('numbers of the queue', picked(entry), wanted);
  same('totals', picked(stats.totals as Json), wanted);
}

function picked(table: Json | undefined): Json {
  return Object.fromEntries(['waiting', 'delayed', 'active', 'dead', 'done'].map((key) => [key, table?.[key]]));
}

async function refusals(stage: Stage): Promise<void> {
  const { dashboard } = await stage.shared();
  same('status of an unknown path', (await http(dashboard, '/nonsense')).status, 404);
  same('status of POST /api/stats', (await http(dashboard, '/api/stats', { method: 'POST' })).status, 405);
}
