// What a Python project needs to be installed: what its lists of requirements and pyproject.toml name.
import { z } from 'zod';
import { InputError } from '../../config/diagnostics.ts';
import { tomlIn } from '../../config/toml.ts';
import type { Tree } from '../tree.ts';
import { type Listed, normal, notOfAnIndex, packageName, readLists } from './python-lists.ts';

export interface Needs extends Listed {
  /** A sentence: why pip is told nothing. */
  readonly refused: string | null;
}

const words = z.array(z.unknown()).catch([]);
const table = z.record(z.string(), z.unknown()).catch({});
const PYPROJECT = z.looseObject({
  project: z
    .looseObject({
      name: z.string().catch(''),
      version: z.string().catch(''),
      dynamic: words.default([]),
      dependencies: words.default([]),
      'optional-dependencies': z.record(z.string(), words).catch({}).default({}),
    })
    .optional(),
  'dependency-groups': z.record(z.string(), words).catch({}).default({}),
  tool: z.looseObject({ poetry: table.optional(), uv: table.optional() }).catch({}).default({}),
});
export type Pyproject = z.output<typeof PYPROJECT>;

/** Groups and lists without which tests cannot run. */
const FOR_TESTS = /^(?:tests?|testing|dev|develop|development)$/;
const LIST_FOR_TESTS =
  /^(?:requirements[-_./](?:tests?|testing|dev|develop|development)|(?:tests?|testing|dev|develop|development)[-_.]requirements)\.txt$/;
const MOST = 200;

const NONE: Listed = { packages: [], lines: [], constraints: [] };

/** Null: there are none. */
export function needsOf(tree: Tree): Needs | null {
  const pyproject = pyprojectOf(tree);
  const unread = tree.has('requirements.txt') ? null : unreadIn(tree, pyproject);
  if (unread !== null) return { ...NONE, refused: unread };
  const paths = [...tree.keys()].filter((path) => path === 'requirements.txt' || LIST_FOR_TESTS.test(path)).sort();
  const listed = readLists(tree, paths);
  if ('refused' in listed) return { ...NONE, refused: listed.refused };
  const named = namedBy(pyproject, !tree.has('requirements.txt'));
  const bad = named.find((one) => packageName(one) === null);
  if (bad !== undefined) return { ...NONE, refused: notOfAnIndex(bad, 'pyproject.toml') };
  const packages = [...listed.packages, ...named];
  if (packages.length === 0) return /^\s*deps\s*=/m.test(tree.get('tox.ini') ?? '') ? { ...NONE, refused: TOX } : null;
  return { ...listed, packages, lines: [...listed.lines, ...named], refused: null };
}

const TOX = 'dependencies in tox.ini are not read';

/** What a project depends on may stand where only its own tools read it: then it is not known. */
function unreadIn(tree: Tree, { project, tool: { poetry = {}, uv = {} } }: Pyproject): string | null {
  const { python: _, ...others } = table.parse(poetry.dependencies);
  if (Object.keys({ ...others, ...table.parse(poetry.group), ...table.parse(poetry['dev-dependencies']) }).length > 0)
    return 'dependencies in the tables of Poetry are not read';
  if (words.parse(uv['dev-dependencies']).length > 0) return 'dependencies in the tables of uv are not read';
  if (project?.dynamic.includes('dependencies') === true)
    return 'what pyproject.toml calls dynamic is known to the build only';
  const script = `${tree.get('setup.py') ?? ''}\n${tree.get('setup.cfg') ?? ''}`;
  return /\binstall_requires\s*=(?!\s*\[\s*\])/.test(script)
    ? 'install_requires is not read: finding it out runs setup.py'
    : null;
}

/** `own`: also what the project itself depends on, and not its tests alone. */
function namedBy({ project, 'dependency-groups': groups }: Pyproject, own: boolean): readonly string[] {
  const forTests = (named: Readonly<Record<string, readonly unknown[]>>) =>
    Object.entries(named).flatMap(([name, needed]) => (FOR_TESTS.test(name) ? needed : []));
  const all = [
    ...(own ? (project?.dependencies ?? []) : []),
    ...forTests(project?.['optional-dependencies'] ?? {}),
    ...forTests(groups),
  ];
  const itself = normal(project?.name ?? '');
  return all
    .filter((one): one is string => typeof one === 'string')
    .map((one) => one.slice(0, 1_000).replace(/\s+/g, ' ').trim())
    .filter((one) => one !== '' && packageName(one) !== itself)
    .slice(0, MOST);
}

export function pyprojectOf(tree: Tree): Pyproject {
  const read = PYPROJECT.safeParse(parsed(tree.get('pyproject.toml') ?? ''));
  return read.success ? read.data : PYPROJECT.parse({});
}

function parsed(text: string): unknown {
  try {
    return tomlIn('pyproject.toml', text).value;
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
