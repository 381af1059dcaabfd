// The quality of a session while it goes on: checkpoints looked at beside the work, the best one named, findings told on.
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import { inPlace } from '../support/mega.ts';

test(
  'phase ends are built and tested beside the work; the curve and the best checkpoint stand in the report',
  { timeout: 240_000 },
  inPlace(async (place) => {
    writeFileSync(`${place.dir}/mega_test_config.toml`, '[judge]\nlight_from_minutes = 0\n');
    await place.rehearse('s', 'pace_ms = 60\n', '--agents', '1', '--duration', '60s').ended;
    const session = place.session('s');
    const looked = session.eventsOf('quality-measured');
    const report = session.json<FinalReport>('final_report.json');
    // A machine that is too busy skips looks; what was looked at is told, in order and with what it found.
    const skipped = session.text('session.log').match(/is not looked at: the machine is too busy/g)?.length ?? 0;
    expect(looked.length + skipped).toBeGreaterThan(0);
    expect(report.quality.map(({ checkpoint }) => checkpoint)).toEqual(looked.map(({ checkpoint }) => checkpoint));
    for (const { verdict, tests } of looked) expect([verdict, (tests ?? 0) > 0]).toEqual(['passed', true]);
    expect(report.best_checkpoint).toBe(looked.at(-1)?.checkpoint ?? null);
    const last = report.quality.at(-1);
    if (last === undefined) return;
    const judged = await place.run('judge', 's', '--at', String(last.checkpoint), '--json');
    const { gates } = JSON.parse(judged.out) as Pick<FinalReport, 'gates'>;
    const tests = gates.find(({ gate }) => gate === 'test');
    expect([tests?.verdict, tests?.tests, tests?.failed]).toEqual([last.verdict, last.tests, last.failed]);
  }),
);
