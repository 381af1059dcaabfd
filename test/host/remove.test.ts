// Removing what shuts its owner out, which nothing does for root until it is put off, and what is deeper than a path is long.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeTree } from '../../src/host/remove.ts';
import { scratch, withoutRoot } from '../store/scratch.ts';

test('folders that may not be changed, listed or entered are removed, and nothing that a link leads to', () => {
  withoutRoot();
  const place = scratch();
  const [tree, outside] = [join(place, 'tree'), join(place, 'outside')];
  for (const folder of ['module', 'shut/in', 'listed']) mkdirSync(join(tree, folder), { recursive: true });
  mkdirSync(outside);
  for (const file of ['tree/module/a.go', 'tree/shut/in/b', 'tree/listed/c', 'outside/kept'])
    writeFileSync(join(place, file), 'x');
  symlinkSync(outside, join(tree, 'module/link'));
  chmodSync(outside, 0o500);
  for (const [folder, mode] of [
    ['module', 0o555],
    ['shut', 0],
    ['listed', 0o600],
  ] as const)
    chmodSync(join(tree, folder), mode);
  removeTree(tree);
  expect(existsSync(tree)).toBe(false);
  expect(readdirSync(outside)).toEqual(['kept']);
  removeTree(tree);
  chmodSync(outside, 0o700);
});

test('folders deeper than any path can name are removed', () => {
  const tree = join(scratch(), 'tree');
  mkdirSync(tree);
  const dig = 'for (let at = 0; at < 40; at++) { fs.mkdirSync("d".repeat(200)); process.chdir("d".repeat(200)); }';
  execFileSync(process.execPath, ['-e', `const fs = require('node:fs'); ${dig} fs.writeFileSync('f', '');`], {
    cwd: tree,
  });
  removeTree(tree);
  expect(existsSync(tree)).toBe(false);
});
