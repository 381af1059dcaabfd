// The shared caches, into which agents and judged commands may put what they like: links in them lead us nowhere.
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareCaches } from '../../src/process/environment.ts';
import { Cleaning } from '../../src/runtime/cleaning.ts';
import { scratch } from '../store/scratch.ts';

/** The user's cargo settings, the caches once made, and a folder that is nobody's business. */
function place() {
  const root = scratch();
  const [caches, home, outside] = ['caches', 'cargo-home', 'outside'].map((name) => {
    mkdirSync(join(root, name));
    return join(root, name);
  }) as [string, string, string];
  writeFileSync(join(home, 'config.toml'), 'ours');
  writeFileSync(join(outside, 'config.toml'), 'theirs');
  const env = { CARGO_HOME: home };
  prepareCaches(caches, env);
  return { root, caches, outside, env, settings: join(caches, 'cargo/config.toml') };
}

test('cargo’s settings are put there again, whatever an agent wrote into them', () => {
  const { caches, env, settings } = place();
  expect(readFileSync(settings, 'utf8')).toBe('ours');
  writeFileSync(settings, '[build]\nrustc-wrapper = "evil"\n');
  prepareCaches(caches, env);
  expect(readFileSync(settings, 'utf8')).toBe('ours');
});

test.each(['cargo/config.toml', 'cargo', 'npm'])(
  'a link in the place of %s is removed, not written through',
  (name) => {
    const { caches, outside, env, settings } = place();
    rmSync(join(caches, name), { recursive: true });
    symlinkSync(name.endsWith('.toml') ? join(outside, 'config.toml') : outside, join(caches, name));
    prepareCaches(caches, env);
    expect(readFileSync(join(outside, 'config.toml'), 'utf8')).toBe('theirs');
    expect(readFileSync(settings, 'utf8')).toBe('ours');
    expect(lstatSync(join(caches, name)).isSymbolicLink()).toBe(false);
  },
);

/** Frees a session's disk on which no agent works. */
function freed(layout: { readonly root: string; readonly caches: string; readonly judgeCaches: string }, env: object) {
  const session = {
    stage: { is: 'working' },
    measured: { sessionBytes: null },
    plan: { limits: { diskFloorBytes: 0, sessionBytes: null } },
  };
  const parts = { layout, env, post: () => {}, log: { warn: () => {} }, session: () => session };
  return new Cleaning(parts as never, { choose: async () => {} } as never, () => []).free();
}

test('what a killed `mega-test judge` left is removed; that of one that lives is not', async () => {
  const { root, caches, env } = place();
  const [dead, alive] = [join(root, 'judge-4194305'), join(root, `judge-${process.pid}`)];
  for (const folder of [dead, alive]) mkdirSync(join(folder, 'project'), { recursive: true });
  await freed({ root, caches, judgeCaches: join(root, 'judge-caches') }, env);
  expect([existsSync(dead), existsSync(alive)]).toEqual([false, true]);
});

test.each(['judge-light', `judge-${process.pid}`])(
  'the judge’s caches go on a full disk, but not while %s is at work',
  async (bench) => {
    const { root, caches, env } = place();
    const judgeCaches = join(root, 'judge-caches');
    for (const folder of [judgeCaches, join(root, bench)]) mkdirSync(folder);
    await freed({ root, caches, judgeCaches }, env);
    expect(existsSync(judgeCaches)).toBe(true);
    rmSync(join(root, bench), { recursive: true });
    await freed({ root, caches, judgeCaches }, env);
    expect(existsSync(judgeCaches)).toBe(false);
  },
);

test('making room on a full disk removes the caches, not what a link in their place leads to', async () => {
  const { root, caches, outside, env } = place();
  rmSync(caches, { recursive: true });
  symlinkSync(outside, caches);
  await freed({ root, caches, judgeCaches: join(root, 'judge-caches') }, env);
  expect(readFileSync(join(outside, 'config.toml'), 'utf8')).toBe('theirs');
  expect(lstatSync(caches).isDirectory()).toBe(true);
  expect(existsSync(join(caches, 'npm'))).toBe(true);
});
