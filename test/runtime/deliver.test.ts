// What project/ holds at the end: the last state, or the best one known where that is wanted, and only it is green.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownTestsOf } from '../../src/judge/judged.ts';
import { chooseConfinement } from '../../src/process/confinement.ts';
import { NO_GUARD } from '../../src/process/guard.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Judging } from '../../src/runtime/judging.ts';
import type { Quality } from '../../src/session/state.ts';
import { treeOf } from '../support/tree.ts';
import { KeptSession } from './kept-session.ts';

const WALLS = await chooseConfinement({ level: 'auto', means: null });
const MINUTES_MS = 5 * 60_000;

const project = (state: string, holds: boolean) => ({
  'state.txt': `${state}\n`,
  'only-in.txt': state,
  'it.test.mjs': `import { test } from 'node:test';\ntest('it holds', () => {\n  if (!${holds}) throw new Error('no');\n});\n`,
});

const BEST: Quality = { checkpoint: 2, workingMs: 1, verdict: 'passed', tests: 1, failed: 0, settled: true };

/** Three states; the second was looked at and green. `first`, `last`: is that one still green when it is judged? */
async function ended(deliver: 'last' | 'best', best: boolean, last: boolean) {
  if ('impossible' in WALLS) throw new Error(WALLS.impossible);
  const judge = { deliver, build_command: ['true'], lint_command: ['true'], test_command: ['node', '--test'] };
  const kept = await KeptSession.begin({ judge });
  await kept.keep(1, project('first', false), 'start');
  await kept.keep(2, { ...project('best', best), 'gone-later.txt': 'x' }, 'phase-end');
  const trees = [treeOf(kept.layout.project)];
  await kept.keep(3, { ...project('last', last), 'new/file.txt': 'y' }, 'end');
  trees.push(treeOf(kept.layout.project));
  kept.state = { ...kept.state, quality: [BEST] };
  const parts = { ...kept, walls: WALLS, guard: NO_GUARD, clock: systemClock(), env: process.env, token: 'deliver' };
  const judging = new Judging({ ...parts, session: kept.session, post: kept.post } as never);
  await judging.judge(MINUTES_MS);
  const held = readFileSync(join(kept.layout.project, 'state.txt'), 'utf8').trim();
  return { kept, judging, held, trees, tree: treeOf(kept.layout.project) };
}

test('"best": the last state is red, so project/ is exactly the green one, which is judged; the last one is not lost', async () => {
  const { kept, judging, held, trees, tree } = await ended('best', true, false);
  expect(held).toBe('best');
  expect(tree).toEqual(trees[0]);
  expect(kept.posted.map(({ type }) => type)).toEqual(['best-delivered', 'judged']);
  expect(kept.posted[0]).toEqual({ type: 'best-delivered', checkpoint: 2, last: 3 });
  expect(judging.result?.checkpoint).toBe(2);
  const source = { name: 'project', root: kept.layout.project, exclude: kept.config.checkpoint.exclude, only: null };
  await kept.workspace.restore(kept.commits.get(3) ?? '', [source]);
  expect(treeOf(kept.layout.project)).toEqual(trees[1]);
});

test.each([
  ['"last": what is red stays, as it is', 'last', true, false],
  ['"best": the last state is green itself', 'best', true, true],
  ['"best": what was green is not any more', 'best', false, false],
] as const)('%s', async (_, deliver, best, last) => {
  const { kept, judging, held, trees, tree } = await ended(deliver, best, last);
  expect(held).toBe('last');
  expect(tree).toEqual(trees[1]);
  expect(kept.posted.map(({ type }) => type)).toEqual(['judged']);
  expect(judging.result?.checkpoint).toBe(3);
  expect(judging.result === null ? null : ownTestsOf(judging.result).verdict).toBe(last ? 'passed' : 'failed');
});
