// RedQueue's protocol server from outside: PING, order, delays, reservations, dead letters, what a restart keeps.
import { holds, matches, type Suite, same, until } from './check.ts';
import { openResp, type Reply } from './resp.ts';
import type { Stage } from './stage.ts';

export const QUEUE_SERVER: Suite = {
  component: 'resp-server',
  checks: [
    { name: 'PING is answered by PONG, an unknown command by ERR', run: pings },
    { name: 'the highest priority comes first, then the oldest', run: ordered },
    { name: 'a delayed job comes when it is due', run: delayed },
    { name: 'a reservation keeps a job until its time is over', run: reserved },
    { name: 'RESERVE with WAIT waits for a job', run: waits },
    { name: 'a job that fails too often is a dead letter', run: deadLetters },
    { name: 'answered jobs survive kill -9, acknowledged ones stay away', run: survives },
    { name: 'delays, reservations and dead letters survive kill -9', run: keepsStates },
    { name: 'SIGTERM ends it with exit code 0', run: terminates },
  ],
};

function isThere(reply: Reply): boolean {
  return reply !== null;
}

/** A client of the program that the checks share. */
export async function client(stage: Stage) {
  return openResp((await stage.shared()).port, stage.later);
}

async function pings(stage: Stage): Promise<void> {
  const { ask } = await client(stage);
  same('PING', await ask('PING'), 'PONG');
  matches('an unknown command', errorOf(await ask('NONSENSE', 'x')), /^ERR/);
  same('PING after an error', await ask('PING'), 'PONG');
}

async function ordered(stage: Stage): Promise<void> {
  const { ask } = await client(stage);
  const queue = stage.name('order');
  for (const [payload, priority] of [
    ['zero', '0'],
    ['five', '5'],
    ['minus', '-5'],
    ['five-again', '5'],
  ] as const)
    isId(await ask('ENQUEUE', queue, payload, 'PRIORITY', priority));
  const got: Reply[] = [];
  for (let count = 0; count < 4; count++) got.push(payloadOf(await ask('DEQUEUE', queue)));
  same('order of priorities 0, 5, -5, 5', got, ['five', 'five-again', 'zero', 'minus']);
  same('DEQUEUE of an empty queue', await ask('DEQUEUE', queue), null);
  const oldest = isId(await ask('ENQUEUE', queue, 'oldest'));
  isId(await ask('ENQUEUE', queue, 'newer'));
  same('RESERVE', payloadOf(await ask('RESERVE', queue)), 'oldest');
  same('NACK', await ask('NACK', oldest), 'waiting');
  same('the first job after a NACK', await ask('DEQUEUE', queue), [oldest, 'oldest', 2]);
}

const DELAY_MS = 300;
/** Promised are 500 ms after it is due; a busy machine gets more. */
const LATEST_MS = 5_000;

async function delayed(stage: Stage): Promise<void> {
  const { ask } = await client(stage);
  const queue = stage.name('delay');
  const askedMs = performance.now();
  isId(await ask('ENQUEUE', queue, 'later', 'DELAY', `${DELAY_MS}`));
  const answeredMs = performance.now();
  const first = await ask('DEQUEUE', queue);
  if (performance.now() - askedMs < DELAY_MS) same('DEQUEUE before it is due', first, null);
  const got = first ?? (await until(LATEST_MS, 'a delayed job', () => ask('DEQUEUE', queue), isThere));
  same('payload of the delayed job', payloadOf(got), 'later');
  const tookMs = Math.round(performance.now() - askedMs);
  holds(performance.now() - askedMs >= DELAY_MS - 1, `DELAY ${DELAY_MS}: it was given after ${tookMs} ms already`);
  holds(answeredMs - askedMs < DELAY_MS + LATEST_MS, 'ENQUEUE took longer than its delay');
}

const LEASE_MS = 1_000;

async function reserved(stage: Stage): Promise<void> {
  const { ask } = await client(stage);
  const queue = stage.name('reserve');
  const id = isId(await ask('ENQUEUE', queue, 'work'));
  const askedMs = performance.now();
  same('RESERVE', await ask('RESERVE', queue, 'TIMEOUT', `${LEASE_MS}`), [id, 'work', 1]);
  const second = await ask('RESERVE', queue);
  // A busy machine may have used the time up in between.
  if (performance.now() - askedMs < LEASE_MS) same('a second RESERVE', second, null);
  const again = second ?? (await until(LATEST_MS, 'RESERVE after the time-out', () => ask('RESERVE', queue), isThere));
  same('RESERVE after the time-out', again, [id, 'work', 2]);
  matches('ACK of the first attempt', errorOf(await ask('ACK', id, 'ATTEMPT', '1')), /^NOTACTIVE/);
  same('ACK', await ask('ACK', id), 'OK');
  matches('JOB of an acknowledged job', errorOf(await ask('JOB', id)), /^NOJOB/);
}

const WAIT_MS = 300;

