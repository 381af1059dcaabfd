// The dry run: what would be done, in figures that agree with the plan, as text and as JSON.
import { expect, test } from 'vitest';
import { planOf } from '../../src/config/plan.ts';
import { projectOf } from '../../src/config/projects.ts';
import { CONFIG } from '../../src/config/schema.ts';
import { planJson, planText } from '../../src/report/plan-text.ts';
import { CoreWorld, PLAN } from '../support/core-world.ts';

function facts(input: unknown = {}) {
  const config = CONFIG.parse(input);
  const graces = { interruptMs: 1, terminateMs: 1 };
  const plan = planOf(config, { session: 'night-7', durationGiven: true, graces, terminal: false });
  return { plan, config, project: projectOf(config, '') };
}

test('the figures of a phase agree with each other', () => {
  const { phases, duration_minutes } = planJson(facts({ session: { duration_hours: 7.77 } }));
  expect(phases.at(-1)?.ends_after_minutes).toBe(duration_minutes);
  expect(phases.reduce((sum, { minutes }) => sum + minutes, 0)).toBeCloseTo(duration_minutes);
});

test('no turn is promised longer than its phase, or than the longest turn', () => {
  const longest = (duration_hours: number) =>
    planJson(facts({ session: { duration_hours } })).phases.map(({ turns_at_most_minutes }) => turns_at_most_minutes);
  expect(longest(1)).toEqual([10, 20, 20, 10]);
  expect(longest(24)).toEqual([60, 60, 60, 60]);
});

test('a session of ten seconds is told in fractions of minutes, nothing is rounded to 0', () => {
  const { phases } = planJson(facts({ session: { duration_hours: 10 / 3600 } }));
  expect(phases.map(({ minutes }) => minutes)).toEqual([0.028, 0.056, 0.056, 0.028]);
});

test('model, endpoint and agent are told', () => {
  const agent = { kind: 'selfware', model: 'qwen3-coder', endpoint: 'http://127.0.0.1:8000/v1' };
  expect(planJson(facts({ agent })).agent).toEqual(agent);
  expect(planText(facts({ agent }))).toContain('agent selfware with qwen3-coder');
});

test('what is switched off is told as off', () => {
  const off = facts({ checkpoint: { enabled: false, auto_recovery: false } });
  expect(planJson(off).checkpoints).toMatchObject({ enabled: false, at_least: 0 });
  expect(planText(off)).toMatch(/^checkpoints {2}off$/m);
  expect(planText(off)).toMatch(/^recovery {5}off: the first failure pauses$/m);
});

test('more agents and more hours need more disk', () => {
  const bytes = (session: object) => planJson(facts({ session })).disk_estimate_bytes;
  expect(bytes({ agent_count: 8 })).toBeGreaterThan(bytes({ agent_count: 2 }));
  expect(bytes({ duration_hours: 24 })).toBeGreaterThan(bytes({ duration_hours: 1 }));
});

test('the text names every phase and agent, and promises that nothing was started', () => {
  const text = planText(facts({ session: { agent_count: 16 } }));
  for (const { name } of facts({ session: { agent_count: 16 } }).plan.agents) expect(text).toContain(`${name} (`);
  expect(text).toMatch(/^ {2}bootstrap {4}/m);
  expect(text.endsWith('\nNothing was started.\n')).toBe(true);
  expect(text).not.toMatch(/undefined|NaN|null/);
});

test('the dry run promises no more checkpoints than a calm session writes', () => {
  const world = new CoreWorld();
  world.pass(400_000);
  const config = CONFIG.parse({});
  const { checkpoints } = planJson({ plan: PLAN, config, project: projectOf(config, '') });
  expect(checkpoints.at_least).toBeLessThanOrEqual(
    world.events.filter(({ type }) => type === 'checkpoint-written').length,
  );
});
