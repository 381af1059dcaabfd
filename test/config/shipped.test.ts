// The configuration files that are shipped, and the upstream one: they load, are complete, and give the promised plan.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { keysAt } from '../../src/config/explain.ts';
import { leavesOf, loadConfig, valueAt } from '../../src/config/layers.ts';
import { planOf } from '../../src/config/plan.ts';
import { projectOf, shippedTypes } from '../../src/config/projects.ts';
import { CONFIG, PROJECT } from '../../src/config/schema.ts';
import { type KeyPath, readToml } from '../../src/config/toml.ts';
import { planJson, planText } from '../../src/report/plan-text.ts';
import { scratch } from '../store/scratch.ts';
import { load } from './loading.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SHIPPED = readFileSync(join(ROOT, 'mega_test_config.toml'), 'utf8');
const UPSTREAM = join(ROOT, 'test/fixtures/upstream_mega_test_config.toml');

/** With every line that shows a default, and the examples of tables, made to count. */
const UNCOMMENTED = SHIPPED.replace(/^# (?=[a-z_]+ = |\[)/gm, '').replace('from = "../my-service"', 'from = "."');

test('the shipped configuration loads, and warns about nothing', async () => {
  const { config, warnings } = await load(SHIPPED);
  expect(warnings).toEqual([]);
  expect(config).toEqual(CONFIG.parse({}));
});

test('with every commented line made to count it still loads', async () => {
  expect(UNCOMMENTED.length).toBeLessThan(SHIPPED.length - 100);
  const { config } = await load(UNCOMMENTED);
  expect(config.phases).toHaveLength(1);
  expect(Object.keys(config.projects)).toEqual(['my_service']);
});

/** Lines that show an example, as there is no default to show. */
const EXAMPLES = [
  'metadata.name',
  'metadata.version',
  'metadata.description',
  'session.deadline',
  'agent.model',
  'agent.endpoint',
  'agent.stall_seconds',
  'rehearsal.scenario',
  'limits.max_cost_usd',
  'limits.agent_memory_mb',
  'notifications.webhook_url',
];

test('what a commented line shows is the default', async () => {
  const { config } = await load(UNCOMMENTED);
  const defaults = CONFIG.parse({});
  const other = leavesOf(config, [])
    .map((key) => key.join('.'))
    .filter((key) => !/^(models|phases|projects|project|notifications\.email)\b/.test(key) && !EXAMPLES.includes(key));
  for (const key of other)
    expect([key, valueAt(config, key.split('.'))]).toEqual([key, valueAt(defaults, key.split('.'))]);
});

/** Every key of the schema below a path; a list or a record counts with one entry, "x". */
function schemaKeys(path: KeyPath): readonly string[] {
  const own = keysAt(CONFIG, path);
  if (own.length > 0) return own.flatMap((name) => schemaKeys([...path, name]));
  for (const inner of [0, 'x']) if (keysAt(CONFIG, [...path, inner]).length > 0) return schemaKeys([...path, inner]);
  return [path.join('.')];
}

test('the shipped configuration names every key there is', () => {
  const value = readTomlText(UNCOMMENTED.replace('[projects.my_service]', '[projects.x]'));
  const missing = schemaKeys([])
    // An e-mail address holds a password and has no effect yet; the keys of rules, models and faults are named in their lines.
    .filter((key) => !/^notifications\.email\.|^(error_handling\.rules|chaos\.schedule|models)\.0\./.test(key))
    .filter((key) => valueAt(value, key.split('.')) === undefined);
  expect(missing).toEqual([]);
  expect(schemaKeys([]).length).toBeGreaterThan(90);
});

function readTomlText(text: string): unknown {
  const path = join(scratch(), 'x.toml');
  writeFileSync(path, text);
  return readToml(path).value;
}

test.each(shippedTypes())('the shipped project %s loads, with five components and its own type', (type) => {
  const project = PROJECT.parse(readToml(join(ROOT, 'projects', `${type}.toml`)).value);
  expect(project.type).toBe(type);
  expect(project.components).toHaveLength(5);
  expect(new Set(project.components.map(({ id }) => id)).size).toBe(5);
  for (const { behaviour } of project.components) expect(behaviour.length).toBeGreaterThan(40);
  expect(project.specification.length).toBeGreaterThan(1_000);
  expect(project.specification).toContain('{language}');
});

test('there are the three projects that are promised, with their targets', () => {
  const targets = shippedTypes().map((type) => {
    const { config, ownType } = { config: CONFIG.parse({ session: { project_type: type } }), ownType: '' };
    const { name, lines_of_code } = projectOf(config, ownType);
    return [type, name, lines_of_code];
  });
  expect(targets).toEqual([
    ['database', 'MiniDB', 8000],
    ['microservices', 'ServiceMesh', 6000],
    ['task_queue', 'RedQueue', 5000],
  ]);
});

test('the upstream configuration loads unchanged, with one warning that names all it has no effect for', async () => {
  const { config, warnings } = await loadConfig({ flags: { config: UPSTREAM }, env: {}, cwd: ROOT });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.message).toMatch(/^read, but without effect in this version: .*consensus\.min_votes/);
  expect(config.phases).toHaveLength(4);
  expect(config.error_handling.rules).toHaveLength(6);
  expect(config.project.target.lines_of_code).toBe(5000);
});

