// The judge's part of report.md: the checklist with its ticks, the targets with their grades, gates, tampering.
import { showDuration } from '../text/duration.ts';
import type { ComponentEntry, Criterion, GateEntry, JudgedEntry, Judgement, TargetEntry } from './judged.ts';
import { escaped, table } from './markdown-parts.ts';

export function judgedPages({ criteria, components, targets, gates, judged, rules }: Judgement): readonly string[] {
  return [
    ...rulesPart(rules),
    ...checklist(criteria),
    ...componentPage(components),
    '## Targets',
    targetTable(targets),
    '## Gates',
    gates.length === 0 ? 'None: the session was not judged.' : gateTable(gates),
    ...findings(gates, components),
    ...tampering(judged),
    ...mutation(judged),
  ];
}

/** What `mega-test judge` prints: the verdict, then the same pages as in the report. */
export function verdictPage({
  session,
  checkpoint,
  verdict,
  ...pages
}: Judgement & {
  readonly session: string;
  readonly checkpoint: number;
  readonly verdict: { readonly critical: string; readonly text: string };
}): string {
  const said = `Checkpoint ${checkpoint} of ${escaped(session)}: **${verdict.critical}** (${escaped(verdict.text)})`;
  return `${[said, ...judgedPages(pages)].join('\n\n')}\n`;
}

/** A digest as people compare it. */
const SHOWN = 16;

function rulesPart({ at_start, now, differences }: Judgement['rules']): readonly string[] {
  if (at_start === null) return ['What it would be judged by was not kept at the start.'];
  const start = at_start.slice(0, SHOWN);
  if (now === null) return [`Rules of the judge at the start: ${start}; it was not judged.`];
  if (differences.length === 0) return [`Judged by the same rules as at the start: ${start}.`];
  const rows = differences.slice(0, MOST_ROWS).map((one) => [one]);
  return [
    `**Judged by other rules than at the start**: ${start} then, ${now.slice(0, SHOWN)} now.`,
    table([`what is another (${differences.length})`], rows),
  ];
}

const TITLES = {
  critical: 'Critical (must pass)',
  important: 'Important (should pass)',
  bonus: 'Bonus (nice to have)',
} as const;
const TICKS = { passed: '[x]', failed: '[ ] **failed**:', inconclusive: '[ ] inconclusive:' } as const;

function checklist(all: readonly Criterion[]): readonly string[] {
  return (['critical', 'important', 'bonus'] as const).flatMap((tier) => [
    `### ${TITLES[tier]}`,
    all
      .filter((one) => one.tier === tier)
      .map(({ name, verdict, evidence }) => `- ${TICKS[verdict]} ${name} — ${escaped(evidence)}`)
      .join('\n'),
  ]);
}

/** What the program does, seen from outside; a broken promise by its first words. */
function componentPage(components: readonly ComponentEntry[]): readonly string[] {
  if (components.length === 0) return [];
  const notes = [...new Set(components.flatMap((one) => one.notes))].map((note) => `Note: ${escaped(note)}`);
  const rows = components.map(({ name, verdict, reason }) => [name, verdict, reason]);
  return ['## Components', table(['component', 'verdict', 'what was seen'], rows), ...notes];
}

function targetTable(targets: readonly TargetEntry[]): string {
  return table(
    ['target', 'figure', 'grade', 'grades', 'why unknown'],
    targets.map(({ name, value, unit, grade, limits, reason }) => [
      name,
      value === null ? '-' : `${value} ${unit}`,
      grade,
      limits.join(', '),
      reason ?? '',
    ]),
  );
}

function gateTable(gates: readonly GateEntry[]): string {
  return table(
    ['gate', 'of', 'verdict', 'reason', 'command', 'took'],
    gates.map(({ gate, ecosystem, folder, verdict, reason, command, duration_ms }) => [
      gate,
      ecosystem === null ? 'all files' : folder === '.' ? ecosystem : `${ecosystem} in ${folder}`,
      verdict,
      reason,
      command === null ? '-' : commandText(command),
      duration_ms === null ? '-' : showDuration(duration_ms),
    ]),
  );
}

/** More rows than this are in final_report.json. */
const MOST_ROWS = 30;

function findings(gates: readonly GateEntry[], components: readonly ComponentEntry[]): readonly string[] {
  const all = [
    ...components.flatMap((one) => one.findings.map((finding) => ({ gate: 'component', ...finding }))),
    ...gates.flatMap((one) => one.findings.map((finding) => ({ gate: one.gate as string, ...finding }))),
  ];
  if (all.length === 0) return [];
  const rows = all.slice(0, MOST_ROWS).map(({ gate, severity, text, file, line }) => {
    return [severity, gate, text, file === null ? '-' : `${file}${line === null ? '' : `:${line}`}`];
  });
  const more = all.length > MOST_ROWS ? [`${all.length - MOST_ROWS} more are in final_report.json.`] : [];
  return ['## Open findings', table(['severity', 'gate', 'what', 'where'], rows), ...more];
}

function tampering(judged: JudgedEntry | null): readonly string[] {
  const found = judged?.tampering ?? null;
  if (found === null) return [];
  return [
    '## What was done to the tests',
    found.length === 0
      ? 'Nothing that weakens them was found between the checkpoints.'
      : table(
          ['kind', 'what', 'where'],
          found.slice(0, MOST_ROWS).map(({ kind, text, file, line }) => [kind, text, `${file}:${line}`]),
        ),
  ];
}

/** What the tests let pass; mutants that they noticed are in final_report.json. */
function mutation(judged: JudgedEntry | null): readonly string[] {
  const found = judged?.mutation ?? null;
  if (found === null) return [];
  const { killed, survived, not_runnable, tried, why, notes } = found;
  const share = `${killed} of ${killed + survived} small faults put into the code were noticed by its tests`;
  const more = not_runnable === 0 ? '' : `; ${not_runnable} more could not be run`;
  const rows = tried
    .filter(({ outcome }) => outcome === 'survived')
    .map(({ file, line, from, to }) => [`tests do not notice: ${from} -> ${to}`, `${file}:${line}`]);
  return [
    '## Do the tests notice faults?',
    ...(tried.length === 0 ? [] : [`${share}${more}.`]),
    ...(rows.length === 0 ? [] : [table(['what', 'where'], rows)]),
    ...(why === null
      ? []
      : [tried.length === 0 ? `Not tried: ${escaped(why)}.` : `Fewer than wanted: ${escaped(why)}.`]),
    ...notes.map((note) => `Note: ${escaped(note)}.`),
  ];
}

/** A script of our own tells people less than what it is run with; final_report.json has it whole. */
function commandText(command: readonly string[]): string {
  const [shell, option, , ...words] = command;
  return (shell === 'sh' && option === '-c' ? ['sh', '-c', '…', ...words] : command).join(' ').slice(0, 100);
}
