// The line counter: what it leaves behind when it is ended in the middle.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TIDY } from '../../src/workspace/count.ts';

test('a counter that is told to end takes its temporary files with it', async () => {
  const place = mkdtempSync(join(tmpdir(), 'mega-unit-'));
  try {
    const program = join(place, 'slow');
    writeFileSync(
      program,
      'use File::Temp qw(tempfile); my ($file, $name) = tempfile(UNLINK => 1); $| = 1; print "$0 @ARGV\\n"; sleep 60;',
    );
    const temporary = mkdtempSync(join(place, 'tmp-'));
    const child = spawn('perl', ['-e', TIDY, program, '--a', 'b'], { env: { ...process.env, TMPDIR: temporary } });
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).toBe(`${program} --a b\n`);
    expect(readdirSync(temporary)).toHaveLength(1);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(1);
    expect(readdirSync(temporary)).toEqual([]);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
