// Size and memory of the built program: what lies on the disk, what the kernel counted, or why nobody knows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { notePeak, seenPeak } from '../../src/judge/probes/inside/memory.ts';
import { programSize } from '../../src/judge/size.ts';
import { type Files, judged } from './bench.ts';
import { hasCargo } from './cargo.ts';

async function sizeOf(files: Files, prepare: (project: string) => void = () => {}) {
  const { bench, project } = await judged(files);
  prepare(project);
  return { size: await programSize(bench, 120_000), project };
}

test('a bundle is as large as its files together; what a link leads to is none of it', async () => {
  const { size } = await sizeOf({ 'package.json': '{}' }, (project) => {
    mkdirSync(join(project, 'dist/deep'), { recursive: true });
    writeFileSync(join(project, 'dist/main.js'), 'x'.repeat(1_000));
    writeFileSync(join(project, 'dist/deep/more.js'), 'x'.repeat(234));
    symlinkSync('/usr/bin', join(project, 'dist/all'));
  });
  expect(size).toEqual({ value: 1_234 });
});

test('what runs from its sources has no size, and that is said', async () => {
  expect((await sizeOf({ 'package.json': '{}' })).size).toMatchObject({
    value: null,
    why: expect.stringMatching(/runs from its sources/),
  });
  expect((await sizeOf({ 'pyproject.toml': '' })).size).toMatchObject({
    value: null,
    why: expect.stringMatching(/nothing is built/),
  });
});

const CRATE = { 'Cargo.toml': '[package]\nname = "shelf"\nversion = "0.1.0"\nedition = "2021"\n' };

test.skipIf(!hasCargo)('a crate is built for release, and its program measured; a library has none', async () => {
  const { size, project } = await sizeOf({ ...CRATE, 'src/main.rs': 'fn main() {}\n' });
  expect(size).toEqual({ value: statSync(join(project, 'target/release/shelf')).size });
  const library = await sizeOf({ ...CRATE, 'src/lib.rs': '' });
  expect(library.size).toMatchObject({ value: null, why: 'there is no program in target/release' });
  const broken = await sizeOf({ ...CRATE, 'src/main.rs': 'fn main() { none }\n' });
  expect(broken.size).toMatchObject({
    value: null,
    why: expect.stringMatching(/cargo build --release --offline failed/),
  });
});

test('the memory of a program is the peak of its whole group, not what it holds now', async () => {
  const allocate =
    'let all = Buffer.alloc(200e6, 1); all = null; global.gc(); console.log("ready"); setInterval(() => {}, 1e3)';
  const script = `require('node:child_process').spawn(process.execPath, ['--expose-gc', '-e', ${JSON.stringify(allocate)}], { stdio: 'inherit' })`;
  const child = spawn(process.execPath, ['-e', script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const group = child.pid ?? 0;
  onTestFinished(() => void process.kill(-group, 'SIGKILL'));
  await once(child.stdout, 'data');
  expect(seenPeak()).toBeNull();
  notePeak(group);
  expect(seenPeak()).toBeGreaterThan(200e6);
  expect(seenPeak()).toBeLessThan(500e6);
});
