// Whole sessions with the rehearsal agent, as a user runs them: what comes out, and what is left behind.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GATES } from '../../src/judge/gate.ts';
import { FINAL_REPORT, type FinalReport } from '../../src/report/final.ts';
import { METRICS } from '../../src/report/metrics.ts';
import { inPlace } from '../support/mega.ts';

const QUICK = 'pace_ms = 0\nsteps_per_turn = 5\n';

/** As long as it needs: a phase ends when nobody has anything open. */
const UNTIL_DONE = '[session]\nadvance_when_done = true\n[judge]\nmutants = 0\n';

describe.concurrent('a short session', () => {
  for (const project of ['task_queue', 'database', 'microservices'])
    test(
      `builds ${project} in four phases and passes its own tests`,
      // Judged with all gates, which run its tests twice.
      { timeout: 240_000 },
      inPlace(async (place) => {
        writeFileSync(`${place.dir}/mega_test_config.toml`, UNTIL_DONE);
        const ended = await place.rehearse('s', QUICK, '--project', project, '--duration', '3m', '--agents', '2').ended;
        expect(ended.err).toBe('');
        expect(ended.code).toBe(0);
        const session = place.session('s');
        expect(session.status).toBe('complete');
        const report = FINAL_REPORT.parse(session.json<FinalReport>('final_report.json'));
        expect(report).toMatchObject({ status: 'complete', exit_code: 0, verdict: { critical: 'passed' } });
        expect(report.own_tests).toMatchObject({ verdict: 'passed', failed: 0, exit_code: 0 });
        expect(report.own_tests?.tests).toBeGreaterThan(10);
        expect(report.gates.map(({ gate }) => gate)).toEqual([...GATES]);
        // How much of it was built in ten seconds is open; that it was started and asked is not.
        expect(report.components).toHaveLength(5);
        expect(report.components[0]?.evidence.length).toBeGreaterThan(0);
        expect(session.text('report.md')).toContain('## Components');
        expect(report.judged).toMatchObject({
          checkpoint: report.checkpoints.at(-1)?.number,
          drill: { bad: [], left: 0 },
        });
        expect(report.judged?.drill?.proven).toBe(report.checkpoints.length);
        expect(report.metrics.test_coverage).toBeGreaterThan(0.8);
        expect(report.phases.map(({ name }) => name)).toEqual([
          'bootstrap',
          'development',
          'refinement',
          'finalization',
        ]);
        expect(ended.out).toContain('verdict: passed');
        expect(ended.out).toContain('test_runs/s/report.md');
        const log = execFileSync('git', ['-C', session.path('project'), 'log', '--format=%s'], { encoding: 'utf8' });
        expect(log.trim().split('\n').length).toBeGreaterThan(8);
      }),
    );

  test(
    'leaves every file of the promised layout, valid, and no temporary file',
    inPlace(async (place) => {
      writeFileSync(`${place.dir}/mega_test_config.toml`, UNTIL_DONE);
      const ended = await place.rehearse('s', QUICK, '--duration', '3m', '--agents', '1', '--checkpoint-interval', '2s')
        .ended;
      expect([0, 1]).toContain(ended.code);
      const session = place.session('s');
      for (const name of LAYOUT) expect(existsSync(session.path(name)), name).toBe(true);
      for (const name of readdirSync(session.path('metrics'))) METRICS.parse(session.json('metrics', name));
      const metrics = METRICS.parse(session.metrics);
      expect(metrics.tokens_consumed).toBeGreaterThan(0);
      expect(metrics.lines_of_code).toBeGreaterThan(0);
      // Measured, or null with the reason; never both.
      expect(metrics.test_coverage === null).toBe(metrics.test_coverage_reason !== null);
      expect(session.eventsOf('checkpoint-written').length).toBe(metrics.checkpoints);
      const left = execFileSync('find', [session.root, '-name', '*.tmp*', '-not', '-path', '*/home/*'], {
        encoding: 'utf8',
      });
      expect(left).toBe('');
      for (const name of ['owner.json', 'control.json']) expect(existsSync(session.path(name)), name).toBe(false);
      expect(existsSync(session.path('judge'))).toBe(false);
    }),
  );

  test(
    'with --json prints one outcome; with --quiet nothing; the session log is for people',
    inPlace(async (place) => {
      const args = ['--duration', '10s', '--agents', '1'];
      const [json, quiet] = await Promise.all([
        place.rehearse('j', QUICK, ...args, '--json').ended,
        place.rehearse('q', QUICK, ...args, '--quiet').ended,
      ]);
      expect(JSON.parse(json.out)).toMatchObject({ session: 'j', status: 'complete', exit_code: json.code });
      expect(quiet.out).toBe('');
      const line = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d info {2}mega-test .* started$/m;
      expect(place.session('q').text('session.log')).toMatch(line);
    }),
  );

  test(
    'ends early when nobody has anything open and advance_when_done is set',
    inPlace(async (place) => {
      writeFileSync(
        `${place.dir}/mega_test_config.toml`,
        '[session]\nadvance_when_done = true\n[judge]\nmutants = 0\n',
      );
      const ended = await place.rehearse('e', 'pace_ms = 0\nsteps_per_turn = 20\n', '--duration', '6', '--agents', '1')
        .ended;
      expect(ended.code).toBe(0);
      expect(place.session('e').metrics).toMatchObject({ status: 'complete', progress: 1 });
      expect(place.session('e').metrics.elapsed_seconds).toBeLessThan(600);
    }),
  );
});

