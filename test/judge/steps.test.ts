// Which steps of a plan are run after one that failed.
import { expect, test } from 'vitest';
import { groundOf } from '../../src/judge/ground.ts';
import { runPlan } from '../../src/judge/steps.ts';
import { judged } from './bench.ts';

test.each([
  ['a plan ends with the step that failed', {}, {}, 1],
  ['a tolerant one goes on', { tolerant: true }, {}, 2],
  ['but not without a step that is needed', { tolerant: true }, { needed: true }, 1],
])('%s', async (_, plan, step, ran) => {
  const { bench } = await judged({});
  const steps = [{ argv: ['sh', '-c', 'exit 3'], ...step }, { argv: ['true'] }];
  const ground = groundOf(bench, new Map(), '.');
  const read = () => ({ verdict: 'passed', reason: '' }) as const;
  const done = await runPlan({ is: 'run', steps, read, ...plan }, { bench, ground, network: 'open', maxMs: 20_000 });
  expect(done.ran).toHaveLength(ran);
});