async function upstreamPlan() {
  const flags = { config: UPSTREAM, project: 'database', duration: '8', agents: '8' };
  const { config, ownType } = await loadConfig({ flags, env: {}, cwd: ROOT });
  const graces = { interruptMs: 11_000, terminateMs: 2_000 };
  const plan = planOf(config, { session: 'golden', durationGiven: true, graces, terminal: false });
  return { plan, config, project: projectOf(config, ownType) };
}

/** Numbers of checkpoints are an estimate that may be refined; everything else is a promise. */
function withoutEstimates(text: string): string {
  return text.replaceAll(/\d+(?= checkpoints)|(?<=at least )\d+/g, '#');
}

test('upstream’s file with project database, 8 hours and 8 agents gives the promised plan', async () => {
  const golden = readFileSync(join(ROOT, 'test/fixtures/golden-plan.txt'), 'utf8');
  expect(withoutEstimates(planText(await upstreamPlan()))).toBe(withoutEstimates(golden));
});

test('the same plan as JSON has the same figures', async () => {
  const json = planJson(await upstreamPlan());
  expect(json.project).toEqual({ type: 'database', name: 'MiniDB', language: 'rust', target_lines_of_code: 8000 });
  expect(json.phases.map(({ name, minutes }) => [name, minutes])).toEqual([
    ['bootstrap', 80],
    ['development', 160],
    ['refinement', 160],
    ['finalization', 80],
  ]);
  expect(json.phases.map(({ ends_after_minutes }) => ends_after_minutes)).toEqual([80, 240, 400, 480]);
  expect(json.agents.map(({ name }) => name)).toEqual([
    'architect',
    'coder',
    'tester',
    'reviewer',
    'security',
    'devops',
    'architect-2',
    'coder-2',
  ]);
  expect(json).toMatchObject({
    schema: 1,
    session: 'golden',
    duration_minutes: 480,
    agents_at_work_at_once: 1,
    agent: { kind: 'selfware', model: null, endpoint: null },
    checkpoints: { enabled: true, interval_minutes: 10 },
    budgets: { tokens: 5_000_000, disk_bytes: 2e9, judge_minutes: 30 },
  });
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
});

test('mega_test_config.toml names notifications.email', () => {
  const text = readFileSync(new URL('../../mega_test_config.toml', import.meta.url), 'utf8');
  for (const key of keysAt(CONFIG, ['notifications', 'email'])) expect(text).toContain(key);
});