const LAYOUT = [
  'config.json',
  'selfware.toml',
  'project_prompt.txt',
  'session.log',
  'status',
  'final_report.json',
  'report.md',
  'metrics_current.json',
  'metrics/metrics_001.json',
  'journal.ndjson',
  'checkpoints/checkpoint_001.json',
  'project/src',
  'snapshots.git',
];

describe.concurrent('other agents and projects', () => {
  test(
    'any command can be the agent: prompt on standard input, working copy as its directory',
    inPlace(async (place) => {
      const script =
        'cat > .seen && mv .seen prompt-seen.txt; echo "$MEGA_TEST_AGENT in $(pwd) has {max_seconds}" > .notes && mv .notes notes.txt; git add -A; git commit -qm note';
      const config = `[agent]\nkind = "command"\ncommand = ["/bin/sh", "-c", ${JSON.stringify(script)}]\n[session]\nadvance_when_done = true\n`;
      writeFileSync(`${place.dir}/c.toml`, config);
      const ended = await place.run(
        'run',
        '--config',
        'c.toml',
        '--duration',
        '10s',
        '--agents',
        '1',
        '--session-id',
        'c',
        '--json',
      );
      expect(ended.code).toBe(1);
      const session = place.session('c');
      expect(session.text('project', 'prompt-seen.txt')).toContain('Phase: ');
      expect(session.text('project', 'notes.txt')).toMatch(/^architect in .*test_runs\/c\/project has \d+$/m);
      expect(session.metrics).toMatchObject({ tokens_consumed: null, tokens_reason: 'no agent has told what it used' });
      expect(session.json<FinalReport>('final_report.json').verdict).toMatchObject({ critical: 'inconclusive' });
    }),
  );

  test(
    'a project that starts from an existing repository copies it and leaves the original alone',
    inPlace(async (place) => {
      const origin = `${place.dir}/origin`;
      execFileSync('git', ['init', '-q', origin]);
      writeFileSync(`${origin}/kept.txt`, 'from before\n');
      const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
      execFileSync('git', ['-C', origin, 'add', '.']);
      execFileSync('git', ['-C', origin, ...identity, 'commit', '-qm', 'before']);
      writeFileSync(`${place.dir}/c.toml`, OWN_PROJECT);
      const args = [
        '--config',
        'c.toml',
        '--project',
        'mine',
        '--duration',
        '10s',
        '--agents',
        '1',
        '--session-id',
        'm',
        '--quiet',
      ];
      await place.run('run', ...args);
      expect(place.session('m').text('project', 'kept.txt')).toMatch(/^from before\nmore\n/);
      expect(readFileSync(`${origin}/kept.txt`, 'utf8')).toBe('from before\n');
      expect(place.session('m').text('project_prompt.txt')).toContain('# Mine: My own');
    }),
  );
});

const OWN_PROJECT = `[projects.mine]
name = "Mine"
title = "My own"
lines_of_code = 100
specification = "Add a line."
from = "origin"
[agent]
kind = "command"
command = ["/bin/sh", "-c", "echo more >> kept.txt"]
`;
