// A real small disk that fills up: the session waits or is put down, loses nothing, and goes on once there is space.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endViolations, reportViolations, violations } from './check.js';
import { eventsOf, Place, until } from './session.js';

const SIZES_MB = [3, 5, 8, 12];

export async function tmpfs({ count }) {
  const what = 'a tmpfs that fills up';
  const wrong = [];
  const ends = [];
  for (const size of SIZES_MB.slice(0, count)) {
    const folder = mkdtempSync(join(tmpdir(), 'mega-oracle-disk-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', folder]).status !== 0) {
      rmSync(folder, { recursive: true });
      return { what, done: 'left out: mounting is not allowed here', wrong };
    }
    const place = new Place({ runs: join(folder, 'runs') });
    try {
      mkdirSync(place.runs);
      const config = '[limits]\npause_limit_minutes = 0.1\ndisk_floor_mb = 1\n';
      const life = place.begin('t', { duration: '15s', pace: 5, config });
      const root = place.session('t');
      const began = await Promise.race([
        life.ended,
        until(() => eventsOf(root).some(({ type }) => type === 'agent-started')),
      ]);
      // Something else takes the rest of the disk.
      if (began === true)
        spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'ballast')}`, 'bs=64k'], { stdio: 'ignore' });
      const ended = await life.ended;
      ends.push(`${size} MB: ${ended.code}`);
      wrong.push(...endViolations(ended, place).map((text) => `${size} MB: ${text}`));
      if (began !== true) continue;
      wrong.push(...violations(root).map((text) => `${size} MB, put down: ${text}`));
      execFileSync('mount', ['-o', 'remount,size=200m', folder]);
      rmSync(join(folder, 'ballast'), { force: true });
      if (ended.code === 0 || ended.code === 1) continue;
      const again = await place.run(['resume', 't']);
      wrong.push(
        ...[...endViolations(again, place), ...violations(root), ...reportViolations(root, again)].map(
          (text) => `${size} MB, resumed: ${text}`,
        ),
      );
      if (again.code !== 0 && again.code !== 1)
        wrong.push(`${size} MB: the resume ended with ${again.code}: ${again.said.slice(-300)}`);
    } finally {
      place.close();
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { what, done: `exit codes ${ends.join(', ')}`, wrong };
}
