// Known weaknesses of dependencies: `npm audit --json` and `cargo audit --json`.
import { z } from 'zod';
import { parsedJson } from './json.ts';

export interface Advisory {
  readonly severity: 'critical' | 'high' | 'medium' | 'low';
  readonly package: string;
  readonly text: string;
}

const NPM = z.looseObject({
  vulnerabilities: z.record(
    z.string(),
    z.looseObject({
      name: z.string(),
      severity: z.string(),
      via: z.array(z.union([z.string(), z.looseObject({ title: z.string() })])),
    }),
  ),
  metadata: z.looseObject({ vulnerabilities: z.looseObject({ total: z.int() }) }),
});

/** Null when it is no such report, as when the registry does not answer. */
export function npmAudit(text: string): readonly Advisory[] | null {
  const read = NPM.safeParse(parsedJson(text));
  if (!read.success) return null;
  return Object.values(read.data.vulnerabilities).map(({ name, severity, via }) => ({
    severity: severityOf(severity),
    package: name,
    text: via.map((one) => (typeof one === 'string' ? `by ${one}` : one.title)).join('; '),
  }));
}

const CARGO = z.looseObject({
  vulnerabilities: z.looseObject({
    list: z.array(
      z.looseObject({
        advisory: z.looseObject({ id: z.string(), title: z.string(), cvss: z.string().nullable().optional() }),
        package: z.looseObject({ name: z.string(), version: z.string() }),
      }),
    ),
  }),
});

/** RustSec rates few of its advisories; every one is a known weakness and counts as high. */
export function cargoAudit(text: string): readonly Advisory[] | null {
  const read = CARGO.safeParse(parsedJson(text));
  if (!read.success) return null;
  return read.data.vulnerabilities.list.map(({ advisory, package: { name, version } }) => ({
    severity: 'high',
    package: `${name} ${version}`,
    text: `${advisory.id}: ${advisory.title}`,
  }));
}

function severityOf(word: string): Advisory['severity'] {
  if (word === 'critical' || word === 'high' || word === 'low') return word;
  return word === 'moderate' ? 'medium' : 'low';
}
