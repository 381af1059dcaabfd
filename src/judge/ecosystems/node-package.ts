// What a Node package says of itself: its scripts, what it depends on, which lock file fixes that, whether it is TypeScript.
import { z } from 'zod';
import type { Ground } from '../ground.ts';
import { parsedJson } from '../readers/json.ts';

const MANIFEST = z.looseObject({
  type: z.string().optional(),
  scripts: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
  devDependencies: z.record(z.string(), z.unknown()).optional(),
  optionalDependencies: z.record(z.string(), z.unknown()).optional(),
  workspaces: z.unknown().optional(),
});

type Manifest = z.output<typeof MANIFEST>;

function manifestIn(text: string): Manifest {
  const read = MANIFEST.safeParse(parsedJson(text));
  return read.success ? read.data : {};
}

export function manifestOf({ tree }: Ground): Manifest {
  return manifestIn(tree.get('package.json') ?? '');
}

/** What npm writes into a new package.json is no script. */
const PLACEHOLDER = /^echo "?Error: no test specified"? && exit 1$/;

export function scriptOf(ground: Ground, name: string): string | null {
  const script = manifestOf(ground).scripts?.[name] ?? null;
  return script === null || PLACEHOLDER.test(script.trim()) ? null : script;
}

function dependenciesIn(text: string): Readonly<Record<string, unknown>> {
  const { dependencies, devDependencies, optionalDependencies } = manifestIn(text);
  return { ...dependencies, ...devDependencies, ...optionalDependencies };
}

/** Packages of a workspace depend on each other, and have dependencies of their own. */
export function dependsOnOthers(ground: Ground): boolean {
  const { tree } = ground;
  const hasWorkspaces = manifestOf(ground).workspaces !== undefined || tree.has('pnpm-workspace.yaml');
  return hasWorkspaces || Object.keys(dependenciesIn(tree.get('package.json') ?? '')).length > 0;
}

/** Those that npm reads. */
export function lockOf({ tree }: Ground): string | null {
  return ['package-lock.json', 'npm-shrinkwrap.json'].find((name) => tree.has(name)) ?? null;
}

const REPOSITORY = /"(?:resolved|version)":\s*"((?:git[+:@]|github:|gitlab:|bitbucket:|gist:)[^"]*)"/;

/** A dependency that is no archive of a registry: what `--ignore-scripts` says is not said to the npm that packs it. */
export function fromRepository(ground: Ground): string | null {
  return REPOSITORY.exec(ground.tree.get(lockOf(ground) ?? '') ?? '')?.[1]?.slice(0, 100) ?? null;
}

export function unlocked({ tree }: Ground): string {
  const other = ['pnpm-lock.yaml', 'yarn.lock', 'bun.lock'].find((name) => tree.has(name));
  const found = other === undefined ? 'no lock file fixes them' : `${other} fixes them, which npm does not read`;
  return `there are dependencies, and ${found}`;
}

/** A tsconfig.json beside nothing but JavaScript may be there for editors. */
export function needsTsc(ground: Ground): boolean {
  const { tree } = ground;
  if (scriptOf(ground, 'build') !== null || !tree.has('tsconfig.json')) return false;
  return hasTypescript(ground) || [...tree.keys()].some((path) => isTypescript(path));
}

export function isTypescript(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path) && !/\.d\.[cm]?ts$/.test(path);
}

/** Of one of its packages: npm puts it where all of them find it. */
export function hasTypescript({ tree }: Ground): boolean {
  return [...tree].some(([path, text]) => /(^|\/)package\.json$/.test(path) && 'typescript' in dependenciesIn(text));
}
