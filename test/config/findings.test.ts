// What is wrong in a file is said all at once, each with its place, its line, a squiggle and what was meant.
import { expect, test } from 'vitest';
import { didYouMean } from '../../src/config/explain.ts';
import { complaint, load } from './loading.ts';

test('a misspelt key is shown in its line, underlined, with the key that was meant', async () => {
  expect(await complaint('# first\n[session]\n  agent_cuont = 3 # agents\n')).toBe(
    [
      'mega_test_config.toml:3:3: session.agent_cuont: unknown key; did you mean "agent_count"?',
      '      agent_cuont = 3 # agents',
      '      ~~~~~~~~~~~',
    ].join('\n'),
  );
});

test.each([
  ['roels', 'roles'],
  ['rols', 'roles'],
  ['ROLES', 'roles'],
  ['agent-count', 'agent_count'],
  ['rules', 'roles'],
  ['xyz', null],
  ['', null],
  ['checkpoint', null],
])('"%s" was meant as %s', (wrong, right) => {
  expect(didYouMean(wrong, ['agent_count', 'roles', 'kind'])).toBe(right);
});

test('of two near names the nearer one was meant', () => {
  expect(didYouMean('token_treshold', ['tool_call_threshold', 'token_threshold'])).toBe('token_threshold');
});

test.each([
  ['seven-fault', '; did you mean "seven-faults"?'],
  ['own.toml', ''],
])('a rehearsal of a scenario that is not there (%s) is refused with those that are', async (name, hint) => {
  const flags = { agent: 'rehearsal', scenario: name };
  expect(await complaint(null, { flags })).toBe(
    `--scenario: rehearsal.scenario: there is no scenario "${name}"${hint} (shipped: calm, first-look, seven-faults)`,
  );
});

test('every finding is there, in the order of the file', async () => {
  const text = await complaint(`[session]
id = "Bad Id"
agent_count = 17
duration_hours = 25
project_type = "databse"
[sesion]
x = 1
[checkpoint]
backoff_strategy = "exponental"
backoff_initial_seconds = 400
exclude = "target"
[agent]
endpoint = "ftp://host"
[judge]
max_minutes = "long"
`);
  expect(text.split('\n').filter((line) => line.startsWith('mega_test'))).toEqual([
    'mega_test_config.toml:2:1: session.id: must match ^[a-z0-9][a-z0-9._-]{0,63}$, not "Bad Id"',
    'mega_test_config.toml:3:1: session.agent_count: must be at most 16, not 17',
    'mega_test_config.toml:4:1: session.duration_hours: must be at most 24, not 25',
    'mega_test_config.toml:5:1: session.project_type: there is no project "databse"; did you mean "database"? (known: database, microservices, task_queue)',
    'mega_test_config.toml:6:2: sesion: unknown key; did you mean "session"?',
    'mega_test_config.toml:9:1: checkpoint.backoff_strategy: must be "fixed", "linear" or "exponential", not "exponental"; did you mean "exponential"?',
    'mega_test_config.toml:10:1: checkpoint.backoff_initial_seconds: must not be above backoff_max_seconds (300)',
    'mega_test_config.toml:11:1: checkpoint.exclude: must be a list, not "target"',
    'mega_test_config.toml:13:1: agent.endpoint: must be a URL that begins with http:// or https://, not "ftp://host"',
    'mega_test_config.toml:15:1: judge.max_minutes: must be a number, not "long"',
  ]);
});

