// The quality of a session while it goes on: checkpoints looked at beside the work, judged again to the same, ended with it.
import { readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import type { StampedEvent } from '../../src/session/event.ts';
import { inPlace, type Place, pidsWithin, until } from '../support/mega.ts';

const ALWAYS = 'light_from_minutes = 0\nlight_max_load = 1000\n';

test(
  'checkpoints are built and tested beside the work; what the curve says of one, `judge --at` says again',
  { timeout: 300_000 },
  inPlace(async (place) => {
    const config = `[judge]\n${ALWAYS}mutants = 0\n[checkpoint]\ninterval_minutes = 0.1\n`;
    writeFileSync(`${place.dir}/mega_test_config.toml`, config);
    await place.rehearse('s', 'pace_ms = 60\n', '--agents', '1', '--duration', '60s').ended;
    const session = place.session('s');
    const report = session.json<FinalReport>('final_report.json');
    const looked = session.eventsOf('quality-measured');
    const ends = session.eventsOf('checkpoint-written').filter(({ trigger }) => trigger === 'phase-end');
    const numbers = report.quality.map(({ checkpoint }) => checkpoint);
    expect(numbers).toEqual(looked.map(({ checkpoint }) => checkpoint).sort((one, other) => one - other));
    // The end of the last phase is judged with all gates instead; the look at the one before may have been cut by that.
    for (const { number } of ends.slice(0, -2)) expect(numbers).toContain(number);
    const between = looked.filter(({ checkpoint }) => ends.every(({ number }) => number !== checkpoint));
    expect(between.length).toBeGreaterThan(0);
    // What is half built when a checkpoint comes may be red; the ends of phases are not.
    for (const { verdict, tests } of looked.filter(
      ({ checkpoint }) => !between.some((one) => one.checkpoint === checkpoint),
    ))
      expect([verdict, (tests ?? 0) > 0]).toEqual(['passed', true]);
    const best = Math.max(...report.quality.map(({ verdict, tests }) => (verdict === 'passed' ? (tests ?? 0) : 0)));
    expect(report.quality.find(({ checkpoint }) => checkpoint === report.best_checkpoint)?.tests).toBe(best);
    expect(session.text('report.md')).toContain('## Quality over the session');
    const point = between.at(-1);
    const judged = await place.run('judge', 's', '--at', String(point?.checkpoint), '--json');
    const { gates } = JSON.parse(judged.out) as Pick<FinalReport, 'gates'>;
    const tests = gates.find(({ gate }) => gate === 'test');
    expect([tests?.verdict, tests?.tests, tests?.failed]).toEqual([point?.verdict, point?.tests, point?.failed]);
    // Every phase says of each of its criteria whether it was met, or why nobody knows.
    expect(report.phases.map(({ criteria }) => criteria.length)).toEqual([4, 4, 4, 4]);
    const compiles = report.phases[0]?.criteria.find(({ text }) => text === 'Project compiles successfully');
    expect(compiles).toMatchObject({ result: 'met', checkpoint: ends[0]?.number });
    const passing = report.phases[3]?.criteria.find(({ text }) => text === 'All tests passing');
    expect(passing).toMatchObject({ result: 'met', checkpoint: report.judged?.checkpoint });
  }),
);

/** The processes of tests that never end, by their own command lines. */
function sleepers(place: Place): readonly number[] {
  return pidsWithin(place.dir).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('sleep\0');
    } catch {
      // Gone meanwhile.
      return false;
    }
  });
}

test(
  'a signal in the middle of a look ends both within 7 s, and nothing is left running; looks have the last place in line',
  { timeout: 120_000 },
  inPlace(async (place) => {
    const config = `[judge]\n${ALWAYS}test_command = ["sleep", "1000"]\n`;
    writeFileSync(`${place.dir}/mega_test_config.toml`, config);
    const started = place.rehearse('s', 'pace_ms = 60\n', '--agents', '1', '--duration', '600s');
    const session = place.session('s');
    await session.eventOf('checkpoint-written');
    const [sleeper = 0] = await until(session.path('journal.ndjson'), () => {
      const found = sleepers(place);
      return found.length > 0 ? found : null;
    });
    expect(getPriority(sleeper)).toBe(19);
    const beganMs = performance.now();
    started.child.kill('SIGTERM');
    expect((await started.ended).code).toBe(143);
    expect(performance.now() - beganMs).toBeLessThan(9_000);
    expect(pidsWithin(place.dir)).toEqual([]);
    expect(session.status).toBe('interrupted');
    expect(session.eventsOf('quality-measured')).toEqual([]);
  }),
);

test(
  'a look that a kill -9 of the harness cut off is made by the next life, and the clock that waits for it goes on',
  { timeout: 120_000 },
  inPlace(async (place) => {
    const script = 'test -f a.test.js || echo \'require("node:test")("one", () => {})\' > a.test.js';
    const phases = ['one', 'two'].map(
      (name) => `[[phases]]\nname = "${name}"\nduration_minutes = 1\nobjectives = ["it"]\n`,
    );
    const judge = `light = "phase-ends"\nbuild_command = ["true"]\ntest_command = ["sh", "-c", "sleep 2; node --test"]\n`;
    writeFileSync(
      `${place.dir}/mega_test_config.toml`,
      `[agent]\nkind = "command"\ncommand = ["sh", "-c", ${JSON.stringify(script)}]\n[session]\nadvance_when_done = true\n` +
        `[judge]\n${ALWAYS}${judge}mutants = 0\n${phases.join('')}`,
    );
    const first = place.start('run', '--session-id', 's', '--agents', '1', '--duration', '600s');
    const session = place.session('s');
    const isStandstill = (event: StampedEvent) => event.type === 'checkpoint-written' && event.trigger === 'standstill';
    const { number } = (await session.event(isStandstill)) as StampedEvent & { type: 'checkpoint-written' };
    await until(session.path('journal.ndjson'), () => (sleepers(place).length > 0 ? true : null));
    process.kill(session.ownerPid, 'SIGKILL');
    await first.ended;
    expect(session.eventsOf('quality-measured')).toEqual([]);
    const next = place.start('resume', 's');
    const look = await session.eventOf('quality-measured');
    expect(look).toMatchObject({ checkpoint: number, settled: true, verdict: 'passed', tests: 1 });
    const ended = await session.event((event) => event.type === 'checkpoint-written' && event.trigger === 'phase-end');
    expect(ended.seq).toBeGreaterThan(look.seq);
    await next.ended;
    expect(session.status).toBe('complete');
    // Long before the clock would have got there by itself.
    expect(session.json<FinalReport>('final_report.json').best_checkpoint).not.toBeNull();
  }),
);
