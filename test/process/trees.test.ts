// What a turn leaves behind is gone with its end, however it ends: at its stop, at a kill -9, with the harness.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statOf } from '../../src/host/identity.ts';
import type { Confinement } from '../../src/process/confinement.ts';
import { availableWalls, processesNamed, Site } from './levels.ts';

/** More for `npm run test:walls`: every way out and every kind of end is then tried so many times. */
const ROUNDS = Number(process.env.TREES ?? 1);
/** The promise is 1 s, held against an idle machine by `npm run test:walls`; a busy one may need longer to look. */
const GONE_MS = ROUNDS > 1 ? 1_000 : 10_000;
/** Waiting for something to come up is no measurement. */
const UP_MS = 30_000;

/** Ways out of a process tree; each leaves a sleep behind whose command line is known. */
const WAYS_OUT = {
  child: 'sleep $NAME &',
  'new session': 'setsid sleep $NAME &',
  'double fork': '( ( sleep $NAME & ) & )',
  nohup: 'nohup sleep $NAME >/dev/null 2>&1 &',
  'cleared environment': 'env -i sleep $NAME &',
  'cleared environment in a new session': 'env -i setsid sleep $NAME &',
  'ignored signals': 'sh -c \'trap "" INT TERM HUP; sleep $NAME; :\' &',
  stopped: "sh -c 'kill -STOP $$; sleep $NAME' $NAME &",
} as const;
type WayOut = keyof typeof WAYS_OUT;
/** The one that a process group with a marker does not promise. */
const NOT_IN_A_GROUP: WayOut = 'cleared environment in a new session';

const ENDS = [
  'exit',
  'interrupt',
  'terminate',
  'kill',
  'kill -9 of the agent',
  'freeze and kill',
  'kill -9 of the harness',
] as const;
type End = (typeof ENDS)[number];

const walls = await availableWalls();
let count = 0;

describe.each(walls)('$name', ({ walls: confinement }) => {
  test.each(ENDS)('nothing is left after: %s', { timeout: 60_000 + 20_000 * ROUNDS }, async (end) => {
    for (let round = 0; round < ROUNDS; round++) {
      // A duration for sleep that nobody else uses names what belongs to this tree.
      const name = `${80_000 + (process.pid % 10_000)}.${++count}`;
      const ways = (Object.keys(WAYS_OUT) as WayOut[]).filter(
        (way) => confinement.wrap !== null || way !== NOT_IN_A_GROUP,
      );
      const site = new Site();
      await (end === 'kill -9 of the harness'
        ? endWithHarness(site, confinement, ways, name)
        : endAlone(site, confinement, { ways, name, end }));
      await until(() => processesNamed(`\0${name}\0`).length === 0, GONE_MS);
      expect(processesNamed(`\0${name}\0`).map(described)).toEqual([]);
    }
  });
});

test.each(walls)(
  '$name: a pause stops every process of the tree, and continues it',
  { timeout: 120_000 },
  async ({ walls: confinement }) => {
    const name = `${80_000 + (process.pid % 10_000)}.${++count}`;
    const site = new Site();
    const { process: agent, ended } = await site.start(
      confinement,
      ['sh', '-c', script(['child', 'new session'], false), name],
      { NAME: name },
    );
    expect(await until(() => sleepers(name) >= 2, UP_MS)).toBe(true);
    const states = () => agent.pids().map((pid) => statOf(pid)?.state);
    agent.freeze();
    expect(
      await until(() => states().length >= 3 && states().every((state) => STANDS.includes(state ?? 'gone')), UP_MS),
    ).toBe(true);
    agent.thaw();
    expect(await until(() => !states().includes('T'), UP_MS)).toBe(true);
    agent.freeze();
    agent.signal('interrupt');
    expect(await ended).toEqual({ code: 0, signal: null });
  },
);

/** Who is left, for whoever has to find out why. */
function described(pid: number): string {
  const { state, parent } = statOf(pid) ?? { state: 'gone', parent: 0 };
  return `${pid} ${state}, child of ${parent}: ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').slice(0, 200)}`;
}

/** How much of what it leaves behind is up; one way out stops itself before it sleeps. */
function sleepers(name: string): number {
  return processesNamed(`sleep\0${name}\0`).length;
}

/** Stopped, or waiting in a vfork for a child that is: no process of either kind runs. */
const STANDS = ['T', 'D'];

/** The agent: starts what it leaves behind, tells when all of it is there, then waits, or exits at once. */
function script(ways: readonly WayOut[], exits: boolean): string {
  const starts = ways.map((way) => WAYS_OUT[way]).join('\n');
  return `trap 'exit 0' INT TERM\n${starts}\n${exits ? ':' : 'while :; do sleep 0.05; done'}`;
}

async function endAlone(
  site: Site,
  walls: Confinement,
  { ways, name, end }: { ways: readonly WayOut[]; name: string; end: End },
): Promise<void> {
  const { process: agent, ended } = await site.start(walls, ['sh', '-c', script(ways, end === 'exit'), name], {
    NAME: name,
  });
  if (end !== 'exit') expect(await until(() => sleepers(name) >= ways.length - 1, UP_MS)).toBe(true);
  switch (end) {
    case 'exit':
      break;
    case 'freeze and kill':
      agent.freeze();
      agent.signal('kill');
      break;
    case 'kill -9 of the agent':
      process.kill(agent.pid, 'SIGKILL');
      break;
    default:
      agent.signal(end as 'interrupt' | 'terminate' | 'kill');
  }
  const exit = await ended;
  const wanted =
    end === 'exit' || end === 'interrupt' || end === 'terminate'
      ? { code: 0, signal: null }
      : { code: null, signal: 'SIGKILL' };
  expect(exit).toEqual(wanted);
}

/** A program of its own starts the agent the way a session does, and is killed. */
async function endWithHarness(site: Site, walls: Confinement, ways: readonly WayOut[], name: string): Promise<void> {
  const facts = {
    level: walls.level,
    means: walls.wrap === null ? null : walls.means,
    places: site.places,
    argv: ['sh', '-c', script(ways, false), name],
    name,
    root: site.root,
  };
  writeFileSync(join(site.root, 'facts.json'), JSON.stringify(facts));
  const harness = spawn(process.execPath, ['test/process/harness.js', join(site.root, 'facts.json')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  expect(await until(() => sleepers(name) >= ways.length - 1, UP_MS)).toBe(true);
  expect(await until(() => existsSync(join(site.root, 'started')), UP_MS)).toBe(true);
  harness.kill('SIGKILL');
}

async function until(holds: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
}
