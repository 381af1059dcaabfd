// The judge's own caches: what agents left for cargo to obey or run is not there, nor what a judged command left.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ownTestsOf } from '../../src/judge/judged.ts';
import { chooseConfinement } from '../../src/process/confinement.ts';
import { NO_GUARD } from '../../src/process/guard.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Judging } from '../../src/runtime/judging.ts';
import { KeptSession } from './kept-session.ts';

const WALLS = await chooseConfinement({ level: 'auto', means: null });

/** Fails, and says what it found, where anything but downloads stands among them. */
const LOOKS = `
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
test('nothing is there', () => {
  const { CARGO_HOME, npm_config_cache } = process.env;
  const found = ['bin/cargo-clippy', 'config', 'config.toml'].map((name) => join(CARGO_HOME, name));
  assert.deepEqual([...found, join(npm_config_cache, 'planted')].filter(existsSync), []);
  assert.equal(existsSync(join(CARGO_HOME, 'registry/kept')), true);
});
`;

test('what stands in the agents’ caches, or was left in the judge’s own, decides nothing', async () => {
  if ('impossible' in WALLS) throw new Error(WALLS.impossible);
  const judge = { build_command: ['true'], lint_command: ['true'], test_command: ['node', '--test'] };
  const kept = await KeptSession.begin({ judge });
  await kept.keep(1, { 'it.test.mjs': LOOKS }, 'start');
  const { caches, judgeCaches } = kept.layout;
  const planted = ['cargo/bin/cargo-clippy', 'cargo/config', 'cargo/config.toml'];
  for (const path of [
    join(caches, 'npm/planted'),
    ...[caches, judgeCaches].flatMap((at) => planted.map((one) => join(at, one))),
    join(judgeCaches, 'cargo/registry/kept'),
  ]) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '[build]\nrustc-wrapper = "evil"\n', { mode: 0o755 });
  }
  // A user without settings of cargo.
  const env = { ...process.env, CARGO_HOME: join(kept.layout.root, 'nowhere') };
  const parts = { ...kept, walls: WALLS, guard: NO_GUARD, clock: systemClock(), env, token: 'judge-caches' };
  const judging = new Judging({ ...parts, session: kept.session, post: kept.post } as never);
  await judging.judge(60_000);
  expect(judging.result === null ? null : ownTestsOf(judging.result)).toMatchObject({ verdict: 'passed', tests: 1 });
});
