// Kills at bad moments: of the agent, of the harness, of both, again and again; nothing acknowledged is lost.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import type { StampedEvent } from '../../src/session/event.ts';
import type { Checkpoint } from '../../src/store/checkpoint-file.ts';
import { ContentCache } from '../../src/workspace/content.ts';
import { restore } from '../../src/workspace/restore.ts';
import { inPlace, isRunning, kill, type Place, type SessionFiles } from '../support/mega.ts';

const PACED = 'pace_ms = 150\n';
const BRISK = ['--agents', '2', '--checkpoint-interval', '2s', '--backoff-initial', '0s', '--backoff-max', '1s'];

/** Pid of the agent that runs now. */
async function agentPid(session: SessionFiles, after = 0): Promise<number> {
  const started = await session.eventOf('agent-started', after);
  return started.pid;
}

describe.concurrent('the agent is killed', () => {
  test(
    'it is seen at once, the workspace is checked, the agent resumes its task and the session completes',
    inPlace(async (place) => {
      // One phase: what a phase's end sets aside is begun afresh, not resumed.
      const phase = '[[phases]]\nname = "all"\nduration_minutes = 1\nobjectives = ["one", "two", "three"]\n';
      writeFileSync(`${place.dir}/mega_test_config.toml`, phase);
      const run = place.rehearse('s', PACED, '--duration', '15s', ...BRISK);
      const session = place.session('s');
      await session.eventOf('task-named');
      const killedMs = Date.now();
      kill(await agentPid(session));
      const exited = await session.event((event) => event.type === 'agent-exited' && event.signal === 'SIGKILL');
      // Far from any heartbeat or timer of ours: it was seen on exit. How fast that is, `npm run bench` measures.
      expect(Date.parse(exited.wall) - killedMs).toBeLessThan(1_500);
      const recovered = await session.eventOf('agent-recovered');
      expect(recovered).toMatchObject({ workspace: 'kept' });
      expect(recovered.task).not.toBeNull();
      const ended = await run.ended;
      expect(session.status).toBe('complete');
      expect([0, 1]).toContain(ended.code);
      expect(session.events().some((event) => event.type === 'agent-started' && event.mode === 'resumed')).toBe(true);
      expect(session.metrics).toMatchObject({ errors: 1, recoveries: 1 });
      // Nobody knows that it was us.
      expect(session.text('session.log')).not.toMatch(/trust falls .*SIGKILL/);
      const [failure] = session.json<FinalReport>('final_report.json').failures;
      expect(failure).toMatchObject({ kind: 'process-crash', workspace: 'kept' });
      expect(failure?.recovered_after_seconds).not.toBeNull();
    }),
  );
});

describe.concurrent('the harness is killed', () => {
  test(
    'status says orphaned and names the command; resume ends what is left, goes on and forgets nothing',
    inPlace(async (place) => {
      const run = place.rehearse('s', PACED, '--duration', '20s', ...BRISK);
      const session = place.session('s');
      await session.event((event) => event.type === 'checkpoint-written' && event.number === 3);
      const agent = await agentPid(session);
      kill(session.ownerPid);
      await run.ended;
      const status = await place.run('status', 's');
      expect(status.out).toContain('orphaned');
      expect(status.out).toContain('mega-test resume s');
      const before = JSON.parse((await place.run('status', 's', '--json')).out) as Record<string, number>;
      const ended = await place.run('resume', 's');
      expect(isRunning(agent)).toBe(false);
      expect(session.status).toBe('complete');
      expect([0, 1]).toContain(ended.code);
      const after = session.metrics;
      expect(after.incarnation).toBe(2);
      expect(after.tokens_consumed).toBeGreaterThanOrEqual(before.tokens_consumed ?? 0);
      expect(after.turns).toBeGreaterThan(before.turns ?? 0);
      expect(after.elapsed_seconds).toBeGreaterThanOrEqual(20);
      expect(after.elapsed_seconds).toBeLessThan(24);
      expect(session.json<FinalReport>('final_report.json').phases).toHaveLength(4);
    }),
  );

  test(
    'run --keep resumes by itself',
    inPlace(async (place) => {
      const run = place.rehearse('s', PACED, '--duration', '15s', ...BRISK, '--keep');
      const session = place.session('s');
      await session.event((event) => event.type === 'checkpoint-written' && event.number === 2);
      kill(session.ownerPid);
      const ended = await run.ended;
      expect(ended.err).toContain('the harness ended unexpectedly');
      expect(session.status).toBe('complete');
      expect(session.metrics.incarnation).toBe(2);
    }),
  );
});