test('rules between options are told together with wrong single ones', async () => {
  const text = await complaint(`[session]
agent_count = 0
project_type = "databse"
deadline = "soon"
[checkpoint]
backoff_initial_seconds = 400
[agent]
kind = "command"
min_trust_score = 0.9
max_trust_score = 0.5
`);
  expect(text.split('\n').filter((line) => line.startsWith('mega_test'))).toEqual([
    'mega_test_config.toml:2:1: session.agent_count: must be at least 1, not 0',
    'mega_test_config.toml:3:1: session.project_type: there is no project "databse"; did you mean "database"? (known: database, microservices, task_queue)',
    'mega_test_config.toml:4:1: session.deadline: "soon" is no time; write 06:00 or 2026-11-24T06:00',
    'mega_test_config.toml:6:1: checkpoint.backoff_initial_seconds: must not be above backoff_max_seconds (300)',
    'mega_test_config.toml:7:2: agent.command: agent.kind is "command", so the command to run must be given, like ["my-agent", "{prompt_file}"]',
    'mega_test_config.toml:9:1: agent.min_trust_score: must not be above max_trust_score (0.5)',
  ]);
});

test.each([
  [
    'session.duration_hours',
    '[session]\nduration_hours = 0.001',
    'must be at least 10 s (10/3600 of an hour), not 0.001',
  ],
  ['session.duration_hours', '[session]\nduration_hours = nan', 'must be a number, not NaN'],
  ['session.agent_count', '[session]\nagent_count = inf', 'not Infinity'],
  ['session.agent_count', '[session]\nagent_count = 2.5', 'must be a whole number, not 2.5'],
  ['session.agent_count', '[session]\nagent_count = -1', 'must be at least 1, not -1'],
  ['session.agent_count', '[session]\nagent_count = "3"', 'must be a number, not "3"'],
  ['session', 'session = 5', 'must be a table, not 5'],
  ['agent.roles', '[agent]\nroles = []', 'must have at least 1 entry, not []'],
  ['agent.roles.0', '[agent]\nroles = [""]', 'must have at least 1 character, not ""'],
  [
    'checkpoint.exclude.1',
    '[checkpoint]\nexclude = ["a", 1]',
    'mega_test_config.toml:2:17: checkpoint.exclude.1: must be a text',
  ],
  ['checkpoint.enabled', '[checkpoint]\nenabled = "yes"', 'must be true or false, not "yes"'],
  ['agent.selfware', '[agent]\nselfware = 1', 'must be a table, not 1'],
  ['phases', 'phases = []', 'must have at least 1 entry, not []'],
  ['phases.0.objectives', '[[phases]]\nname = "a"\nduration_minutes = 1\n', 'is missing'],
  ['notifications.webhook_url', '[notifications]\nwebhook_url = "x"', 'not "x"'],
  ['session.deadline', '[session]\ndeadline = 06:00:00', 'must be a text in quotes'],
])('%s: an unusable value is refused with what would be right', async (key, text, message) => {
  const said = await complaint(text);
  expect(said).toContain(`${key}: `);
  expect(said).toContain(message);
});

test.each([
  [
    'two phases of one name',
    '[[phases]]\nname="a"\nduration_minutes=1\nobjectives=["o"]\n[[phases]]\nname="a"\nduration_minutes=1\nobjectives=["o"]\n',
    'mega_test_config.toml:6:1: phases.1.name: there are two phases "a"',
  ],
  [
    'a project that shadows a shipped one',
    '[projects.database]\nname="D"\ntitle="t"\nlines_of_code=1\nspecification="s"\n',
    '"database" is a shipped project; give yours another name',
  ],
  [
    'a project folder that is not there',
    '[projects.mine]\nname="D"\ntitle="t"\nlines_of_code=1\nspecification="s"\nfrom="nowhere"\n',
    'mega_test_config.toml:6:1: projects.mine.from: there is no folder "nowhere"',
  ],
  [
    'a pattern that is no regular expression',
    '[[error_handling.rules]]\npattern="("\nseverity="critical"\naction="retry_immediate"\n',
    'mega_test_config.toml:2:1: error_handling.rules.0.pattern: is no regular expression: ',
  ],
])('%s is refused', async (_, text, message) => {
  expect(await complaint(text)).toContain(message);
});

