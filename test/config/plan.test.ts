// From configuration to plan: phases share out the duration exactly, agents have names, limits have units.
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { parseDeadline } from '../../src/config/deadline.ts';
import { agentsOf, phasesOf, planOf } from '../../src/config/plan.ts';
import { projectOf, projectTypes, shippedTypes } from '../../src/config/projects.ts';
import { CONFIG, type Config } from '../../src/config/schema.ts';
import { durationMs, phaseEndMs } from '../../src/session/plan.ts';
import { HOUR, MINUTE, SECOND } from '../../src/text/duration.ts';
import { load } from './loading.ts';

const FACTS = {
  session: 'night-7',
  durationGiven: true,
  graces: { interruptMs: 12_000, terminateMs: 2_000 },
  terminal: false,
};

function config(input: unknown = {}): Config {
  return CONFIG.parse(input);
}

function lengths(duration_hours: number, phases?: readonly number[], given = true): number[] {
  const own = phases?.map((duration_minutes, i) => ({ name: `p${i}`, duration_minutes, objectives: ['o'] }));
  return phasesOf(config({ session: { duration_hours }, phases: own }), given).map((phase) => phase.durationMs);
}

test.each([
  [10 / 3600, [1_667, 3_333, 3_333, 1_667]],
  [2 / 60, [20 * SECOND, 40 * SECOND, 40 * SECOND, 20 * SECOND]],
  [1.5, [15 * MINUTE, 30 * MINUTE, 30 * MINUTE, 15 * MINUTE]],
  [6, [HOUR, 2 * HOUR, 2 * HOUR, HOUR]],
  [8, [80 * MINUTE, 160 * MINUTE, 160 * MINUTE, 80 * MINUTE]],
  [24, [4 * HOUR, 8 * HOUR, 8 * HOUR, 4 * HOUR]],
])('%d hours are shared out 1:2:2:1', (hours, expected) => {
  expect(lengths(hours)).toEqual(expected);
});

test('whatever the duration and the weights, the phases add up to it exactly, and what one is off by is a ms, or what the tiniest ones were given', () => {
  const hours = fc.double({ min: 10 / 3600, max: 24, noNaN: true });
  const weights = fc.array(fc.double({ min: 0.01, max: 1440, noNaN: true }), { minLength: 1, maxLength: 32 });
  fc.assert(
    fc.property(hours, weights, (duration, all) => {
      const parts = lengths(duration, all);
      const totalMs = Math.round(duration * HOUR);
      const tiny = all.filter((one) => (totalMs * one) / all.reduce((sum, each) => sum + each, 0) < 1).length;
      const weight = all.reduce((sum, one) => sum + one, 0);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(totalMs);
      for (const [i, part] of parts.entries())
        expect(Math.abs(part - (totalMs * (all[i] ?? 0)) / weight)).toBeLessThanOrEqual(1.001 + tiny);
    }),
  );
});

test('phases of one’s own are absolute when no duration is given, and weights when one is', () => {
  expect(lengths(6, [5, 2.5], false)).toEqual([5 * MINUTE, 2.5 * MINUTE]);
  expect(lengths(6, [5, 2.5], true)).toEqual([4 * HOUR, 2 * HOUR]);
});

test('the usual phases have the default length when nothing is given, with objectives and criteria', () => {
  const phases = phasesOf(config(), false);
  expect(phases.map(({ name, durationMs }) => [name, durationMs / MINUTE])).toEqual([
    ['bootstrap', 60],
    ['development', 120],
    ['refinement', 120],
    ['finalization', 60],
  ]);
  for (const { objectives, criteria } of phases) expect([objectives.length, criteria.length]).toEqual([4, 4]);
});

test('ends of phases follow each other up to the end of the session', () => {
  const plan = planOf(config(), FACTS);
  expect([0, 1, 2, 3].map((index) => phaseEndMs(plan, index) / HOUR)).toEqual([1, 3, 5, 6]);
  expect(durationMs(plan)).toBe(6 * HOUR);
});

function names(agent_count: number, roles?: readonly string[]): string[] {
  return agentsOf(config({ session: { agent_count }, agent: { roles } })).map(({ name }) => name);
}

test('agents are named after their roles, and numbered when there are more agents than roles', () => {
  expect(names(1)).toEqual(['architect']);
  expect(names(6)).toEqual(['architect', 'coder', 'tester', 'reviewer', 'security', 'devops']);
  expect(names(8).slice(6)).toEqual(['architect-2', 'coder-2']);
  expect(names(3, ['Coder'])).toEqual(['coder', 'coder-2', 'coder-3']);
});

test('a role given twice makes two agents of that role', () => {
  expect(names(2, ['Coder', 'Coder'])).toEqual(['coder', 'coder-2']);
});

test('whatever a role is called, its agent’s name is a plain folder name', () => {
  for (const role of ['../../etc', 'QA / Test', '-', '架构师', ' .. ', 'A'.repeat(200)])
    expect(names(1, [role])[0]).toMatch(/^[a-z0-9][a-z0-9-]*$/);
});

test('sixteen agents of the usual roles have sixteen names', () => {
  expect(new Set(names(16)).size).toBe(16);
});

