// The rules of the house, enforced: floors, pure rooms, sizes, names, first lines, where dependencies may be used.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

interface File {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly lines: readonly string[];
}

const FILES: readonly File[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort()
  .map((name) => {
    const text = readFileSync(join('src', name), 'utf8');
    return { path: `src/${name}`, room: name.split('/')[0] ?? '', text, lines: text.trimEnd().split('\n') };
  });

/** Imports go down only: a room may use the rooms of lower floors. */
const FLOORS: Readonly<Record<string, number>> = {
  session: 0,
  text: 0,
  host: 1,
  store: 2,
  process: 2,
  config: 3,
  workspace: 3,
  agents: 4,
  gateway: 4,
  judge: 4,
  report: 5,
  runtime: 6,
  server: 7,
  cli: 8,
};

function importsOf({ text }: File): string[] {
  return [...text.matchAll(/^(?:import|export|\}).*from '([^']+)'|import\('([^']+)'\)/gm)].flatMap(
    (match) => match[1] ?? match[2] ?? [],
  );
}

test('imports go down only', () => {
  const up = FILES.flatMap((file) =>
    importsOf(file)
      .filter((target) => target.startsWith('.'))
      .map((target) => normalize(join(dirname(file.path), target)).split('/')[1] ?? '')
      .filter((room) => room !== file.room && (FLOORS[room] ?? 99) >= (FLOORS[file.room] ?? -1))
      .map((room) => `${file.path} uses ${room}/`),
  );
  expect(up).toEqual([]);
  expect([...new Set(FILES.map(({ room }) => room))].sort()).toEqual(Object.keys(FLOORS).sort());
});

test('what every command loads first is small: of the packages only commander', () => {
  const loaded = new Set<string>();
  const load = (path: string) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const file = FILES.find((one) => one.path === path);
    for (const [, target = ''] of file?.text.matchAll(/^(?:import (?!type )|export [{*]|\}).*from '([^']+)'/gm) ?? [])
      load(target.startsWith('.') ? normalize(join(dirname(path), target)) : target);
  };
  load('src/cli/main.ts');
  expect([...loaded].filter((name) => !/^(src\/|node:)/.test(name))).toEqual(['commander']);
});

test('the core is pure: no Node, no packages, no clock, no chance, no promise', () => {
  const forbidden =
    /\b(Date|Promise|async|await|process|performance|setTimeout|setInterval|console|globalThis)\b|Math\.random/;
  const bad = FILES.filter(({ room }) => room === 'session').flatMap((file) => [
    ...importsOf(file)
      .filter((target) => !target.startsWith('./'))
      .map((target) => `${file.path} imports ${target}`),
    ...file.lines.flatMap((line, index) =>
      forbidden.test(withoutWords(line)) ? [`${file.path}:${index + 1} ${line.trim()}`] : [],
    ),
  ]);
  expect(bad).toEqual([]);
});

test('reports are pure: no Node, nothing but schemas from packages', () => {
  const bad = FILES.filter(({ room }) => room === 'report').flatMap((file) =>
    importsOf(file)
      .filter((target) => !target.startsWith('.') && target !== 'zod')
      .map((target) => `${file.path} imports ${target}`),
  );
  expect(bad).toEqual([]);
});

/** A line of code without its comment and its texts. */
function withoutWords(line: string): string {
  return line
    .replace(/^\s*(\/?\*|\/\/).*/, '')
    .replace(/\/\/.*$/, '')
    .replace(/'[^']*'|`[^`]*`/g, "''");
}

test('files are small: none above 350 lines, nine in ten at most 280', () => {
  expect(FILES.filter(({ lines }) => lines.length > 350).map(({ path }) => path)).toEqual([]);
  const sizes = FILES.map(({ lines }) => lines.length).sort((a, b) => a - b);
  expect(sizes[Math.floor(sizes.length * 0.9)]).toBeLessThanOrEqual(280);
});

test('every source file says in its first line what it is for', () => {
  expect(FILES.filter(({ lines }) => !/^\/\/ \S.{15,}/.test(lines[0] ?? '')).map(({ path }) => path)).toEqual([]);
});

test('no file is named after nothing, and none is a barrel', () => {
  const names = /(^|[/-])(utils?|helpers?|manager|service|common|misc|index)\.ts$/;
  expect(FILES.filter(({ path }) => names.test(path)).map(({ path }) => path)).toEqual([]);
  expect(FILES.filter(({ text }) => /^export \* from/m.test(text)).map(({ path }) => path)).toEqual([]);
});

test('each dependency is imported in one or two files (zod, the language of schemas, excepted) and each is used', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
  for (const [name, version] of Object.entries(dependencies)) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    const users = FILES.filter(({ text }) =>
      new RegExp(`^import (?!type).*from '${name}(/[^']*)?'|import\\('${name}'\\)|resolve\\('${name}/`, 'm').test(text),
    );
    expect(users.length, name).toBeGreaterThan(0);
    if (name !== 'zod')
      expect(
        users.map(({ path }) => path),
        name,
      ).toHaveLength(Math.min(2, users.length));
  }
});

test('the lock installs no package that runs a script', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean; optional?: boolean }>;
  };
  const scripts = Object.entries(lock.packages).filter(
    ([, entry]) => entry.hasInstallScript === true && entry.optional !== true,
  );
  expect(scripts.map(([name]) => name)).toEqual([]);
});