test('what is read but has no effect yet is one warning that names all of it', async () => {
  const { warnings } = await load('[consensus]\nenabled = true\n[agent]\ndynamic_spawning = true\n');
  expect(warnings).toMatchObject([
    {
      severity: 'warning',
      message: 'read, but without effect in this version: agent.dynamic_spawning, consensus.enabled',
    },
  ]);
});

test('keys that mean something to JavaScript are unknown keys, and change nothing', async () => {
  for (const text of ['[__proto__]\nx = 1\n', '[session.__proto__]\nagent_count = 1\n', '[constructor]\nx = 1\n'])
    expect(await complaint(text)).toMatch(/(__proto__|constructor): unknown key/);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

test.each(['__proto__', 'constructor', 'toString', '../database', 'database.toml'])(
  '"%s" is no project',
  async (type) => {
    expect(await complaint(null, { flags: { project: type } })).toContain(`there is no project "${type}"`);
  },
);

test('a very long line is cut round the culprit', async () => {
  const said = await complaint(`session = { runs_dir = "${'x'.repeat(3_000)}", agent_cuont = 1 }\n`);
  const [, line = '', squiggle = ''] = said.split('\n').slice(-3);
  expect(line.length).toBeLessThanOrEqual(124);
  expect(line.slice(squiggle.indexOf('~'), squiggle.length)).toBe('agent_cuont');
});

test('a text of 200,000 characters is complained about, not crashed on', async () => {
  const said = await complaint(`[session]\nagent_cuont = 1\n[metadata]\ndescription = "${'x'.repeat(200_000)}"\n`);
  expect(said).toContain('agent_cuont');
});

test.each(['My App', '../../../evil', 'UPPER', '__proto__'])('[projects."%s"] is refused', async (type) => {
  const text = `[projects."${type}"]\nname = "X"\ntitle = "t"\nlines_of_code = 5\nspecification = "s"\n`;
  expect(await complaint(text)).toContain('projects');
});

test.each([
  ['[[phases]]\nname = "a"\nduration_minutes = "x"\nobjectives = ["o"]\n'],
  ['[agent]\nroles = ["Coder", 1]\n'],
  ['[checkpoint]\nexclude = [1]\n'],
])('all findings at once: %s does not hide an unknown project', async (text) => {
  expect(await complaint(`${text}[session]\nproject_type = "databse"\n`)).toContain('did you mean "database"');
});

test('70,000 unknown keys are refused in one line a person can read', async () => {
  const said = await complaint(`[session]\n${Array.from({ length: 70_000 }, (_, i) => `k${i} = 1`).join('\n')}`);
  expect(said).toMatch(/holds more than 10000 values; that is no configuration$/);
});

test('a list of 500,000 wrong entries is refused before they are looked at one by one', async () => {
  expect(await complaint(`[agent]\nroles = [${'1,'.repeat(500_000)}]`)).toContain('holds more than 10000 values');
});

test('a session of absolute phases keeps to 10 s … 24 h as well', async () => {
  const phase = (i: number) => `[[phases]]\nname = "p${i}"\nduration_minutes = 1440\nobjectives = ["o"]\n`;
  expect(await complaint(Array.from({ length: 32 }, (_, i) => phase(i)).join(''))).toContain('24');
});

test('with Windows line ends no carriage return is shown', async () => {
  expect(await complaint('[session]\r\nagent_cuont = 3\r\n')).not.toContain('\r');
});

test('what a file holds never reaches the terminal as control characters', async () => {
  expect(await complaint('[session]\nproject_type = "a\\u001b[31mred"\n')).not.toContain('\u001b');
  expect(await complaint('[session]\nproject_type = "a\u001b[31mred"\n')).not.toContain('\u001b');
});

test('a name of a megabyte is cut in what is said about it', async () => {
  expect((await complaint(`[session]\n${'x'.repeat(500_000)} = 1\n`)).length).toBeLessThan(10_000);
});