test.concurrent(
  'a 90-second session survives three kills of the agent and three of the harness, and completes on resume',
  { timeout: 240_000 },
  inPlace(async (place) => {
    let run = place.rehearse('s', PACED, '--duration', '90s', ...BRISK);
    const session = place.session('s');
    const counters: number[][] = [];
    const acknowledged = new Map<number, string>();
    for (let phase = 0; phase < 3; phase++) {
      // In each of three phases the agent and then the harness, at any moment: which ones stands in the journal.
      const begun = await firstStartOf(session, phase);
      await passed(session, begun.wall, Math.random() * 1_500);
      kill(session.eventsOf('agent-started').at(-1)?.pid ?? 0);
      await passed(session, begun.wall, 2_000 + Math.random() * 8_000);
      for (const { number, sha256 } of session.eventsOf('checkpoint-written')) acknowledged.set(number, sha256);
      kill(session.ownerPid);
      await run.ended;
      counters.push(await countersOf(place));
      run = place.start('resume', 's');
    }
    await run.ended;
    counters.push(await countersOf(place));
    expect(session.status).toBe('complete');
    expect(session.metrics.incarnation).toBe(4);
    for (const { number, sha256 } of session.eventsOf('checkpoint-written')) acknowledged.set(number, sha256);
    for (const [index, row] of counters.slice(1).entries())
      for (const [column, value] of row.entries()) expect(value).toBeGreaterThanOrEqual(counters[index]?.[column] ?? 0);
    await allRestorable(session, acknowledged);
  }),
);

/** The first turn of a phase, told by the checkpoints that ended the phases before. */
async function firstStartOf(session: SessionFiles, phase: number): Promise<StampedEvent & { type: 'agent-started' }> {
  let ended = 0;
  let seen = 0;
  while (ended < phase) {
    const { seq } = await session.event(
      (event) => event.type === 'checkpoint-written' && event.trigger === 'phase-end' && event.seq > seen,
    );
    seen = seq;
    ended++;
  }
  return (await session.event((event) => event.type === 'agent-started' && event.seq > seen)) as StampedEvent & {
    type: 'agent-started';
  };
}

/** So long after a moment, as the journal tells time. */
async function passed(session: SessionFiles, wall: string, ms: number): Promise<void> {
  const dueMs = Date.parse(wall) + ms;
  await session.event((event) => Date.parse(event.wall) >= dueMs);
}

/** Tokens, tool calls, turns, checkpoints, failures: none may ever go down. */
async function countersOf(place: Place): Promise<number[]> {
  const json = JSON.parse((await place.run('status', 's', '--json')).out) as Record<string, number>;
  return ['tokens_consumed', 'tool_calls', 'turns', 'checkpoints', 'errors', 'elapsed_seconds'].map(
    (name) => json[name] ?? 0,
  );
}

/** Every acknowledged checkpoint is there, whole, and gives back its exact tree, whose repository is sound. */
async function allRestorable(session: SessionFiles, acknowledged: ReadonlyMap<number, string>): Promise<void> {
  expect(acknowledged.size).toBeGreaterThan(10);
  for (const [number, sha256] of acknowledged) {
    const name = `checkpoint_${String(number).padStart(3, '0')}.json`;
    const checkpoint = session.json<Checkpoint & { sha256: string }>('checkpoints', name);
    expect(checkpoint.sha256).toBe(sha256);
    const scratch = session.path('scratch', String(number));
    mkdirSync(scratch, { recursive: true });
    const source = { name: 'project', root: scratch, exclude: ['node_modules'], only: null };
    await restore(session.path('snapshots.git'), checkpoint.workspace.commit, [source], new ContentCache());
    expect(countFiles(scratch)).toBe(checkpoint.workspace.files);
    expect(
      execFileSync('git', ['-C', scratch, 'fsck', '--full', '--no-dangling'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ).toBe('');
    rmSync(scratch, { recursive: true });
  }
}

function countFiles(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isDirectory() ? countFiles(join(folder, entry.name)) : 1),
    0,
  );
}

test(
  'eight harnesses started at once on one session id: exactly one runs, the others say so and write nothing',
  inPlace(async (place) => {
    const args = [
      'run',
      '--agent',
      'rehearsal',
      '--duration',
      '10s',
      '--agents',
      '1',
      '--session-id',
      'one',
      '--quiet',
    ];
    const ended = await Promise.all(Array.from({ length: 8 }, () => place.run(...args)));
    expect(ended.filter(({ code }) => code === 2)).toHaveLength(7);
    for (const { err } of ended.filter(({ code }) => code === 2))
      expect(err).toContain('the session "one" exists already');
    const session = place.session('one');
    expect(session.eventsOf('harness-started')).toHaveLength(1);
    expect(session.status).toBe('complete');
    expect(readdirSync(join(place.dir, 'test_runs'))).toEqual(['one']);
    expect(existsSync(session.path('crash.json'))).toBe(false);
  }),
);