async function waits(stage: Stage): Promise<void> {
  const [{ ask }, other] = [await client(stage), await client(stage)];
  const queue = stage.name('wait');
  const askedMs = performance.now();
  same('RESERVE with WAIT of an empty queue', await ask('RESERVE', queue, 'WAIT', `${WAIT_MS}`), null);
  const tookMs = Math.round(performance.now() - askedMs);
  holds(tookMs >= WAIT_MS - 2, `RESERVE with WAIT ${WAIT_MS} answered nil after ${tookMs} ms`);
  const waiting = ask('RESERVE', queue, 'WAIT', '60000');
  waiting.catch(() => {});
  const id = isId(await other.ask('ENQUEUE', queue, 'awaited'));
  same('RESERVE that waited for a job', await waiting, [id, 'awaited', 1]);
}

async function deadLetters(stage: Stage): Promise<void> {
  const { ask } = await client(stage);
  const queue = stage.name('dead');
  const id = isId(await ask('ENQUEUE', queue, 'bad', 'RETRIES', '1'));
  same('RESERVE', await ask('RESERVE', queue), [id, 'bad', 1]);
  same('the first NACK', await ask('NACK', id), 'waiting');
  same('RESERVE again', await ask('RESERVE', queue), [id, 'bad', 2]);
  same('the second NACK of RETRIES 1', await ask('NACK', id), 'dead');
  same('RESERVE of a dead job', await ask('RESERVE', queue), null);
  same('DEADLETTERS', await ask('DEADLETTERS', queue), [[id, 'bad', 2]]);
  same('REQUEUE', await ask('REQUEUE', id), 'OK');
  same('RESERVE after REQUEUE', await ask('RESERVE', queue), [id, 'bad', 1]);
  same('NACK with DELAY', await ask('NACK', id, 'DELAY', '600000'), 'delayed');
  same('waiting jobs after it', await ask('QLEN', queue), 0);
}

/** A payload may be of any bytes. */
const ODD = 'low\r\n\0ä';

async function survives(stage: Stage): Promise<void> {
  const first = await stage.start();
  const before = await openResp(first.port, stage.later);
  const kept = isId(await before.ask('ENQUEUE', 'kept', ODD));
  const high = isId(await before.ask('ENQUEUE', 'kept', 'high', 'PRIORITY', '7'));
  const done = isId(await before.ask('ENQUEUE', 'done', 'gone'));
  same('RESERVE', await before.ask('RESERVE', 'done'), [done, 'gone', 1]);
  same('ACK', await before.ask('ACK', done), 'OK');
  await first.end('SIGKILL');
  const second = await stage.start({ data: first.data });
  const { ask } = await openResp(second.port, stage.later);
  same('waiting jobs after kill -9', await ask('QLEN', 'kept'), 2);
  same('the first job after kill -9', payloadOf(await ask('DEQUEUE', 'kept')), 'high');
  same('the second job after kill -9', await ask('DEQUEUE', 'kept'), [kept, ODD, 1]);
  matches('JOB of an acknowledged job after kill -9', errorOf(await ask('JOB', done)), /^NOJOB/);
  const next = isId(await ask('ENQUEUE', 'kept', 'next'));
  holds(![kept, high, done].includes(next), `the id ${next} was used again after kill -9`);
}

async function keepsStates(stage: Stage): Promise<void> {
  const first = await stage.start();
  const before = await openResp(first.port, stage.later);
  isId(await before.ask('ENQUEUE', 'later', 'x', 'DELAY', '600000'));
  const held = isId(await before.ask('ENQUEUE', 'held', 'x'));
  same('RESERVE', await before.ask('RESERVE', 'held', 'TIMEOUT', '600000'), [held, 'x', 1]);
  const dead = isId(await before.ask('ENQUEUE', 'dead', 'x', 'RETRIES', '0'));
  same('RESERVE', await before.ask('RESERVE', 'dead'), [dead, 'x', 1]);
  await before.ask('NACK', dead);
  await first.end('SIGKILL');
  const second = await stage.start({ data: first.data });
  const { ask } = await openResp(second.port, stage.later);
  same('DEQUEUE of a delayed job after kill -9', await ask('DEQUEUE', 'later'), null);
  same('RESERVE of a reserved job after kill -9', await ask('RESERVE', 'held'), null);
  same('its ACK', await ask('ACK', held, 'ATTEMPT', '1'), 'OK');
  same('DEADLETTERS after kill -9', await ask('DEADLETTERS', 'dead'), [[dead, 'x', 1]]);
}

async function terminates(stage: Stage): Promise<void> {
  const program = await stage.start();
  same('its end', await program.end('SIGTERM'), { code: 0, signal: null });
}

export function isId(reply: Reply): string {
  holds(typeof reply === 'string' && reply !== '', `ENQUEUE: expected an id, got ${JSON.stringify(reply)}`);
  return reply;
}

export function errorOf(reply: Reply): string | null {
  return typeof reply === 'object' && reply !== null && 'error' in reply ? reply.error : null;
}

function payloadOf(reply: Reply): Reply {
  return Array.isArray(reply) ? (reply[1] ?? null) : reply;
}
