// Agents that misbehave in every way the rehearsal knows: the session survives each and says what happened.
import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import { inPlace, type Place, pidsWithin, type SessionFiles } from '../support/mega.ts';

const ARGS = ['--duration', '10s', '--agents', '1', '--backoff-initial', '0s', '--backoff-max', '0s'];

function act(what: string, more = ''): string {
  return `pace_ms = 150\n[[act]]\nturn = 1\nafter_tools = 2\ndo = "${what}"\n${more}`;
}

/** One phase, so that no phase's end comes between; `agent` holds further options of [agent]. */
function configure(place: Place, agent = ''): void {
  const phase = '[[phases]]\nname = "all"\nduration_minutes = 1\nobjectives = ["one", "two", "three", "four"]\n';
  writeFileSync(`${place.dir}/mega_test_config.toml`, `[agent]\n${agent}\n${phase}`);
}

/** Kinds of the failures of a finished session. */
function failuresOf(session: SessionFiles): string[] {
  return session.json<FinalReport>('final_report.json').failures.map(({ kind }) => kind);
}

describe.concurrent('an agent that', () => {
  test(
    'crashes by SIGSEGV is recovered',
    inPlace(async (place) => {
      configure(place);
      await place.rehearse('s', act('crash', 'text = "SIGSEGV"\n'), ...ARGS).ended;
      expect(place.session('s').eventsOf('agent-recovered')).toMatchObject([{ workspace: 'kept' }]);
      expect(place.session('s').metrics).toMatchObject({ status: 'complete', errors: 1, recoveries: 1 });
    }),
  );

  test(
    'ends with an API error is an llm-error, one that gives up begins afresh with a hint',
    inPlace(async (place) => {
      configure(place);
      const scenario = `${act('exit', 'code = 4\ntext = "API returned status 503: busy"\n')}[[act]]\nturn = 3\ndo = "exit"\ntext = "Agent failed: Max iterations exceeded"\n`;
      await place.rehearse('s', scenario, ...ARGS).ended;
      expect(failuresOf(place.session('s'))).toEqual(['llm-error', 'agent-gave-up']);
      const prompt = place.session('s').text('agents', 'architect', 'prompts', 'turn_004.txt');
      expect(prompt).toContain('ended without success');
    }),
  );

  test(
    'hangs is stopped at the stall limit and started again',
    inPlace(async (place) => {
      configure(place, 'stall_seconds = 2');
      await place.rehearse('s', act('hang'), ...ARGS).ended;
      expect(failuresOf(place.session('s'))).toEqual(['stall']);
      expect(place.session('s').status).toBe('complete');
    }),
  );

  test(
    'is silent for a while but works (a long build) is left alone',
    inPlace(async (place) => {
      configure(place, 'stall_seconds = 6');
      await place.rehearse('s', act('silence', 'seconds = 3\n'), ...ARGS).ended;
      expect(place.session('s').metrics.errors).toBe(0);
    }),
  );

  test(
    'floods its output is kept below the cap, head and tail, and nothing else suffers',
    inPlace(async (place) => {
      configure(place, 'output_limit_mb = 8');
      await place.rehearse('s', act('flood', 'mb = 200\n'), ...ARGS).ended;
      const session = place.session('s');
      expect(session.status).toBe('complete');
      expect(session.metrics.errors).toBe(0);
      const stat = statSync(session.path('agents', 'architect', 'output.log'));
      expect(stat.size).toBeGreaterThan(200_000_000);
      expect(stat.blocks * 512).toBeLessThan(60_000_000);
      const head = execFileSync('head', ['-c', '200', session.path('agents', 'architect', 'output.log')], {
        encoding: 'utf8',
      });
      expect(head).toContain('"event":"');
      expect(session.eventsOf('turn-measured').length).toBeGreaterThan(1);
    }),
  );

  test(
    'prints garbage is counted and goes on',
    inPlace(async (place) => {
      configure(place);
      await place.rehearse('s', act('garbage', 'mb = 0.01\n'), ...ARGS).ended;
      const session = place.session('s');
      expect(session.eventsOf('garbage-seen').length).toBeGreaterThan(0);
      expect(session.metrics).toMatchObject({ errors: 0, status: 'complete' });
      expect(session.text('session.log')).not.toMatch(/[\u0000-\u0008\u001b]/);
    }),
  );

  test(
    'leaves daemons behind (setsid, double fork, nohup) has them ended with its turn',
    inPlace(async (place) => {
      configure(place);
      const run = place.rehearse('s', act('daemons'), ...ARGS);
      const session = place.session('s');
      await session.event((event) => event.type === 'agent-exited' && event.turn === 1);
      const sleepers = pidsWithin(session.root).filter(
        (pid) => execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim() === 'sleep',
      );
      expect(sleepers).toEqual([]);
      await run.ended;
    }),
  );

  test(
    'leaves a git lock behind has it removed and its work kept',
    inPlace(async (place) => {
      configure(place);
      const scenario = `${act('leave-git-lock')}[[act]]\nturn = 1\nafter_tools = 2\ndo = "crash"\n`;
      await place.rehearse('s', scenario, ...ARGS).ended;
      const [recovered] = place.session('s').eventsOf('agent-recovered');
      expect(recovered).toMatchObject({ workspace: 'kept' });
      expect(recovered?.reason).toContain('1 stale git locks removed');
    }),
  );

  test.each(['half-merge', 'damage-repository'])('%s', async (what) => {
    await inPlace(async (place) => {
      configure(place);
      const scenario = `pace_ms = 150\n[[act]]\nturn = 2\nafter_tools = 1\ndo = "${what}"\n[[act]]\nturn = 2\nafter_tools = 1\ndo = "crash"\n`;
      await place.rehearse('s', scenario, ...ARGS).ended;
      const session = place.session('s');
      const [recovered] = session.eventsOf('agent-recovered');
      expect(recovered).toMatchObject({ workspace: 'rolled-back' });
      expect(recovered?.checkpoint).toBeGreaterThan(0);
      expect(session.status).toBe('complete');
      const kept = execFileSync('git', ['--git-dir', session.path('snapshots.git'), 'for-each-ref', 'refs/rescued'], {
        encoding: 'utf8',
      });
      expect(kept).toContain('refs/rescued/turn-2');
    })();
  });

  test(
    'tears its own saved state gets it back from the last checkpoint, or begins afresh',
    inPlace(async (place) => {
      configure(place);
      const scenario = `pace_ms = 150\n[[act]]\nturn = 1\nafter_tools = 6\ndo = "tear-own-state"\n[[act]]\nturn = 1\nafter_tools = 6\ndo = "crash"\n`;
      await place.rehearse('s', scenario, ...ARGS, '--checkpoint-interval', '1s').ended;
      const session = place.session('s');
      expect(session.eventsOf('agent-recovered')).toHaveLength(1);
      expect(session.status).toBe('complete');
    }),
  );

  test(
    'claims to be done on nothing is not believed: two such turns, and it waits',
    inPlace(async (place) => {
      configure(place);
      const scenario = `pace_ms = 150\n${[1, 2].map((turn) => `[[act]]\nturn = ${turn}\ndo = "claim-done"\n[[act]]\nturn = ${turn}\ndo = "lie-coverage"\n`).join('')}`;
      await place.rehearse('s', scenario, ...ARGS).ended;
      const session = place.session('s');
      expect(session.eventsOf('turn-measured').slice(0, 2)).toMatchObject([{ changed: false }, { changed: false }]);
      expect(session.metrics.test_coverage).toBeNull();
    }),
  );

  test(
    'leaks memory is shown to',
    inPlace(async (place) => {
      configure(place);
      const run = place.rehearse(
        's',
        act('leak-memory', 'mb = 200\n[[act]]\nturn = 1\nafter_tools = 3\ndo = "silence"\nseconds = 2\n'),
        ...ARGS,
      );
      const probed = await place
        .session('s')
        .event((event) => event.type === 'probed' && (event.agentRssBytes ?? 0) > 150e6);
      expect(probed).toBeTruthy();
      await run.ended;
    }),
  );
});
