// What the judge found, as final_report.json holds it: gates, criteria, targets, tamper evidence, the restore drill.
import { z } from 'zod';
import { type CriterionResult, judgeCriteria } from '../judge/criteria.ts';
import type { Facts } from '../judge/facts.ts';
import { GATES, type GateResult } from '../judge/gate.ts';
import { type Judged, ownTestsOf } from '../judge/judged.ts';
import type { Mutation, Outcome } from '../judge/mutation.ts';
import type { ProbeResult } from '../judge/probes/words.ts';
import { differencesOf, type Rules } from '../judge/rules.ts';
import { judgeTargets, type TargetResult } from '../judge/targets.ts';

export const VERDICT = z.enum(['passed', 'failed', 'inconclusive']);
const figure = z.number().nullable();
const count = z.number().int().nullable();

export const CRITERION = z.strictObject({
  tier: z.enum(['critical', 'important', 'bonus']),
  name: z.string(),
  verdict: VERDICT,
  evidence: z.string(),
});

export const TARGET = z.strictObject({
  table: z.enum(['efficiency', 'quality']),
  name: z.string(),
  value: figure.describe('null when it was not measured'),
  unit: z.string(),
  grade: z.enum(['excellent', 'good', 'target', 'minimum', 'missed', 'unknown']),
  limits: z.array(z.string()).describe('what each grade takes, the best first'),
  reason: z.string().nullable().describe('why there is no value'),
});

const FINDING = z.strictObject({
  severity: z.enum(['critical', 'high', 'medium', 'low']),
  text: z.string(),
  file: z.string().nullable(),
  line: z.number().int().nullable(),
});

export const GATE = z.strictObject({
  gate: z.enum(GATES),
  ecosystem: z.string().nullable(),
  folder: z.string().describe('folder of the manifest, relative to the project'),
  verdict: VERDICT,
  reason: z.string(),
  command: z.array(z.string()).nullable(),
  exit_code: count,
  lines: z.array(z.string()).describe('lines of its output that decide'),
  duration_ms: figure,
  peak_memory_bytes: figure,
  tests: count,
  failed: count,
  skipped: count,
  covered: count.describe('lines that tests reached, or items that are documented'),
  total: count.describe('of so many'),
  findings: z.array(FINDING),
  notes: z.array(z.string()),
});

export const COMPONENT = z.strictObject({
  component: z.string().describe('its id in the project'),
  name: z.string(),
  verdict: VERDICT.describe('what the acceptance probes saw of the built program from outside'),
  reason: z.string(),
  evidence: z.array(z.string()).describe('one line a check'),
  findings: z.array(FINDING),
  notes: z.array(z.string()),
});

const MUTATION = z.strictObject({
  killed: z.number().int().describe('mutants that a test noticed'),
  survived: z.number().int().describe('mutants that all tests passed with'),
  not_runnable: z.number().int(),
  share: figure.describe('killed of those that could be run; null when there are none'),
  tried: z.array(
    z.strictObject({
      file: z.string(),
      line: z.number().int(),
      from: z.string(),
      to: z.string(),
      outcome: z.enum(['killed', 'survived', 'not-runnable']),
    }),
  ),
  why: z.string().nullable().describe('why there are none, or fewer than wanted'),
  notes: z.array(z.string()),
});

export const JUDGED = z.strictObject({
  checkpoint: count.describe('whose snapshot was judged; null when it was that of no checkpoint'),
  commit: z.string().nullable(),
  lines_of_code: count,
  drill: z
    .strictObject({ proven: z.number().int(), bad: z.array(z.string()), left: z.number().int() })
    .nullable()
    .describe('checkpoints that were read back and verified'),
  tampering: z
    .array(z.strictObject({ kind: z.string(), text: z.string(), file: z.string(), line: z.number().int() }))
    .nullable()
    .describe('what was done to the tests since earlier checkpoints; null when that was not looked at'),
  mutation: MUTATION.nullable().describe('small faults put into the code: does a test notice? Evidence, no verdict'),
});

export const RULES = z.strictObject({
  at_start: z.string().nullable().describe('SHA-256 of code and settings of the judge before the start'),
  now: z.string().nullable().describe('the same when it was judged; null when it was not'),
  differences: z.array(z.string()).describe('what is not as it was at the start'),
});

