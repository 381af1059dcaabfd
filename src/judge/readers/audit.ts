// Known weaknesses of dependencies: npm audit, cargo audit, pip-audit and govulncheck, each in its JSON.
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

const PIP = z.looseObject({
  dependencies: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string().optional(),
      skip_reason: z.string().optional(),
      vulns: z
        .array(
          z.looseObject({
            id: z.string(),
            fix_versions: z.array(z.string()).default([]),
            description: z.string().default(''),
          }),
        )
        .default([]),
    }),
  ),
});

export interface PipAudit {
  readonly advisories: readonly Advisory[];
  /** Names of the packages that were looked up. */
  readonly audited: readonly string[];
  /** Those that were not, each with the reason. */
  readonly skipped: ReadonlyMap<string, string>;
}

/** It ends well, and says that nothing is known, about packages that it could not look up, too. Every one counts as high. */
export function pipAudit(text: string): PipAudit | null {
  const read = PIP.safeParse(parsedJson(text));
  if (!read.success) return null;
  const { dependencies } = read.data;
  return {
    advisories: dependencies.flatMap(({ name, version = '', vulns }) =>
      vulns.map(({ id, fix_versions, description }) => ({
        severity: 'high' as const,
        package: `${name} ${version}`,
        text: `${id}: ${description || `fixed in ${fix_versions.join(', ') || 'no version'}`}`,
      })),
    ),
    audited: dependencies.flatMap(({ name, skip_reason }) => (skip_reason === undefined ? [name] : [])),
    skipped: new Map(
      dependencies.flatMap(({ name, skip_reason }) => (skip_reason === undefined ? [] : [[name, skip_reason]])),
    ),
  };
}

const GO_MESSAGE = z.looseObject({
  config: z.looseObject({ scanner_name: z.literal('govulncheck') }).optional(),
  osv: z.looseObject({ id: z.string(), summary: z.string().optional(), details: z.string().optional() }).optional(),
  finding: z
    .looseObject({
      osv: z.string(),
      trace: z
        .array(z.looseObject({ module: z.string(), version: z.string().optional(), function: z.string().optional() }))
        .min(1),
    })
    .optional(),
});

/**
 * One JSON after the other. A weakness whose code is called is high; one that is only among the modules is low, and so is
 * one of the Go that happens to be installed here, which no project can mend.
 */
export function govulncheck(text: string): readonly Advisory[] | null {
  const messages = text.split(/^(?=\{)/m).map((one) => GO_MESSAGE.safeParse(parsedJson(one)).data);
  if (!messages.some((one) => one?.config !== undefined)) return null;
  const texts = new Map(
    messages.flatMap((one) => (one?.osv === undefined ? [] : [[one.osv.id, one.osv.summary ?? one.osv.details ?? '']])),
  );
  const found = new Map<string, Advisory>();
  for (const finding of messages.flatMap((one) => one?.finding ?? [])) {
    const [first] = finding.trace;
    if (first === undefined) continue;
    const about = `${first.module} ${first.version ?? ''}`.trim();
    const isCalled = first.function !== undefined && !/^(?:stdlib|toolchain)$/.test(first.module);
    const key = `${finding.osv} ${about}`;
    if (found.get(key)?.severity === 'high') continue;
    found.set(key, {
      severity: isCalled ? 'high' : 'low',
      package: about,
      text: `${finding.osv}: ${texts.get(finding.osv) ?? ''}`,
    });
  }
  return [...found.values()];
}

function severityOf(word: string): Advisory['severity'] {
  if (word === 'critical' || word === 'high' || word === 'low') return word;
  return word === 'moderate' ? 'medium' : 'low';
}
