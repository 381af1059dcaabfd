// A session behind each level of walls that works here: kills, stops and resumes mean the same in all of them.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findProgram } from '../../src/agents/find.ts';
import { chooseConfinement, LEVELS, type Level } from '../../src/process/confinement.ts';
import type { FinalReport } from '../../src/report/final.ts';
import { inPlace, isRunning, kill, type Place, pidsWithin } from '../support/mega.ts';

const here: Level[] = [];
for (const level of LEVELS) {
  const walls = await chooseConfinement({ level, means: null });
  if ('impossible' in walls) console.log(`not tested here: ${walls.impossible}`);
  else here.push(level);
}
const highest = here[0] ?? 'group';

const BRISK = ['--duration', '60s', '--agents', '1', '--checkpoint-interval', '2s', '--backoff-initial', '0s'];

describe.concurrent.each(here)('%s', (level) => {
  test(
    'a killed agent goes on, a killed harness leaves nothing running, a resume goes on, SIGTERM saves',
    inPlace(async (place) => {
      const run = place.rehearse('s', 'pace_ms = 40\n', ...BRISK, '--confinement', level);
      const session = place.session('s');
      await session.eventOf('task-named');
      const first = session.eventsOf('agent-started')[0]?.pid ?? 0;
      kill(first);
      await session.event((event) => event.type === 'agent-exited' && event.signal === 'SIGKILL');
      await session.event((event) => event.type === 'agent-started' && event.mode === 'resumed');
      await session.event((event) => event.type === 'checkpoint-written' && event.number === 2);
      const harness = session.ownerPid;
      kill(harness);
      await run.ended;
      await gone(place, 5_000);
      expect((await place.run('status', 's')).out).toContain('orphaned');
      const again = place.start('resume', 's');
      await session.event((event) => event.type === 'harness-started' && event.incarnation === 2);
      await session.event((event) => event.type === 'agent-stepped' && event.turn > 2);
      kill(session.ownerPid, 'SIGTERM');
      const ended = await again.ended;
      expect(ended.code).toBe(143);
      expect(isRunning(session.eventsOf('agent-started').at(-1)?.pid ?? 0)).toBe(false);
      expect(pidsWithin(place.dir)).toEqual([]);
      expect(session.json<FinalReport>('final_report.json').confinement.level).toBe(level);
      expect(session.text('report.md')).toContain(`Confinement: ${level}, by `);
    }),
  );
});

/** Everything of a place's processes has ended by itself. */
async function gone(place: Place, limitMs: number): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (pidsWithin(place.dir).length > 0) {
    expect(performance.now(), `${pidsWithin(place.dir).length} processes are left`).toBeLessThan(endMs);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test(
  'a level that does not work here is refused with the reason, before anything is made',
  inPlace(async (place) => {
    place.env.PATH = bare(place);
    const ended = await place.run('run', '--agent', 'rehearsal', '--session-id', 's', '--confinement', 'full');
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(/confinement "full" does not work here \(.*not installed.*\); install bubblewrap, or/);
    expect(() => place.session('s').status).toThrow(/ENOENT/);
    const wrong = await place.run('run', '--agent', 'rehearsal', '--confinement', 'ful');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('--confinement');
  }),
);

test.skipIf(highest === 'group')(
  'a resume where the walls have become lower says so',
  inPlace(async (place) => {
    const run = place.rehearse('s', 'pace_ms = 40\n', ...BRISK);
    const session = place.session('s');
    await session.eventOf('agent-stepped');
    kill(session.ownerPid, 'SIGTERM');
    await run.ended;
    expect(session.json<FinalReport>('final_report.json').confinement.level).toBe(highest);
    place.env.PATH = bare(place);
    const again = place.start('resume', 's');
    await session.event((event) => event.type === 'agent-started' && event.mode === 'resumed');
    kill(session.ownerPid, 'SIGTERM');
    const { err } = await again.ended;
    expect(err).toContain(`confinement is now "group"; the session began with "${highest}"`);
    const { confinement } = session.json<FinalReport>('final_report.json');
    expect(confinement).toMatchObject({ level: 'group', reason: expect.stringContaining('not installed') });
    expect(confinement.not_promised.length).toBeGreaterThan(2);
  }),
);

/** A PATH with what a session needs and nothing that could put up walls. */
function bare(place: Place): string {
  const folder = join(place.dir, 'bare');
  mkdirSync(folder, { recursive: true });
  for (const name of ['node', 'git', 'sh', 'perl', 'du', 'fallocate']) {
    const found = findProgram(name, process.env, '/');
    if (found !== null) symlinkSync(found, join(folder, name));
  }
  return folder;
}
