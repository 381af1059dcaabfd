// Stops from outside: signals, the stop command, deadlines; saved in time, with the right word and exit code.
import { describe, expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import { inPlace, isRunning, kill, pidsWithin } from '../support/mega.ts';

const LONG = ['--duration', '60s', '--agents', '1', '--checkpoint-interval', '2s'];
const DEAF =
  'pace_ms = 40\n[[act]]\nturn = 1\ndo = "refuse-signals"\n[[act]]\nturn = 1\nafter_tools = 1\ndo = "hang"\n';

describe.concurrent('signals', () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    test(
      `${signal} saves, stops the agent and exits ${code}; a resume goes on`,
      inPlace(async (place) => {
        const run = place.rehearse('s', 'pace_ms = 40\n', ...LONG);
        const session = place.session('s');
        const agent = await session.eventOf('task-named').then(() => session.eventsOf('agent-started')[0]?.pid ?? 0);
        kill(session.ownerPid, signal);
        const ended = await run.ended;
        expect(ended.code).toBe(code);
        expect(session.status).toBe('interrupted');
        expect(isRunning(agent)).toBe(false);
        expect(ended.out).toContain('go on with: mega-test resume s');
        expect(session.json<FinalReport>('final_report.json')).toMatchObject({
          status: 'interrupted',
          exit_code: code,
          verdict: null,
        });
        expect(session.eventsOf('checkpoint-written').at(-1)?.trigger).toBe('stop');
        const again = place.start('resume', 's');
        await session.event((event) => event.type === 'agent-started' && event.mode === 'resumed');
        kill(session.ownerPid, 'SIGINT');
        expect((await again.ended).code).toBe(130);
      }),
    );

  test(
    'with an agent that refuses every signal the stop takes no more than 7 s',
    inPlace(async (place) => {
      const run = place.rehearse('s', DEAF, ...LONG);
      const session = place.session('s');
      await session.eventOf('agent-stepped');
      const beganMs = performance.now();
      kill(session.ownerPid, 'SIGTERM');
      expect((await run.ended).code).toBe(143);
      expect(performance.now() - beganMs).toBeLessThan(9_000);
      expect(pidsWithin(place.dir)).toEqual([]);
    }),
  );

  test(
    'a second signal ends everything at once, and the last acknowledged checkpoint is still there',
    inPlace(async (place) => {
      const run = place.rehearse('s', DEAF, ...LONG);
      const session = place.session('s');
      await session.eventOf('agent-stepped');
      kill(session.ownerPid, 'SIGINT');
      await session.eventOf('signal-received');
      const beganMs = performance.now();
      kill(session.ownerPid, 'SIGINT');
      expect((await run.ended).code).toBe(130);
      expect(performance.now() - beganMs).toBeLessThan(4_000);
      expect(session.status).toBe('interrupted');
      const list = JSON.parse((await place.run('session', 'list', '--session-id', 's', '--json')).out) as {
        state: string;
      }[];
      expect(list.length).toBeGreaterThan(0);
      expect(list.every(({ state }) => state === 'good')).toBe(true);
    }),
  );
});

describe.concurrent('other ends', () => {
  test(
    'mega-test stop ends the session now: complete and judged',
    inPlace(async (place) => {
      const run = place.rehearse('s', 'pace_ms = 20\n', ...LONG);
      await place.session('s').event((event) => event.type === 'turn-measured');
      const stopped = await place.run('stop', 's');
      expect(stopped.code).toBe(0);
      expect(stopped.out).toContain('complete');
      const ended = await run.ended;
      expect(place.session('s').json<FinalReport>('final_report.json')).toMatchObject({
        status: 'complete',
        ending: 'stopped by api',
      });
      expect(ended.code).toBe(place.session('s').json<FinalReport>('final_report.json').exit_code);
    }),
  );

  test(
    'a token budget that is spent wraps up and judges',
    inPlace(async (place) => {
      const ended = await place.rehearse('s', 'pace_ms = 20\n', ...LONG, '--max-tokens', '8000').ended;
      const report = place.session('s').json<FinalReport>('final_report.json');
      expect(report.ending).toContain('token budget spent');
      expect(report.status).toBe('complete');
      expect(ended.code).toBe(report.exit_code);
    }),
  );

  test(
    'a reader that goes away (| head -1) does not end the session',
    inPlace(async (place) => {
      const run = place.rehearse('s', 'pace_ms = 200\n', '--duration', '10s', '--agents', '1');
      run.child.stdout?.destroy();
      run.child.stderr?.destroy();
      const ended = await run.ended;
      expect(ended.signal).toBeNull();
      expect(place.session('s').status).toBe('complete');
    }),
  );

  test(
    'a harness that is stopped and continued (a suspended laptop) loses no phase time and kills nobody',
    inPlace(async (place) => {
      const run = place.rehearse('s', 'pace_ms = 200\n', '--duration', '12s', '--agents', '1');
      const session = place.session('s');
      await session.eventOf('agent-stepped');
      const pid = session.ownerPid;
      kill(pid, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      kill(pid, 'SIGCONT');
      await run.ended;
      expect(session.eventsOf('clock-stalled').length).toBeGreaterThan(0);
      expect(session.metrics.elapsed_seconds).toBeLessThan(15);
      expect(session.json<FinalReport>('final_report.json').standstill_seconds).toBeGreaterThan(2);
      expect(session.metrics.errors).toBe(0);
    }),
  );
});
