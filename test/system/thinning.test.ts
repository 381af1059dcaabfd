// A session that outgrows its space gives up old snapshots and goes on; a kill in the middle of that costs no other one.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import { inPlace, kill, type Place } from '../support/mega.ts';

/** Every snapshot of its work has a megabyte of its own. */
const AGENT = 'cd "$1"\nfor i in 1 2 3 4 5 6; do head -c 1000000 /dev/urandom > blob.bin; sleep 0.5; done\n';
const CONFIG = `[limits]
disk_space_limit_gb = 0.02
disk_floor_mb = 1
[judge]
build_command = ["true"]
lint_command = ["true"]
test_command = ["true"]
[agent]
kind = "command"
`;
const ARGS = ['--duration', '50s', '--agents', '1', '--checkpoint-interval', '1s'];

function gitOf(place: Place, ...args: readonly string[]): string {
  const store = place.session('s').path('snapshots.git');
  return execFileSync('git', ['--git-dir', store, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test(
  'old snapshots go and work goes on; killed right then, it resumes to its end with every other snapshot whole',
  { timeout: 240_000 },
  inPlace(async (place) => {
    writeFileSync(`${place.dir}/agent.sh`, AGENT);
    const command = `command = ["sh", ${JSON.stringify(`${place.dir}/agent.sh`)}, "{project}"]\n`;
    writeFileSync(`${place.dir}/mega_test_config.toml`, `${CONFIG}${command}`);
    const session = place.session('s');
    const life = place.start('run', '--session-id', 's', ...ARGS);
    await session.eventOf('checkpoints-thinned');
    kill(life.pid);
    await life.ended;
    const { ended } = place.start('resume', 's');
    expect([0, 1]).toContain((await ended).code);
    const thinned = new Set(session.eventsOf('checkpoints-thinned').flatMap(({ numbers }) => numbers));
    const written = session.eventsOf('checkpoint-written');
    const kept = written.filter(({ number }) => !thinned.has(number));
    expect(thinned.size).toBeGreaterThan(5);
    for (const { number, commit } of kept) {
      expect(gitOf(place, 'rev-parse', `refs/checkpoints/${number}`).trim()).toBe(commit);
      expect(gitOf(place, 'rev-list', '--objects', '--missing=print', commit)).not.toMatch(/^\?/m);
    }
    const report = session.json<FinalReport>('final_report.json');
    expect(report.status).toBe('complete');
    expect(report.checkpoints.filter((one) => one.thinned).map(({ number }) => number)).toEqual(
      [...thinned].sort((a, b) => a - b),
    );
    const back = await place.run('session', 'restore', '--session-id', 's', '--checkpoint', String(kept[0]?.number));
    expect(back.code, back.err).toBe(0);
    const gone = await place.run('session', 'restore', '--session-id', 's', '--checkpoint', String([...thinned][0]));
    expect([gone.code, gone.err]).toEqual([
      2,
      expect.stringContaining('was removed for want of space; the nearest that are kept'),
    ]);
  }),
);
