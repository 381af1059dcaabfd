// `mega-test judge`: the same verdict as at the session's end, again and again, and nothing of the session is changed.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import type { GateEntry } from '../../src/report/judged.ts';
import type { SavedConfig } from '../../src/runtime/create.ts';
import { sealed, unsealed } from '../../src/store/durable.ts';
import { inPlace } from '../support/mega.ts';

const QUICK = 'pace_ms = 0\nsteps_per_turn = 5\n';
/** So slow that little is built, and judged soon. */
const SMALL = 'pace_ms = 300\n';

/** A gate without what differs from run to run: times, and the few lines that the project's tests reach by chance. */
function lasting({ gate, verdict, tests, failed, total, findings }: GateEntry) {
  return { gate, verdict, tests, failed, total, findings };
}

test(
  'a session that is judged again gets the same verdict, and nothing in its folder is changed',
  { timeout: 300_000 },
  inPlace(async (place) => {
    const ended = await place.rehearse('s', QUICK, '--duration', '10s', '--agents', '1').ended;
    const session = place.session('s');
    const report = session.json<FinalReport>('final_report.json');
    const before = [readdirSync(session.path('')), session.text('journal.ndjson'), session.text('report.md')];
    const again = await place.run('judge', 's', '--json');
    expect(again.err).toBe('');
    expect(again.code).toBe(ended.code);
    const told = JSON.parse(again.out) as FinalReport & { checkpoint: number };
    expect(told.checkpoint).toBe(report.judged?.checkpoint);
    expect(told.verdict).toEqual(report.verdict);
    expect(told.gates.map(lasting)).toEqual(report.gates.map(lasting));
    const verdicts = ({ criteria }: Pick<FinalReport, 'criteria'>) =>
      criteria.map(({ name, verdict }) => [name, verdict]);
    expect(verdicts(told)).toEqual(verdicts(report));
    const shares = [told, report].map(({ gates }) => gates.find(({ gate }) => gate === 'coverage')?.covered ?? 0);
    expect(Math.abs((shares[0] ?? 0) - (shares[1] ?? 0))).toBeLessThan(50);
    expect(told.judged).toEqual(report.judged);
    expect(report.rules).toEqual({
      at_start: report.rules.now,
      now: expect.stringMatching(/^[0-9a-f]{64}$/),
      differences: [],
    });
    expect(told.rules).toEqual(report.rules);
    expect(session.text('report.md')).toContain('Judged by the same rules as at the start');
    expect(session.text('session.log')).toContain(report.rules.now);
    const at = await place.run('judge', 's', '--at', String(told.checkpoint));
    expect(at.out).toContain(`Checkpoint ${told.checkpoint} of s: **${report.verdict?.critical}**`);
    expect(at.out).toMatch(/- \[x\] All checkpoints successfully created/);
    expect([readdirSync(session.path('')), session.text('journal.ndjson'), session.text('report.md')]).toEqual(before);
  }),
);

test(
  'a checkpoint that is not there, or is damaged, is refused; the newest whole one is judged instead when none is named',
  { timeout: 300_000 },
  inPlace(async (place) => {
    await place.rehearse('s', SMALL, '--duration', '10s', '--agents', '1').ended;
    const session = place.session('s');
    const newest = readdirSync(session.path('checkpoints')).sort().at(-1) ?? '';
    const path = session.path('checkpoints', newest);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"trigger"', '"trigged"'));
    const missing = await place.run('judge', 's', '--at', '99');
    expect([missing.code, missing.out]).toEqual([2, '']);
    const damaged = await place.run('judge', 's', '--at', newest);
    expect(damaged.code).toBe(5);
    expect(damaged.err).toContain('is damaged');
    const other = JSON.parse((await place.run('judge', 's', '--json')).out) as { checkpoint: number };
    expect(other.checkpoint).toBe(Number(/\d+/.exec(newest)?.[0]) - 1);
  }),
);

test(
  'a session whose settings of the judge were changed since its start is judged, and told to be judged by other rules',
  { timeout: 300_000 },
  inPlace(async (place) => {
    await place.rehearse('s', SMALL, '--duration', '10s', '--agents', '1').ended;
    const session = place.session('s');
    const saved = unsealed(session.text('config.json'))?.value as SavedConfig;
    const { config } = saved;
    const easier = {
      ...config,
      project: { ...config.project, target: { ...config.project.target, test_coverage: 0.1 } },
    };
    writeFileSync(session.path('config.json'), sealed({ ...saved, config: easier }));
    const again = await place.run('judge', 's');
    expect(again.out).toContain('**Judged by other rules than at the start**');
    expect(again.out).toMatch(/project\.target\.test.?_coverage is new/);
    const told = JSON.parse((await place.run('judge', 's', '--json')).out) as FinalReport;
    expect(told.rules.differences).toHaveLength(1);
    expect(told.rules.now).not.toBe(told.rules.at_start);
  }),
);
