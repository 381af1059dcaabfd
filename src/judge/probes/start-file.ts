// mega_test.toml of the judged project: how its program is started. Written by an agent, so believed in nothing else.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../../config/diagnostics.ts';
import { readToml } from '../../config/toml.ts';
import { cleaned } from '../../text/clean.ts';
import type { Finding } from '../gate.ts';

export const START_FILE = 'mega_test.toml';

const word = z.string().min(1).max(4_096);

const START = z.object({
  command: z.array(word).min(1).max(64),
  port: z.number().int().min(1).max(65_535),
  data: z
    .string()
    .min(1)
    .max(1_024)
    .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), 'must lie in the project'),
});

export type StartReading =
  | { readonly is: 'missing' }
  | { readonly is: 'wrong'; readonly reason: string; readonly findings: readonly Finding[] }
  | { readonly is: 'read'; readonly start: z.output<typeof START>; readonly findings: readonly Finding[] };

/** Never throws. */
export function readStartFile(project: string): StartReading {
  // A link may lead out of the project.
  if (lstatSync(join(project, START_FILE), { throwIfNoEntry: false })?.isSymbolicLink() === true)
    return wrong(['it is a link'], []);
  let value: Readonly<Record<string, unknown>>;
  try {
    value = readToml(join(project, START_FILE)).value;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const message = error.diagnostics[0]?.message ?? error.message;
    return message === 'there is no such file' ? { is: 'missing' } : wrong([message], []);
  }
  const alien = Object.keys(value).filter((key) => !Object.hasOwn(START.shape, key));
  const findings = alien.slice(0, 20).map((key) => finding('medium', `"${key}" does not belong there`));
  const read = START.safeParse(value);
  if (read.success) return { is: 'read', start: read.data, findings };
  const said = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return wrong(said, findings);
}

function wrong(said: readonly string[], others: readonly Finding[]): StartReading {
  const reason = cleaned(`${START_FILE}: ${said.slice(0, 3).join('; ')}`, 300);
  return { is: 'wrong', reason, findings: [finding('critical', said[0] ?? 'it cannot be read'), ...others] };
}

function finding(severity: Finding['severity'], what: string): Finding {
  return { severity, text: cleaned(`${START_FILE}: ${what}`, 200), file: START_FILE, line: null };
}
