// Files that are no good configuration: refused at once with a sentence, whatever is in them.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CONFIG_FILE } from '../../src/config/layers.ts';
import { readToml, spotsOf } from '../../src/config/toml.ts';
import { IS_ROOT, scratch } from '../store/scratch.ts';
import { complaint, load } from './loading.ts';

test.each([
  ['no value', '[session]\nagent_count =\n', 2, 'agent_count ='],
  ['two equal signs', '[session]\nagent_count = = 3\n', 2, 'agent_count = = 3'],
  ['an open text', '[session]\nid = "night\n', 2, 'id = "night'],
  ['an open table', '[session\nagent_count = 3\n', 1, '[session'],
  ['a key twice', '[session]\nagent_count = 3\nagent_count = 4\n', 3, 'agent_count = 4'],
  ['a table twice', '[session]\n[agent]\n[session]\n', 3, '[session]'],
  [
    'a whole number that is too long',
    '[session]\nagent_count = 9007199254740993\n',
    2,
    'agent_count = 9007199254740993',
  ],
])('%s is a syntax error with its line', async (_, text, line, shown) => {
  const [head = '', quoted = '', squiggle = ''] = (await complaint(text)).split('\n');
  expect(head).toMatch(new RegExp(`^mega_test_config\\.toml:${line}:\\d+: not valid TOML: \\S`));
  expect(quoted.trim()).toBe(shown);
  expect(squiggle.trim()).toBe('~');
});

test('Windows line ends and a byte order mark change neither values nor places', async () => {
  const { config } = await load('\ufeff[session]\r\nagent_count = 3\r\n');
  expect(config.session.agent_count).toBe(3);
  expect(await complaint('\ufeff[session]\r\nagent_cuont = 3\r\n')).toMatch(
    /^mega_test_config\.toml:2:1: session\.agent_cuont: /,
  );
  expect(await complaint('\ufeffsessoin = 1\r\n')).toMatch(/^mega_test_config\.toml:1:1: sessoin: /);
});

test.each([
  ['missing', () => undefined, 'there is no such file'],
  ['a folder', (path: string) => mkdirSync(path), 'is not a file'],
  ['a pipe nobody writes to', (path: string) => execFileSync('mkfifo', [path]), 'is not a file'],
  ['a device', (path: string) => symlinkSync('/dev/zero', path), 'is not a file'],
  ['a link that leads nowhere', (path: string) => symlinkSync('nowhere', path), 'there is no such file'],
  ['a link to itself', (path: string) => symlinkSync('config.toml', path), 'cannot be read: ELOOP'],
  ['binary', (path: string) => writeFileSync(path, '[session]\n\0'), 'is a binary file, not TOML'],
  ['not UTF-8', (path: string) => writeFileSync(path, Buffer.of(0x61, 0xff, 0x0a)), 'is not valid UTF-8 text'],
  [
    'cut in a character',
    (path: string) => writeFileSync(path, Buffer.from('# ü').subarray(0, 3)),
    'is not valid UTF-8',
  ],
  ['larger than 1 MiB', (path: string) => writeFileSync(path, '#'.repeat(1024 * 1024 + 1)), 'is larger than 1024 KiB'],
])('a file that is %s is refused', async (_, make, message) => {
  const cwd = scratch();
  make(join(cwd, 'config.toml'));
  const said = await complaint(null, { cwd, flags: { config: 'config.toml' } });
  expect(said).toMatch(/^config\.toml: /);
  expect(said).toContain(message);
});

test.skipIf(IS_ROOT)('a file that may not be read is refused', async () => {
  const cwd = scratch();
  writeFileSync(join(cwd, CONFIG_FILE), '');
  chmodSync(join(cwd, CONFIG_FILE), 0);
  expect(await complaint(null, { cwd })).toContain('cannot be read: EACCES');
});

test('a file of exactly 1 MiB is read', async () => {
  const text = '[session]\nagent_count = 3\n'.padEnd(1024 * 1024, '#');
  expect((await load(text)).config.session.agent_count).toBe(3);
});

const LEVELS = 100_000;

test.each([
  ['a dotted key', `a${'.a'.repeat(LEVELS)} = 1`],
  ['a table name', `[a${'.a'.repeat(LEVELS)}]`],
  ['lists', `a = ${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}`],
  ['inline tables', `a = ${'{a='.repeat(LEVELS)}1${'}'.repeat(LEVELS)}`],
  ['17 levels', `a${'.a'.repeat(16)} = 1`],
])('%s of too many levels is refused in a moment', async (_, text) => {
  const began = performance.now();
  expect(await complaint(text)).toMatch(/nested deeper than 16 levels|excessively nested/);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('a list as deep as is allowed is no problem of depth', async () => {
  expect(await complaint(`a${'.a'.repeat(13)} = [1]`)).toContain('a: unknown key');
});

test('the place of a key is found in tables, dotted keys, inline tables, lists and lists of tables', async () => {
  const path = join(scratch(), 'x.toml');
  writeFileSync(
    path,
    `top = 1
[a.b]
"quoted key" = 2
c.d = 3
e = { f = { g = 4 } }
list = [
  "x",
  { h = 5 },
]
[[many]]
i = 6
[[many]]
i = 7
`,
  );
  const file = readToml(path);
  const places = async (...key: (string | number)[]) => {
    const [spot] = await spotsOf(file, [key]);
    return spot === null || spot === undefined
      ? null
      : [spot.line, spot.column, spot.text.slice(spot.column - 1, spot.column - 1 + spot.length)];
  };
  expect(await places('top')).toEqual([1, 1, 'top']);
  expect(await places('a', 'b', 'quoted key')).toEqual([3, 1, '"quoted key"']);
  expect(await places('a', 'b', 'c', 'd')).toEqual([4, 3, 'd']);
  expect(await places('a', 'b', 'e', 'f', 'g')).toEqual([5, 13, 'g']);
  expect(await places('a', 'b', 'list', 0)).toEqual([7, 3, '"x"']);
  expect(await places('a', 'b', 'list', 1, 'h')).toEqual([8, 5, 'h']);
  expect(await places('many', 1, 'i')).toEqual([13, 1, 'i']);
  expect(await places('a', 'b', 'missing')).toEqual([2, 4, 'b']);
  expect(await places('nowhere')).toBeNull();
});

test('what later versions of TOML allow has its places as well', async () => {
  const said = await complaint('session = {\n  agent_count = 3, # three\n  agent_cuont = 1,\n}\n');
  expect(said).toMatch(/^mega_test_config\.toml:3:3: session\.agent_cuont: /);
});
