// Which llvm reads the coverage of a crate: the compiler's own, else the newest on the path; told where it is another one.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Ran } from '../../src/judge/command.ts';
import { rustCoverage } from '../../src/judge/ecosystems/rust-coverage.ts';
import { scratch } from '../store/scratch.ts';

/** A machine with a compiler of LLVM 22 and nothing else but these programs, each of LLVM 19. */
function machine(...programs: readonly string[]) {
  const place = scratch();
  const [bin, sysroot, reports] = [join(place, 'bin'), join(place, 'sysroot'), join(place, 'reports')];
  const script = (path: string, text: string) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  script(
    join(bin, 'rustc'),
    `case "$*" in '--print sysroot') echo ${sysroot};; -vV) printf 'host: here\\nLLVM version: 22.1.2\\n';; esac`,
  );
  for (const name of ['sh', 'sed', 'mkdir', 'ln']) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), join(bin, name));
  }
  const own = join(sysroot, 'lib/rustlib/here/bin');
  for (const name of programs)
    script(name.startsWith('own/') ? join(own, name.slice(4)) : join(bin, name), 'echo LLVM version 19.1.0');
  const has = (name: string) => programs.includes(name);
  const plan = rustCoverage({ folder: '.', root: place, reports, tree: new Map(), has }, { coverage: 0.8 });
  if (plan.is !== 'run') throw new Error('it is no plan to run');
  const [find, ...others] = plan.steps;
  if (find === undefined || typeof find === 'function') throw new Error('its first step is no command');
  const [file = '', ...args] = find.argv;
  const { status, stdout } = spawnSync(file, args, { encoding: 'utf8', env: { PATH: bin } });
  const target = (name: string) => readlinkSync(join(reports, 'tools', name));
  const last = others.at(-1);
  const said = { output: stdout } as Ran;
  const shown = typeof last === 'function' ? last([said, said, said]).shown : null;
  return { bin, own, plan, find, status, target, shown };
}

const ON_PATH = ['llvm-cov-19', 'llvm-profdata-19'];

test('the compiler’s own is taken first', () => {
  const { own, status, target } = machine('own/llvm-cov', 'own/llvm-profdata', ...ON_PATH);
  expect(status).toBe(0);
  expect([target('llvm-cov'), target('llvm-profdata')]).toEqual([join(own, 'llvm-cov'), join(own, 'llvm-profdata')]);
});

test('else that on the path, which may be too old: that is told', () => {
  const { bin, status, target, shown } = machine('own/llvm-cov', 'llvm-cov', 'llvm-cov-14', ...ON_PATH);
  expect(status).toBe(0);
  expect(target('llvm-profdata')).toBe(join(bin, 'llvm-profdata-19'));
  expect(target('llvm-cov')).toBe(join(bin, 'llvm-cov-19'));
  expect(shown).toBe('llvm-cov export of LLVM 19.1.0 (rustc has 22.1.2)');
});

test('without any nothing is built for it, and that is the reason', () => {
  const { status, find, plan } = machine();
  expect(status).not.toBe(0);
  expect(find.needed).toBe(true);
  expect(plan.read({ shown: find.shown } as Ran)).toEqual({
    verdict: 'inconclusive',
    reason: 'llvm is installed neither with rustc (llvm-tools) nor by itself',
  });
});
