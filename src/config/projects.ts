// What can be built: the three shipped projects, and those a configuration adds.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config, Project } from './schema.ts';
import { PROJECT } from './schema.ts';
import { readToml } from './toml.ts';

/** Root of the installed package, where projects/ and rehearsal/ lie. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

const FOLDER = join(PACKAGE_ROOT, 'projects');

/** Types of the shipped projects, in the order of their names. */
export function shippedTypes(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.toml'))
    .map((name) => name.slice(0, -'.toml'.length))
    .sort();
}

export function projectTypes(config: Config): readonly string[] {
  return [...new Set([...shippedTypes(), ...Object.keys(config.projects)])];
}

/**
 * The project a session builds. [project.target] overrides its numbers for the keys that are set, and only when the
 * session builds the file's own project type; `ownType` is that type.
 */
export function projectOf(config: Config, ownType: string): Project {
  const type = config.session.project_type;
  const added = config.projects[type];
  const project =
    added === undefined ? PROJECT.parse(readToml(join(FOLDER, `${type}.toml`)).value) : { type, ...added };
  const lines = type === ownType ? config.project.target.lines_of_code : undefined;
  return { ...project, ...(lines === undefined ? {} : { lines_of_code: lines }) };
}