test('the figures of the configuration become milliseconds and bytes', () => {
  const plan = planOf(config({ checkpoint: { interval_minutes: 0.5 }, limits: { disk_space_limit_gb: 0.5 } }), FACTS);
  expect(plan.graces).toEqual(FACTS.graces);
  expect(plan.turn).toMatchObject({ maxMs: HOUR, stallMs: 1_260 * SECOND, graceMaxMs: 5 * MINUTE });
  expect(plan.checkpoints).toEqual({ enabled: true, intervalMs: 30 * SECOND, toolCalls: 100, tokens: 500_000 });
  expect(plan.recovery).toMatchObject({ initialMs: 30 * SECOND, maxMs: 5 * MINUTE, windowMs: 10 * MINUTE });
  expect(plan.limits).toEqual({
    totalTokens: 5_000_000,
    costUsd: null,
    tokensPerAgentHour: 200_000,
    toolCallsPerAgentHour: 500,
    contextTokens: 128_000,
    agentRssBytes: null,
    windows: 3,
    sessionBytes: 5e8,
    diskFloorBytes: 256e6,
    pauseLimitMs: 60 * MINUTE,
  });
  expect([plan.heartbeatMs, plan.judgeMaxMs, plan.concurrency]).toEqual([30 * SECOND, 30 * MINUTE, 1]);
});

test('with a terminal a pause waits without limit', () => {
  expect(planOf(config(), { ...FACTS, terminal: true }).limits.pauseLimitMs).toBeNull();
});

test('in a session of seconds the heartbeat is a second, and progress counts early', () => {
  const plan = planOf(config({ session: { duration_hours: 10 / 3600 } }), FACTS);
  expect(plan.heartbeatMs).toBe(SECOND);
  expect(plan.recovery.progressAfterMs).toBeLessThan(SECOND);
});

test('the same name gives the same seed, another name another one', () => {
  expect(planOf(config(), FACTS).seed).toBe(planOf(config(), FACTS).seed);
  expect(planOf(config(), { ...FACTS, session: 'night-8' }).seed).not.toBe(planOf(config(), FACTS).seed);
});

test('[project.target] overrides its own project, and no other', async () => {
  const text = '[session]\nproject_type = "task_queue"\n[project.target]\nlines_of_code = 1234\n';
  const own = await load(text);
  expect(projectOf(own.config, own.ownType)).toMatchObject({ type: 'task_queue', lines_of_code: 1234 });
  const other = await load(text, { flags: { project: 'database' } });
  expect(projectOf(other.config, other.ownType)).toMatchObject({ type: 'database', lines_of_code: 8000 });
});

test('a project of the configuration can be built beside the shipped ones', async () => {
  const { config, ownType } = await load(
    '[session]\nproject_type = "mine"\n[projects.mine]\nname = "M"\ntitle = "t"\nlines_of_code = 10\nspecification = "s"\n',
  );
  expect(projectTypes(config)).toEqual([...shippedTypes(), 'mine']);
  expect(projectOf(config, ownType)).toMatchObject({ type: 'mine', name: 'M', language: 'rust', components: [] });
});

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

function deadline(text: string, tz = 'UTC'): string | null {
  process.env.TZ = tz;
  const ms = parseDeadline(text, Date.UTC(2026, 10, 23, 22, 0));
  return typeof ms === 'number' ? new Date(ms).toISOString() : null;
}

test.each([
  ['06:00', 'UTC', '2026-11-24T06:00:00.000Z'],
  ['6:05', 'UTC', '2026-11-24T06:05:00.000Z'],
  ['23:30', 'UTC', '2026-11-23T23:30:00.000Z'],
  ['22:00', 'UTC', '2026-11-24T22:00:00.000Z'],
  ['06:00', 'Europe/Berlin', '2026-11-24T05:00:00.000Z'],
  ['2026-11-24T06:00', 'UTC', '2026-11-24T06:00:00.000Z'],
  ['2026-11-25 06:00', 'Asia/Tokyo', '2026-11-24T21:00:00.000Z'],
  ['2026-11-24 06:00Z', 'Europe/Berlin', '2026-11-24T06:00:00.000Z'],
  ['2026-11-24T06:00:30+01:00', 'UTC', '2026-11-24T05:00:30.000Z'],
])('a deadline "%s" in %s is %s', (text, tz, expected) => {
  expect(deadline(text, tz)).toBe(expected);
});

test.each(['', 'soon', '24:00', '06:60', '2026-13-01T06:00', '2026-11-24', '2026-11-24T25:00', '2026-11-24T06:00 foo'])(
  '"%s" is no deadline',
  (text) => {
    expect(parseDeadline(text, 0)).toMatchObject({ wrong: expect.stringContaining(`"${text}" is no time`) });
  },
);

test('a deadline in the past is refused with the time it is understood as', () => {
  const nowMs = Date.UTC(2026, 10, 23, 22, 0);
  expect(parseDeadline('2026-11-23T21:59Z', nowMs)).toEqual({ wrong: '2026-11-23T21:59:00.000Z is already past' });
});

test.each([
  [['Coder', 'Coder'], 4],
  [['C++ Coder', 'C# Coder'], 2],
  [['Coder', 'coder'], 2],
  [['Coder', 'Coder 2'], 3],
  [['架构师', '测试'], 2],
])('%j for %i agents are all different', (roles, agent_count) => {
  const names = agentsOf(CONFIG.parse({ session: { agent_count }, agent: { roles } })).map(({ name }) => name);
  expect(new Set(names).size).toBe(agent_count);
});

test('no phase gets no time at all', () => {
  const phases = [0.01, 1440].map((duration_minutes, i) => ({ name: `p${i}`, duration_minutes, objectives: ['o'] }));
  const lengths = phasesOf(CONFIG.parse({ session: { duration_hours: 10 / 3600 }, phases }), true);
  for (const { durationMs } of lengths) expect(durationMs).toBeGreaterThan(0);
});
