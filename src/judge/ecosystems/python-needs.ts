// What a Python project needs to be installed: what requirements.txt lists, or else what pyproject.toml names.
import { z } from 'zod';
import { InputError } from '../../config/diagnostics.ts';
import { tomlIn } from '../../config/toml.ts';
import type { Tree } from '../tree.ts';

export interface Needs {
  /** The file that names them. */
  readonly from: 'requirements.txt' | 'pyproject.toml';
  /** What pip is told to install. */
  readonly argv: readonly string[];
  /** Their names as pip compares them. */
  readonly names: readonly string[];
  /** One that is no package of an index: pip would run the scripts that build it. */
  readonly scripted: string | null;
}

const words = z.array(z.unknown()).catch([]);
const PYPROJECT = z.looseObject({
  project: z
    .looseObject({
      name: z.string().catch(''),
      dependencies: words.default([]),
      'optional-dependencies': z.record(z.string(), words).catch({}).default({}),
    })
    .optional(),
  'dependency-groups': z.record(z.string(), words).catch({}).default({}),
});

/** Groups without which tests cannot run. */
const FOR_TESTS = /^(?:tests?|testing|dev|develop|development)$/;
const MOST = 200;

/** `Name[extra] >=1,<2; marker`: a name and which of its versions, never an option, a path or an address. */
const OF_INDEX = /^([A-Za-z0-9][\w.-]*) ?(?:\[[^\]/]*\])? ?(?:\(? ?(?:[<>=!~]=?|===)[^/;]*)?(?:;.*)?$/;
/** Longer is no name of a package. */
const LONGEST = 500;
/** Options of a list that only say where and which; all others could make pip run something. */
const HARMLESS = /^(?:-i|--index-url|--extra-index-url|--require-hashes|--pre|--prefer-binary)(?:[ =]|$)/;

/** Null: there are none. */
export function needsOf(tree: Tree): Needs | null {
  const listed = tree.get('requirements.txt');
  if (listed !== undefined) {
    const lines = listed.replace(/\\\r?\n/g, ' ').split(/\r?\n/);
    const wanted = lines.map((line) =>
      line
        .replace(/(^|\s)#.*$/, '')
        .replace(/\s--hash=\S+/g, '')
        .replace(/\s+/g, ' ')
        .trim(),
    );
    const needed = wanted.filter((line) => line !== '' && !HARMLESS.test(line));
    return { from: 'requirements.txt', argv: ['-r', 'requirements.txt'], ...named(needed) };
  }
  const needed = neededBy(tree.get('pyproject.toml') ?? '');
  if (needed.length === 0) return null;
  return { from: 'pyproject.toml', argv: ['--', ...needed], ...named(needed) };
}

function neededBy(text: string): readonly string[] {
  const read = PYPROJECT.safeParse(parsed(text));
  if (!read.success) return [];
  const { project, 'dependency-groups': groups } = read.data;
  const forTests = (named: Readonly<Record<string, readonly unknown[]>>) =>
    Object.entries(named).flatMap(([name, needed]) => (FOR_TESTS.test(name) ? needed : []));
  const all = [
    ...(project?.dependencies ?? []),
    ...forTests(project?.['optional-dependencies'] ?? {}),
    ...forTests(groups),
  ];
  const own = normal(project?.name ?? '');
  return all
    .filter((one): one is string => typeof one === 'string')
    .map((one) => one.replace(/\s+/g, ' ').trim())
    .map((one) => one.slice(0, LONGEST + 1))
    .filter((one) => one !== '' && normal(OF_INDEX.exec(one)?.[1] ?? '') !== own)
    .slice(0, MOST);
}

function parsed(text: string): unknown {
  try {
    return tomlIn('pyproject.toml', text).value;
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

function named(needed: readonly string[]): Pick<Needs, 'names' | 'scripted'> {
  const names = needed.flatMap((one) => OF_INDEX.exec(one)?.[1] ?? []).map(normal);
  return {
    names: [...new Set(names)],
    scripted: needed.find((one) => one.length > LONGEST || !OF_INDEX.test(one)) ?? null,
  };
}

/** `Foo_Bar` and `foo-bar` are one package. */
export function normal(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
