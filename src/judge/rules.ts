// The rules a session is judged by: a digest of the judge's own code and settings, taken before the start, compared at the end.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_PHASES } from '../config/phases.ts';
import type { Config, Project } from '../config/schema.ts';
import { sha256 } from '../store/durable.ts';

export interface Rules {
  /** SHA-256 over all parts, in their order. */
  readonly digest: string;
  /** What each part was: a file's SHA-256, a setting's value, or the SHA-256 of a long one. */
  readonly parts: Readonly<Record<string, string>>;
}

export interface RuleSources {
  readonly config: Pick<Config, 'judge' | 'limits' | 'project' | 'phases'>;
  /** What is to be built: its components are what the acceptance probes ask for. */
  readonly project: Project;
  readonly version: string;
  /** Folder of the judge's code. */
  readonly code?: string;
}

/** The files that really run: those beside this one. */
const CODE = dirname(fileURLToPath(import.meta.url));
const LONGEST = 80;

export function rulesOf({ config, project, version, code = CODE }: RuleSources): Rules {
  const { judge, limits, project: goals, phases = DEFAULT_PHASES } = config;
  const settings: Readonly<Record<string, unknown>> = {
    ...named('judge', judge),
    'limits.max_test_runtime_min': limits.max_test_runtime_min,
    ...named('project.target', goals.target),
    ...named('project.performance', goals.performance),
    ...named('success criteria of phase', Object.fromEntries(phases.map((one) => [one.name, one.success_criteria]))),
    [`specification of ${project.type}`]: project.specification,
    ...named(`component of ${project.type}`, Object.fromEntries(project.components.map((one) => [one.id, one]))),
  };
  const parts = Object.fromEntries([
    ['version of mega-test', version],
    ...Object.entries(settings).map(([name, value]) => [name, shown(JSON.stringify(value) ?? 'not set')]),
    ...filesIn(code).map((name) => [`code of the judge, ${name}`, sha256(readFileSync(join(code, name)))]),
  ]);
  return { digest: sha256(JSON.stringify(parts)), parts };
}

function named(group: string, values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]));
}

function shown(value: string): string {
  return value.length <= LONGEST ? value : `sha256 ${sha256(value)}`;
}

/** In an order that no file system decides. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name))
    .sort();
}

/** What is not as it was, one sentence each; empty when the rules are the same. */
export function differencesOf(start: Rules, now: Rules): readonly string[] {
  const names = [...new Set([...Object.keys(start.parts), ...Object.keys(now.parts)])];
  return names.flatMap((name) => {
    const was = start.parts[name];
    const is = now.parts[name];
    if (was === is) return [];
    if (was === undefined) return [`${name} is new`];
    if (is === undefined) return [`${name} is gone`];
    const isLong = /^(sha256 )?[0-9a-f]{64}$/;
    return isLong.test(was) || isLong.test(is) ? [`${name} is another`] : [`${name} was ${was}, is ${is}`];
  });
}
