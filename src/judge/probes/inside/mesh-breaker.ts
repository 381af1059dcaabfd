// ServiceMesh's circuit breaker from outside: it opens, keeps requests away, tries again, and closes.
import { isDeepStrictEqual } from 'node:util';
import { holds, type Suite, same, until } from './check.ts';
import { http, type Json } from './http.ts';
import {
  BAD,
  breakerOf,
  FINE,
  type Instance,
  instanceOf,
  openInstance,
  type Reply,
  refused,
  register,
} from './mesh-instance.ts';
import type { Stage } from './stage.ts';

export const MESH_BREAKER: Suite = {
  component: 'breaker',
  checks: [
    { name: 'three failures in a row open it, a success starts the count again', run: opens },
    { name: 'an open one keeps requests away from its instance only', run: keepsAway },
    { name: 'half open, one trial at a time; a success closes it', run: closes },
    { name: 'a failed trial opens it again', run: opensAgain },
  ],
};

const FAILURES = 3;
const OPEN_MS = 1_000;
const SHORT = { MESH_BREAKER_FAILURES: `${FAILURES}`, MESH_BREAKER_OPEN_MS: `${OPEN_MS}` };
const LONG = { MESH_BREAKER_FAILURES: `${FAILURES}`, MESH_BREAKER_OPEN_MS: '600000' };
const LATEST_MS = 6_000;

async function meshWith(stage: Stage, env: Readonly<Record<string, string>>, ...ids: readonly string[]) {
  const { port } = await stage.start({ env });
  const instances: Instance[] = [];
  for (const id of ids) {
    const instance = await openInstance(stage);
    await register(port, 'shop', id, { port: instance.port });
    instances.push(instance);
  }
  const [first] = instances;
  if (first === undefined) throw new Error('a mesh without an instance');
  return {
    port,
    first,
    instances,
    get: () => http(port, '/proxy/shop/x'),
    breaker: () => breakerOf(port, 'shop', 'a'),
  };
}

async function opens(stage: Stage): Promise<void> {
  const { port, first, get, breaker } = await meshWith(stage, LONG, 'a');
  // Any status but 502, 503 and 504 is a success.
  for (const success of [200, 404, 500])
    for (const [status, failures] of [
      [503, 1],
      [503, 2],
      [success, 0],
    ] as const) {
      first.behave = () => ({ status, body: 'own' });
      await get();
      await becomes(breaker, `after a ${status}`, { state: 'closed', consecutive_failures: failures });
    }
  first.behave = BAD;
  await failsUntilOpen(get, breaker);
  same('healthy with an open breaker', (await instanceOf(port, 'shop', 'a')).healthy, false);
  const again = await register(port, 'shop', 'a', { port: first.port });
  same('healthy when it was registered again', again.healthy, false);
  const moved = await register(port, 'shop', 'a', { port: (await openInstance(stage)).port });
  same('healthy when it was registered with another port', moved.healthy, true);
}

/** A result counts at the latest a second after the answer; a busy machine gets more. */
async function becomes(breaker: () => Promise<Json>, what: string, wanted: Json): Promise<void> {
  const seen = async () => picked(await breaker());
  await until(LATEST_MS, `the breaker ${what}`, seen, (state) => isDeepStrictEqual(state, wanted));
}

/** When the last of its failures was asked for. */
async function failsUntilOpen(get: () => Promise<unknown>, breaker: () => Promise<Json>): Promise<number> {
  let askedMs = 0;
  for (let failures = 1; failures <= FAILURES; failures++) {
    askedMs = performance.now();
    await get();
    const seen = async () => (await breaker()) as { state?: unknown; consecutive_failures?: unknown };
    await until(LATEST_MS, `the breaker after failure ${failures}`, seen, ({ state, consecutive_failures: count }) =>
      failures < FAILURES ? state === 'closed' && count === failures : state !== 'closed',
    );
  }
  return askedMs;
}

function picked({ state, consecutive_failures }: Json): Json {
  return { state, consecutive_failures };
}

async function keepsAway(stage: Stage): Promise<void> {
  const { port, first, get, breaker } = await meshWith(stage, LONG, 'a');
  first.behave = BAD;
  await failsUntilOpen(get, breaker);
  const reached = first.received.length;
  const answer = await get();
  refused('a request with an open breaker only', answer, 503, 'breakers_open');
  const other = await openInstance(stage);
  await register(port, 'shop', 'b', { port: other.port });
  for (let count = 0; count < 4; count++) same('status with another instance', (await get()).status, 200);
  same('requests that reached the open one', first.received.length - reached, 0);
  same('requests that reached the other', other.received.length, 4);
  same('state of the other', (await breakerOf(port, 'shop', 'b')).state, 'closed');
}

async function broken(stage: Stage) {
  const mesh = await meshWith(stage, SHORT, 'a');
  mesh.first.behave = BAD;
  const askedMs = await failsUntilOpen(mesh.get, mesh.breaker);
  const { opened_at: opened } = await mesh.breaker();
  const openedAt = Number(opened);
  holds(openedAt > 0, `three failures in a row did not open it: opened_at is ${opened}`);
  await opensForItsTime(mesh.breaker, askedMs);
  return { ...mesh, openedAt };
}

/** Not before the whole time has passed since the request that opened it. */
async function opensForItsTime(breaker: () => Promise<Json>, askedMs: number): Promise<void> {
  const seen = async () => (await breaker()).state;
  await until(LATEST_MS, 'the state when it was open long enough', seen, (state) => state === 'half_open');
  const tookMs = Math.round(performance.now() - askedMs);
  holds(tookMs >= OPEN_MS - 2, `it was half open ${tookMs} ms after a failure, not ${OPEN_MS}`);
}

async function closes(stage: Stage): Promise<void> {
  const { first, get, breaker } = await broken(stage);
  const before = first.received.length;
  let release: (reply: Reply) => void = () => {};
  const held = new Promise<Reply>((resolve) => {
    release = resolve;
  });
  first.behave = () => held;
  const trial = get();
  trial.catch(() => {});
  await until(
    LATEST_MS,
    'requests of a trial',
    async () => first.received.length - before,
    (count) => count > 0,
  );
  for (let count = 0; count < 3; count++) refused('a request during the trial', await get(), 503, 'breakers_open');
  same('requests that reached it until the trial was answered', first.received.length - before, 1);
  release({ status: 200, body: 'fine' });
  same('status of the trial', (await trial).status, 200);
  await becomes(breaker, 'after a trial that succeeded', { state: 'closed', consecutive_failures: 0 });
  first.behave = FINE;
  same('status afterwards', (await get()).status, 200);
}

async function opensAgain(stage: Stage): Promise<void> {
  const { first, get, breaker, openedAt } = await broken(stage);
  const before = first.received.length;
  const askedMs = performance.now();
  await get();
  same('requests of a trial', first.received.length - before, 1);
  const opened = async () => Number((await breaker()).opened_at);
  await until(LATEST_MS, `opened_at after a failed trial, at first ${openedAt}`, opened, (again) => again > openedAt);
  await opensForItsTime(breaker, askedMs);
}
