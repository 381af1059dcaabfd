// Probes a program made for a test: real walls, a real start, as the judge does it.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stepsOf, writeFileOfStep } from '../../../src/agents/rehearsal/steps.ts';
import { projectOf } from '../../../src/config/projects.ts';
import { CONFIG } from '../../../src/config/schema.ts';
import type { GateVerdict } from '../../../src/judge/gate.ts';
import { runProbes } from '../../../src/judge/probes/run-probes.ts';
import type { ProbedType, ProbeResult } from '../../../src/judge/probes/words.ts';
import type { Confinement } from '../../../src/process/confinement.ts';
import { type Files, judged } from '../bench.ts';

export interface Probed {
  readonly type: ProbedType;
  /** The rehearsed project is put there first. */
  readonly rehearsed?: boolean;
  /** A folder that is put there. */
  readonly from?: string;
  readonly files?: Files;
  /** Changes of its files: what is there becomes something else, or the test is wrong. */
  readonly bugs?: readonly Bug[];
  readonly only?: readonly string[];
  readonly built?: GateVerdict;
  readonly maxMs?: number;
  readonly walls?: Confinement;
}

export interface Bug {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** One line a component. */
export async function probed(what: Probed): Promise<readonly ProbeResult[]> {
  return (await probedWithFigures(what)).lines;
}

export async function probedWithFigures(what: Probed) {
  const {
    type,
    rehearsed = false,
    from: folder,
    files = {},
    bugs = [],
    only,
    built = 'passed',
    maxMs = 300_000,
    walls,
  } = what;
  const { project, bench } = await judged({ 'README.md': 'a project' }, walls === undefined ? {} : { walls });
  if (rehearsed) for (const step of stepsOf(type)) for (const file of step.files) writeFileOfStep(project, file);
  if (folder !== undefined) cpSync(folder, project, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
  for (const { file, from, to } of bugs) {
    const text = readFileSync(join(project, file), 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    writeFileSync(
      join(project, file),
      text.replace(from, () => to),
    );
  }
  const { specification, components } = projectOf(CONFIG.parse({ session: { project_type: type } }), type);
  return runProbes({
    bench,
    project: {
      type,
      isShipped: true,
      specification,
      components: components.filter(({ id }) => only?.includes(id) ?? true),
    },
    built,
    maxMs,
  });
}

export function component(lines: readonly ProbeResult[], id: string): ProbeResult {
  const found = lines.find((one) => one.component === id);
  if (found === undefined) throw new Error(`there is no line of ${id}`);
  return found;
}

/** What the checks say that did not pass, by the known beginnings of their names. */
export function wrongsOf({ evidence }: ProbeResult, names: readonly string[]): Readonly<Record<string, string>> {
  const failed = evidence.filter((one) => !one.startsWith('passed: '));
  return Object.fromEntries(
    failed.map((one) => [names.find((name) => one.startsWith(`failed: ${name}`)) ?? one, one] as const),
  );
}
