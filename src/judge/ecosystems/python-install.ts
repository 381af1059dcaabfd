// Installing what a Python project needs, and auditing it: pip gets lists that the judge wrote, and no file of the project.
import { join } from 'node:path';
import type { Ran } from '../command.ts';
import type { Ground } from '../ground.ts';
import { type GatePlan, inconclusive, type Reading, type Step, settled } from '../plan.ts';
import { pipAudit } from '../readers/audit.ts';
import { isSafe } from '../readings.ts';
import { normal } from './python-lists.ts';
import { type Needs, needsOf } from './python-needs.ts';

/** In it the project's commands run; outside of it is seen what the machine has installed, like pytest. */
function venv({ reports }: Ground): string {
  return join(reports, 'venv');
}

export function python(ground: Ground): string {
  const needs = needsOf(ground.tree);
  return needs === null || needs.refused !== null ? 'python3' : join(venv(ground), 'bin', 'python');
}

const WRITE = 'list=$1; shift; printf "%s\\n" "$@" > "$list"';

function written(path: string, lines: readonly string[]): Step {
  return { argv: ['sh', '-c', WRITE, 'list', path, ...lines], shown: 'writing a list' };
}

export function installs(ground: Ground, { lines, constraints }: Needs): readonly Step[] {
  const at = (name: string) => join(ground.reports, name);
  const options = lines.filter((line) => line.startsWith('-'));
  const hashed = lines.filter((line) => line.includes(' --hash='));
  const others = lines.filter((line) => !options.includes(line) && !hashed.includes(line));
  // pip takes no list of which only a part has hashes.
  const plain = hashed.length === 0 ? options : options.filter((option) => option !== '--require-hashes');
  const lists = [
    ...(hashed.length === 0 ? [] : [[...options, ...hashed]]),
    ...(others.length === 0 ? [] : [[...plain, ...others]]),
  ];
  const limits = constraints.length === 0 ? [] : ['-c', at('constraints.txt')];
  // Only what is built already: building it would run its scripts.
  const install = ['-I', '-m', 'pip', 'install', '--quiet', '--only-binary', ':all:'];
  return [
    { argv: ['python3', '-I', '-m', 'venv', '--system-site-packages', venv(ground)] },
    ...(constraints.length === 0 ? [] : [written(at('constraints.txt'), constraints)]),
    ...lists.flatMap((list, index): readonly Step[] => [
      written(at(`needs-${index}.txt`), list),
      { argv: [python(ground), ...install, '-r', at(`needs-${index}.txt`), ...limits], network: 'open' },
    ]),
  ];
}

/**
 * Names and versions of what is needed here, with all that it needs in turn, in the venv or outside of it. Markers are
 * evaluated by the packaging library that pip brings along.
 */
const FIND = `
import sys
from importlib import metadata
try:
    from pip._vendor.packaging.requirements import Requirement
except ImportError:
    from packaging.requirements import Requirement
found = {}
seen = set()
open_ones = [(Requirement(text), {""}) for text in sys.argv[1:]]
while open_ones:
    need, extras = open_ones.pop()
    if need.marker is not None and not any(need.marker.evaluate({"extra": extra}) for extra in extras):
        continue
    key = (need.name.lower(), frozenset(need.extras))
    if key in seen:
        continue
    seen.add(key)
    try:
        one = metadata.distribution(need.name)
    except metadata.PackageNotFoundError:
        sys.exit(f"not installed: {need.name}")
    found[one.metadata["Name"]] = one.version
    open_ones += [(Requirement(text), {"", *need.extras}) for text in one.requires or []]
if len(found) > 2000:
    sys.exit("more packages than can be audited")
for name, version in sorted(found.items()):
    print(f"installed {name}=={version}")
`;

const AUDIT = `${WRITE}; exec pip-audit --format json --progress-spinner off --disable-pip --no-deps -r "$list"`;

/** Not what a test may have left among the modules of the home's user. */
const OWN_MODULES = { PYTHONNOUSERSITE: '1' };

export function audits(ground: Ground): GatePlan {
  const needs = needsOf(ground.tree);
  if (needs === null) return settled('passed', 'there are no dependencies to have weaknesses');
  if (needs.refused !== null) return settled('inconclusive', needs.refused);
  if (!ground.has('pip-audit')) return settled('inconclusive', 'pip-audit is not installed');
  const before = ['sh', '-c', AUDIT, 'audit', join(ground.reports, 'audited.txt')];
  return {
    is: 'run',
    steps: [
      { argv: [python(ground), '-I', '-c', FIND, ...needs.packages], shown: 'finding what is installed' },
      // What is installed, and nothing else: to audit what is only asked for, it would install it itself.
      ([found]) => ({
        argv: [...before, ...pinsIn(found?.output ?? '')],
        shown: 'pip-audit',
        network: 'open',
        env: OWN_MODULES,
      }),
    ],
    read: (ran) => (ran.argv[0] === 'sh' ? auditOf(ran, ran.argv.slice(before.length)) : notFound(ran)),
  };
}

function pinsIn(output: string): readonly string[] {
  return [...output.matchAll(/^installed (\S+)$/gm)].map(([, pin]) => pin ?? '');
}

function notFound(ran: Ran): Reading {
  const name = /^not installed: ([\w.-]+)$/m.exec(ran.errors)?.[1];
  return name === undefined ? isSafe(ran, null) : inconclusive(`${name} is needed and not installed`);
}

function auditOf(ran: Ran, pins: readonly string[]): Reading {
  const audit = pipAudit(ran.output);
  const known = new Set(audit?.audited.map(normal));
  const missing = pins.map((pin) => normal(pin.split('==')[0] ?? '')).filter((name) => !known.has(name));
  const safe = isSafe(ran, audit?.advisories ?? null);
  if (audit !== null && missing.length > 0 && safe.verdict !== 'failed')
    return inconclusive(
      `${missing.length} dependencies were not audited, like ${audit.skipped.get(missing[0] ?? '') ?? missing[0]}`,
    );
  return safe;
}
