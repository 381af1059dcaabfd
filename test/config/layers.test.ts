// The layers of a configuration: flags win over variables, those over the file, the file over the defaults.
import { writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { expect, test } from 'vitest';
import { withSpots } from '../../src/config/layers.ts';
import { CONFIG } from '../../src/config/schema.ts';
import { scratch } from '../store/scratch.ts';
import { complaint, load } from './loading.ts';

const FILE = '[checkpoint]\ninterval_minutes = 7\n';

test('without file, flags and variables everything is a default, and nothing is warned about', async () => {
  const { config, origins, warnings, file, ownType } = await load(null);
  expect(config).toEqual(CONFIG.parse({}));
  expect({ origins, warnings, file, ownType }).toEqual({
    origins: {},
    warnings: [],
    file: null,
    ownType: 'task_queue',
  });
});

test('the defaults are those that users are promised', () => {
  const { session, checkpoint, agent, limits, recovery, error_handling, judge } = CONFIG.parse({});
  expect(session).toMatchObject({ id: 'auto', duration_hours: 6, agent_count: 6, project_type: 'task_queue' });
  expect(checkpoint).toMatchObject({ enabled: true, interval_minutes: 10, tool_call_threshold: 100 });
  expect(checkpoint).toMatchObject({ token_threshold: 500_000, auto_recovery: true, max_recovery_attempts: 5 });
  expect(checkpoint).toMatchObject({ backoff_initial_seconds: 30, backoff_max_seconds: 300 });
  expect(checkpoint).toMatchObject({ backoff_strategy: 'exponential', exclude: ['node_modules'] });
  expect(agent).toMatchObject({ kind: 'selfware', max_iterations: 10_000, step_timeout_secs: 600 });
  expect(agent.roles).toEqual(['Architect', 'Coder', 'Tester', 'Reviewer', 'Security', 'DevOps']);
  expect(limits).toMatchObject({ total_token_budget: 5_000_000, disk_space_limit_gb: 2, disk_floor_mb: 256 });
  expect(recovery).toEqual({
    recovery_drill: true,
    window_minutes: 10,
    restarts_per_window: 5,
    restarts_per_session: 20,
  });
  expect([error_handling.max_consecutive_errors, judge.max_minutes]).toEqual([5, 30]);
});

test.each([
  ['default', null, {}, {}, 10, undefined],
  ['file', FILE, {}, {}, 7, { is: 'file', spot: null }],
  ['variable', FILE, {}, { CHECKPOINT_INTERVAL: '30s' }, 0.5, { is: 'env', variable: 'CHECKPOINT_INTERVAL' }],
  [
    'flag',
    FILE,
    { 'checkpoint-interval': '2' },
    { CHECKPOINT_INTERVAL: '30s' },
    2,
    { is: 'flag', flag: '--checkpoint-interval' },
  ],
])(
  'the %s wins where nothing stronger is given, and is named as the origin',
  async (_, text, flags, env, value, origin) => {
    const { config, origins } = await load(text, { flags, env });
    expect(config.checkpoint.interval_minutes).toBe(value);
    if (origin === undefined) expect(origins).toEqual({});
    else expect(origins['checkpoint.interval_minutes']).toMatchObject(origin);
  },
);

test('what one layer sets leaves its neighbours of other layers alone', async () => {
  const { config } = await load('[session]\nagent_count = 3\nid = "night-7"\n', {
    flags: { duration: '90m', agents: '2' },
  });
  expect(config.session).toMatchObject({ id: 'night-7', agent_count: 2, duration_hours: 1.5 });
});

test.each([
  ['project', 'database', 'session.project_type', 'database'],
  ['duration', '10s', 'session.duration_hours', 10 / 3600],
  ['agents', '16', 'session.agent_count', 16],
  ['session-id', 'night-7', 'session.id', 'night-7'],
  ['runs-dir', 'runs', 'session.runs_dir', 'runs'],
  ['checkpoint-interval', '1h', 'checkpoint.interval_minutes', 60],
  ['agent', 'rehearsal', 'agent.kind', 'rehearsal'],
  ['model', 'm', 'agent.model', 'm'],
  ['endpoint', 'http://127.0.0.1:1/v1', 'agent.endpoint', 'http://127.0.0.1:1/v1'],
  ['max-tokens', '1000', 'limits.total_token_budget', 1000],
  ['scenario', 'calm', 'rehearsal.scenario', 'calm'],
])('--%s sets its option', async (flag, text, key, value) => {
  const { config, origins } = await load(null, { flags: { [flag]: text } });
  const [table = '', name = ''] = key.split('.');
  expect((config as unknown as Record<string, Record<string, unknown>>)[table]?.[name]).toBe(value);
  expect(origins).toEqual({ [key]: { is: 'flag', flag: `--${flag}` } });
});

test.each([
  ['CHECKPOINT_INTERVAL', '5', 'checkpoint.interval_minutes', 5],
  ['SELFWARE_AUTO_RECOVERY', 'off', 'checkpoint.auto_recovery', false],
  ['SELFWARE_AUTO_RECOVERY', 'TRUE', 'checkpoint.auto_recovery', true],
  ['SELFWARE_BIN', './selfware', 'agent.program', './selfware'],
  ['SELFWARE_MODEL', 'm', 'agent.model', 'm'],
  ['SELFWARE_ENDPOINT', 'https://h/v1', 'agent.endpoint', 'https://h/v1'],
  ['SELFWARE_DISK_LIMIT_GB', '0.5', 'limits.disk_space_limit_gb', 0.5],
  ['SELFWARE_LOG_LEVEL', 'DEBUG', 'monitoring.log_level', 'debug'],
])('%s=%s sets its option', async (variable, text, key, value) => {
  const { config, origins } = await load(null, { env: { [variable]: text } });
  const [table = '', name = ''] = key.split('.');
  expect((config as unknown as Record<string, Record<string, unknown>>)[table]?.[name]).toBe(value);
  expect(origins).toEqual({ [key]: { is: 'env', variable } });
});

test('a scenario that is a file is kept in full, because agents and a later resume stand in another folder', async () => {
  const { config } = await load('[rehearsal]\nscenario = "own/night.toml"\n');
  expect(isAbsolute(config.rehearsal.scenario ?? '')).toBe(true);
  expect(config.rehearsal.scenario).toMatch(/\/own\/night\.toml$/);
});

test('an empty variable counts as unset', async () => {
  expect(
    (await load(FILE, { env: { CHECKPOINT_INTERVAL: '', CONFIG_FILE: '' } })).config.checkpoint.interval_minutes,
  ).toBe(7);
});

test('--config names another file, CONFIG_FILE one when no flag does, and the usual one is not looked at', async () => {
  const cwd = scratch();
  writeFileSync(join(cwd, 'a.toml'), '[session]\nagent_count = 3\n');
  writeFileSync(join(cwd, 'b.toml'), '[session]\nagent_count = 4\n');
  const env = { CONFIG_FILE: 'b.toml' };
  const flagged = await load('[session]\nagent_count = 5\n', { cwd, env, flags: { config: 'a.toml' } });
  expect([flagged.config.session.agent_count, flagged.file]).toEqual([3, join(cwd, 'a.toml')]);
  expect((await load(null, { cwd, env })).config.session.agent_count).toBe(4);
  expect((await load(null, { cwd })).config.session.agent_count).toBe(5);
});

test('for people, an origin in the file has its line and column', async () => {
  const loaded = await load(`# first\n${FILE}[session]\n  agent_count = 3\n`, { flags: { agents: '2' } });
  expect(await withSpots(loaded)).toMatchObject({
    'checkpoint.interval_minutes': { is: 'file', spot: { line: 3, column: 1, length: 16 } },
    'session.agent_count': { is: 'flag', flag: '--agents' },
  });
});

test('unusable flags and variables are all named at once, flags and variables by their names', async () => {
  const text = await complaint(null, {
    flags: { duration: 'x', agents: 'many', 'checkpoint-interval': '', deadline: 'tomorrow', agent: 'selfwre' },
    env: { SELFWARE_AUTO_RECOVERY: 'maybe', SELFWARE_DISK_LIMIT_GB: 'x' },
  });
  expect(text.split('\n').sort()).toEqual([
    '--agent: agent.kind: must be "selfware", "command" or "rehearsal", not "selfwre"; did you mean "selfware"?',
    '--agents: session.agent_count: must be a number, not "many"',
    '--checkpoint-interval: checkpoint.interval_minutes: "" is no duration; a bare number counts minutes, or write 90m, 2h30m, 10s',
    '--deadline: session.deadline: "tomorrow" is no time; write 06:00 or 2026-11-24T06:00',
    '--duration: session.duration_hours: "x" is no duration; a bare number counts hours, or write 90m, 2h30m, 10s',
    'environment variable SELFWARE_AUTO_RECOVERY: checkpoint.auto_recovery: must be true or false, not "maybe"',
    'environment variable SELFWARE_DISK_LIMIT_GB: limits.disk_space_limit_gb: must be a number, not "x"',
  ]);
});

test('a wrong flag over a right line of the file is the flag’s fault', async () => {
  expect(await complaint('[session]\nagent_count = 3\n', { flags: { agents: '17' } })).toBe(
    '--agents: session.agent_count: must be at most 16, not 17',
  );
});

test('a wrong table in the file is not hidden by a flag', async () => {
  expect(await complaint('session = 5\n', { flags: { agents: '3' } })).toContain('session: must be a table, not 5');
});