export const OWN_TESTS = z.strictObject({
  verdict: VERDICT,
  text: z.string(),
  ecosystem: z.string().nullable(),
  command: z.array(z.string()).nullable(),
  exit_code: z.number().nullable(),
  tests: z.number().nullable(),
  failed: z.number().nullable(),
  duration_ms: z.number().nullable(),
});

export type GateEntry = z.output<typeof GATE>;
export type ComponentEntry = z.output<typeof COMPONENT>;
export type TargetEntry = z.output<typeof TARGET>;
export type Criterion = z.output<typeof CRITERION>;
export type JudgedEntry = z.output<typeof JUDGED>;

export interface Judgement {
  readonly judged: JudgedEntry | null;
  readonly rules: z.output<typeof RULES>;
  readonly gates: GateEntry[];
  readonly components: ComponentEntry[];
  readonly criteria: Criterion[];
  readonly targets: TargetEntry[];
  readonly own_tests: z.output<typeof OWN_TESTS> | null;
}

/** Everything that is said about a judged snapshot; without one, what is known all the same. */
export function judgementOf(judged: Judged | null, facts: Facts, rulesAtStart: Rules | null): Judgement {
  return {
    judged: judged === null ? null : judgedEntry(judged),
    rules: rulesEntry(rulesAtStart, judged?.rules ?? null),
    gates: (judged?.gates ?? []).map(gateEntry),
    components: (judged?.probes ?? []).map(componentEntry),
    criteria: judgeCriteria(facts).map((one: CriterionResult) => ({ ...one })),
    targets: judgeTargets(facts).map(targetEntry),
    own_tests: judged === null ? null : ownTestsEntry(judged),
  };
}

function rulesEntry(start: Rules | null, now: Rules | null): z.output<typeof RULES> {
  const differences = start === null || now === null ? [] : [...differencesOf(start, now)];
  return { at_start: start?.digest ?? null, now: now?.digest ?? null, differences };
}

function judgedEntry({ checkpoint, commit, lines, drill, tampering, mutation }: Judged): JudgedEntry {
  return {
    checkpoint,
    commit,
    lines_of_code: lines.value,
    drill: drill === null ? null : { ...drill, bad: [...drill.bad] },
    tampering: tampering === null ? null : tampering.map((one) => ({ ...one })),
    mutation: mutation === null ? null : mutationEntry(mutation),
  };
}

function mutationEntry({ tried, why, notes }: Mutation): z.output<typeof MUTATION> {
  const count = (outcome: Outcome) => tried.filter((one) => one.outcome === outcome).length;
  const [killed, survived] = [count('killed'), count('survived')];
  const runnable = killed + survived;
  return {
    killed,
    survived,
    not_runnable: count('not-runnable'),
    share: runnable === 0 ? null : Math.floor((killed / runnable) * 1000) / 1000,
    tried: tried.map((one) => ({ ...one })),
    why,
    notes: [...notes],
  };
}

function gateEntry({
  gate,
  ecosystem,
  folder,
  verdict,
  reason,
  evidence,
  figures,
  findings,
  notes,
}: GateResult): GateEntry {
  return {
    gate,
    ecosystem,
    folder,
    verdict,
    reason,
    command: evidence === null ? null : [...evidence.command],
    exit_code: evidence?.exitCode ?? null,
    lines: [...(evidence?.lines ?? [])],
    duration_ms: figures.durationMs ?? null,
    peak_memory_bytes: figures.peakBytes ?? null,
    tests: figures.tests ?? null,
    failed: figures.failed ?? null,
    skipped: figures.skipped ?? null,
    covered: figures.covered ?? null,
    total: figures.total ?? null,
    findings: findings.map((one) => ({ ...one })),
    notes: [...notes],
  };
}

function componentEntry({ evidence, findings, notes, ...one }: ProbeResult): ComponentEntry {
  return { ...one, evidence: [...evidence], findings: findings.map((each) => ({ ...each })), notes: [...notes] };
}

function targetEntry({ why, limits, ...one }: TargetResult): TargetEntry {
  return { ...one, limits: [...limits], reason: why };
}

function ownTestsEntry(judged: Judged): z.output<typeof OWN_TESTS> {
  const { exitCode, durationMs, command, ...rest } = ownTestsOf(judged);
  return { ...rest, command: command === null ? null : [...command], exit_code: exitCode, duration_ms: durationMs };
}
