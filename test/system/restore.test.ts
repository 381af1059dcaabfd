// Going back: to a checkpoint by any of its names, with damage in the way, while running and while not.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inPlace, kill, type Place } from '../support/mega.ts';
import { treeOf } from '../support/tree.ts';

const ARGS = ['--duration', '60s', '--agents', '1', '--checkpoint-interval', '60s'];

/** Posts to a running session's control server with the owner's token. */
async function post(place: Place, path: string, body: object = {}): Promise<Record<string, unknown>> {
  const { url, token } = place.session('s').json<{ url: string; token: string }>('control.json');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
}

/** A session with two checkpoints whose exact trees are known, interrupted in the end. */
async function sessionWithTwo(place: Place): Promise<{ first: number; second: number; trees: Record<number, object> }> {
  const run = place.rehearse('s', 'pace_ms = 20\n', ...ARGS);
  const session = place.session('s');
  const trees: Record<number, object> = {};
  const numbers: number[] = [];
  for (let n = 0; n < 2; n++) {
    await session.eventOf('turn-measured', session.events().length);
    // Frozen, nobody writes: what is on disk now is what the checkpoint must hold.
    await post(place, '/api/pause');
    const { number } = await post(place, '/api/checkpoint');
    trees[Number(number)] = treeOf(session.path('project'));
    numbers.push(Number(number));
    await post(place, '/api/continue');
  }
  await session.eventOf('turn-measured', session.events().length);
  kill(session.ownerPid, 'SIGINT');
  await run.ended;
  const [first = 0, second = 0] = numbers;
  return { first, second, trees };
}

test(
  'restore gives back the exact tree, also after rm -rf project/.git: log, status and fsck as they were',
  inPlace(async (place) => {
    const { first, trees } = await sessionWithTwo(place);
    const session = place.session('s');
    rmSync(session.path('project', '.git'), { recursive: true });
    const restored = await place.run('session', 'restore', '--session-id', 's', '--checkpoint', String(first));
    expect(restored.code).toBe(0);
    expect(treeOf(session.path('project'))).toEqual(trees[first]);
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', session.path('project'), ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    expect(git('fsck', '--full')).toBe('');
    expect(git('log', '--format=%s')).toContain('Begin');
    expect(session.eventsOf('checkpoint-restored')).toMatchObject([{ number: first, insteadOf: null }]);
    const before = session.metrics.tokens_consumed;
    const again = place.start('resume', 's');
    await session.eventOf('agent-started', session.events().length);
    kill(session.ownerPid, 'SIGINT');
    await again.ended;
    expect(session.metrics.tokens_consumed).toBeGreaterThanOrEqual(before ?? 0);
  }),
);

test(
  'a damaged newest checkpoint gives way to the newest good one, and that is said',
  inPlace(async (place) => {
    const { second, trees } = await sessionWithTwo(place);
    const session = place.session('s');
    const last = session.eventsOf('checkpoint-written').at(-1)?.number ?? 0;
    for (let number = second + 1; number <= last; number++) {
      const path = session.path('checkpoints', `checkpoint_${String(number).padStart(3, '0')}.json`);
      const bytes = readFileSync(path);
      bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 4;
      writeFileSync(path, bytes);
    }
    const listed = await place.run('session', 'list', '--session-id', 's');
    expect(listed.out).toContain('damaged: its contents do not match its checksum');
    const restored = await place.run('session', 'restore', '--session-id', 's', '--checkpoint', 'latest');
    expect(restored.code).toBe(0);
    expect(restored.out).toContain(`checkpoint ${last} is damaged; this is the newest good one before it`);
    expect(treeOf(session.path('project'))).toEqual(trees[second]);
    const status = await place.run('status', 's');
    expect(status.out).toContain(`checkpoint ${last} is damaged`);
    const resumed = place.start('resume', 's');
    await session.eventOf('agent-started', session.events().length);
    kill(session.ownerPid, 'SIGINT');
    expect((await resumed.ended).err).toContain('is damaged');
  }),
);

test(
  'a running session is paused, saved, restored and goes on by itself',
  inPlace(async (place) => {
    const run = place.rehearse('s', 'pace_ms = 20\n', ...ARGS);
    const session = place.session('s');
    await session.event((event) => event.type === 'turn-measured' && event.turn === 2);
    const restored = await place.run('session', 'restore', '--session-id', 's', '--checkpoint', '1');
    expect(restored.code).toBe(0);
    expect(restored.out).toContain('the session is running and goes on from there');
    await session.eventOf('agent-started', session.events().length - 1);
    kill(session.ownerPid, 'SIGINT');
    await run.ended;
    const order = session
      .events()
      .map(({ type }) => type)
      .filter((type) => /^(restore-requested|checkpoint-(written|restored)|agent-(started|exited))$/.test(type));
    const after = order.slice(order.indexOf('restore-requested') + 1);
    const saved = after.indexOf('checkpoint-written');
    // A start that was under way when the restore was asked for may still be told; then its end is told, too.
    expect([[], ['agent-exited'], ['agent-started', 'agent-exited']]).toContainEqual(after.slice(0, saved));
    expect(after.slice(saved, saved + 3)).toEqual(['checkpoint-written', 'checkpoint-restored', 'agent-started']);
  }),
);

test(
  'names a checkpoint can have: number, file name, path, latest, a time; anything else is explained',
  inPlace(async (place) => {
    const run = place.rehearse('s', 'pace_ms = 20\n', ...ARGS);
    const session = place.session('s');
    await session.eventOf('checkpoint-written');
    kill(session.ownerPid, 'SIGINT');
    await run.ended;
    const restore = (name: string) => place.run('session', 'restore', '--session-id', 's', '--checkpoint', name);
    const seconds = Math.floor(Date.now() / 1000) + 100;
    for (const name of ['1', 'checkpoint_001.json', session.path('checkpoints', 'checkpoint_001.json'), 'latest'])
      expect((await restore(name)).code, name).toBe(0);
    const byTime = await restore(`checkpoint_${seconds}.json`);
    expect(byTime.code).toBe(0);
    expect(byTime.out).toMatch(/"checkpoint_\d+\.json" is checkpoint_00\d\.json/);
    const unknown = await restore('77');
    expect(unknown.code).toBe(2);
    expect(unknown.err).toMatch(/there is no checkpoint 77; there are/);
    expect((await restore('../../etc/passwd')).code).toBe(2);
  }),
);
