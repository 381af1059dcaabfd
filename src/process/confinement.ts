// How an agent is walled in: three levels, the highest one that really works here, found out by trying.
import type { Scope } from './scope.ts';
import { whatIsWrongWith } from './trial.ts';
import { bubblewrap, processWalls, utilLinux } from './walls.ts';

export const LEVELS = ['full', 'processes', 'group'] as const;

/**
 * full: mounts and processes of its own. processes: processes of its own, the files of everybody. group: a process group
 * and a marker in the environment.
 */
export type Level = (typeof LEVELS)[number];

export interface Confinement {
  readonly level: Level;
  /** By what, like "bubblewrap". */
  readonly means: string;
  /** Why it is not a higher level; null for the highest, and for one that was asked for. */
  readonly reason: string | null;
  readonly notPromised: readonly string[];
  /** Can these walls close the network when they are asked to? */
  readonly closesNetwork: boolean;
  /** The command line that runs another one behind the walls, below an init; null: without either. */
  readonly wrap: ((argv: readonly string[], scope: Scope) => readonly string[]) | null;
}

const NETWORK = 'the network is open to the agent, this machine’s own services included';
const READING = 'the agent can read what the user who runs mega-test can read outside the runs directory';
const FILES = 'the agent can read and write what the user who runs mega-test can, the session directory included';
const ESCAPE = 'a process that leaves its group and clears its environment is not found when its turn ends';

/** What each level does not promise; the same sentences in `doctor` and the report. */
export const NOT_PROMISED: Readonly<Record<Level, readonly string[]>> = {
  full: [READING, NETWORK],
  processes: [FILES, NETWORK],
  group: [FILES, ESCAPE, NETWORK],
};

const IS_ROOT = process.getuid?.() === 0;

function confinement(level: Level, means: string, wrap: Confinement['wrap']): Confinement {
  const closesNetwork = wrap !== null && (level === 'full' || IS_ROOT);
  return { level, means, reason: null, notPromised: NOT_PROMISED[level], closesNetwork, wrap };
}

/** What is always there. */
export const GROUP: Confinement = confinement('group', 'process group and marker', null);

interface Means {
  readonly walls: Confinement;
  /** Not even tried, for this reason. */
  readonly unfit: string | null;
}

const NOT_LINUX = process.platform === 'linux' ? null : 'only Linux has namespaces';
const NOT_ROOT = IS_ROOT ? null : 'without bubblewrap it takes root';

const MEANS: readonly Means[] = [
  { walls: confinement('full', 'bubblewrap', bubblewrap), unfit: NOT_LINUX },
  { walls: confinement('full', 'util-linux', utilLinux), unfit: NOT_LINUX ?? NOT_ROOT },
  {
    walls: confinement('processes', 'util-linux', (argv, scope) => processWalls(argv, IS_ROOT, scope)),
    unfit: NOT_LINUX,
  },
];

/** What was wished for, and by which means: for tests, or a person who knows better. */
export interface Wish {
  readonly level: Level | 'auto';
  /** Only this means, like "util-linux"; null: any. */
  readonly means: string | null;
}

/** The highest level that works here, or the one that was asked for. A sentence when that one does not. */
export async function chooseConfinement({
  level,
  means,
}: Wish): Promise<Confinement | { readonly impossible: string }> {
  const reasons: string[] = [];
  const fits = ({ walls }: Means) =>
    (level === 'auto' || walls.level === level) && (means ?? walls.means) === walls.means;
  for (const { walls, unfit } of MEANS.filter(fits)) {
    const wrong = unfit ?? (await whatIsWrongWith(walls));
    // Of two means for one level neither is the lower.
    if (wrong === null) return { ...walls, reason: walls.level === 'full' ? null : whyNot(reasons) };
    reasons.push(`${walls.level} by ${walls.means}: ${wrong}`);
  }
  if (level === 'auto' || level === 'group') return { ...GROUP, reason: whyNot(reasons) };
  return { impossible: whyNot(reasons) ?? 'there is no such means' };
}

function whyNot(reasons: readonly string[]): string | null {
  return reasons.length === 0 ? null : reasons.join('; ');
}
