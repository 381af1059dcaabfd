// The scenarios of a rehearsal: the shipped ones by their names, any other by its path.
import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { PACKAGE_ROOT } from './projects.ts';

const SHIPPED = join(PACKAGE_ROOT, 'rehearsal/scenarios');

export function shippedScenarios(): readonly string[] {
  return readdirSync(SHIPPED)
    .map((file) => basename(file, '.toml'))
    .sort();
}

/** Whole, because an agent, and a resume from elsewhere, have another working folder. */
export function scenarioFile(name: string, cwd: string): string {
  return isPath(name) ? resolve(cwd, name) : join(SHIPPED, `${name}.toml`);
}

/** The scenario as it is kept: a name as it is, a path in full. */
export function keptScenario(name: string, cwd: string): string {
  return isPath(name) ? resolve(cwd, name) : name;
}

function isPath(name: string): boolean {
  return name.includes('/') || name.endsWith('.toml');
}
