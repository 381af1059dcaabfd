// The final report: final_report.json, from the state, the story and what the judge found.
import { z } from 'zod';
import { pricesText } from '../config/prices.ts';
import type { Config } from '../config/schema.ts';
import { type Facts, shareOf } from '../judge/facts.ts';
import { type Judged, ownTestsOf } from '../judge/judged.ts';
import type { Rules } from '../judge/rules.ts';
import { durationMs } from '../session/plan.ts';
import { RECOVERIES } from '../session/recoveries.ts';
import { bestOf, type Session } from '../session/state.ts';
import { exitCodeOf, STATUS_WORDS, statusOf } from '../session/words.ts';
import { factsOf } from './facts.ts';
import { COMPONENT, CRITERION, GATE, JUDGED, judgementOf, OWN_TESTS, RULES, TARGET, VERDICT } from './judged.ts';
import type { Ledger } from './ledger.ts';
import { METRICS, metricsOf } from './metrics.ts';
import { criteriaOfPhase, PHASE_CRITERION } from './phases.ts';
import { figuresOf, recoveryLimitMs } from './recovery-figures.ts';
import { endingText } from './sentences.ts';

const RECOVERY_FIGURES = z.strictObject({
  episodes: z.number().int().describe('the same failure again before any progress is one episode'),
  recovered: z.number().int().describe('episodes with verified progress in time'),
  cut_off: z.number().int().describe('episodes that no try was possible for before the session’s work ended'),
  rate: z.number().nullable().describe('recovered of those that were not cut off'),
  median_seconds: z.number().nullable().describe('from the failure to verified progress'),
  p95_seconds: z.number().nullable(),
});

export const FINAL_REPORT = z.strictObject({
  schema: z.literal(1),
  session: z.string(),
  project: z.strictObject({
    type: z.string(),
    name: z.string(),
    language: z.string(),
    target_lines_of_code: z.number(),
  }),
  agent: z.strictObject({ kind: z.string(), version: z.string(), model: z.string().nullable() }),
  status: z.enum(STATUS_WORDS),
  ending: z.string(),
  exit_code: z.number().int(),
  verdict: z.strictObject({ critical: VERDICT, text: z.string() }).nullable(),
  criteria: z.array(CRITERION),
  own_tests: OWN_TESTS.nullable(),
  judged: JUDGED.nullable().describe('null when the session ended before it was judged'),
  rules: RULES.describe('what it is judged by: code and settings of the judge'),
  gates: z.array(GATE),
  components: z.array(COMPONENT).describe('one a component of the project; empty when nothing was judged'),
  targets: z.array(TARGET),
  started: z.string().nullable(),
  ended: z.string().nullable(),
  planned_seconds: z.number(),
  phases: z.array(
    z.strictObject({
      name: z.string(),
      began: z.string(),
      seconds: z.number(),
      turns: z.number(),
      turns_with_changes: z.number(),
      criteria: z.array(PHASE_CRITERION).describe('its success criteria, judged at its end'),
    }),
  ),
  failures: z.array(
    z.strictObject({
      wall: z.string(),
      agent: z.string().nullable().describe('null: it happened to the whole session'),
      turn: z.number().nullable(),
      kind: z.string(),
      text: z.string(),
      evidence: z.array(z.string()),
      action: z.string(),
      workspace: z.string().nullable(),
      injected: z.boolean().describe('brought about on purpose, by chaos or the drill'),
      recovered_after_seconds: z.number().nullable(),
      cut_off: z.boolean().describe('the session’s work ended before a try was possible'),
    }),
  ),
  recovery: z.strictObject({
    real: RECOVERY_FIGURES,
    injected: RECOVERY_FIGURES,
    kinds: z.array(z.strictObject({ name: z.string(), figures: RECOVERY_FIGURES })),
  }),
  models: z.array(
    z.strictObject({
      name: z.string(),
      model: z.string(),
      price_date: z.string().nullable().describe('the day its prices are of; null: not said'),
    }),
  ),
  prices: z.string().nullable().describe('which prices the cost is counted by; null: no model has any'),
  quality: z
    .array(
      z.strictObject({
        checkpoint: z.number().int(),
        session_seconds: z.number(),
        settled: z.boolean().describe('taken while nobody worked'),
        verdict: VERDICT,
        tests: z.number().nullable(),
        failed: z.number().nullable(),
      }),
    )
    .describe('build and tests of checkpoints over the session'),
  best_checkpoint: z.number().int().nullable().describe('green, with the most tests; null: none was'),
  better_than_last: z.string().nullable().describe('what to type when the best state is greener than the last'),
  delivered: z
    .strictObject({
      checkpoint: z.number().int(),
      last: z.number().int(),
      restore_last: z.string().describe('what to type to have the last state back'),
    })
    .nullable()
    .describe('what project/ holds instead of the last state; null: the last state'),
  model_switches: z.array(
    z.strictObject({ wall: z.string(), agent: z.string(), from: z.string(), to: z.string(), reason: z.string() }),
  ),
  injected_faults: z.array(
    z.strictObject({ wall: z.string(), fault: z.string(), by: z.string(), agent: z.string().nullable() }),
  ),
  limits_changed: z.array(
    z.strictObject({
      wall: z.string(),
      limit: z.string(),
      from: z.number().nullable(),
      to: z.number().nullable(),
      by: z.string(),
      why: z.string(),
    }),
  ),
  checkpoints: z.array(
    z.strictObject({
      number: z.number(),
      trigger: z.string(),
      wall: z.string(),
      files: z.number(),
      bytes: z.number(),
      took_ms: z.number(),
      thinned: z.boolean().describe('its snapshot was removed for want of space'),
    }),
  ),
  restores: z.array(z.strictObject({ wall: z.string(), checkpoint: z.number(), instead_of: z.number().nullable() })),
  interventions: z.array(z.strictObject({ wall: z.string(), what: z.string(), by: z.string() })),
  pauses: z.array(z.strictObject({ wall: z.string(), because: z.string(), text: z.string() })),
  standstill_seconds: z.number().describe('time in which the harness itself was stopped or asleep; counted for nobody'),
  confinement: z.strictObject({
    level: z.string(),
    means: z.string(),
    reason: z
      .string()
      .nullable()
      .describe('why it is no higher level; null for the highest, or one that was asked for'),
    not_promised: z.array(z.string()),
  }),
  metrics: METRICS,
});

export type FinalReport = z.output<typeof FINAL_REPORT>;

export interface ReportFacts {
  readonly session: Session;
  readonly ledger: Ledger;
  readonly judged: Judged | null;
  readonly rulesAtStart: Rules | null;
  /** What the configuration wants to be reached. */
  readonly goals: Config['project'];
  readonly project: FinalReport['project'];
  readonly agent: FinalReport['agent'];
  readonly confinement: FinalReport['confinement'];
  readonly wall: string;
}

export function finalReport(facts: ReportFacts): FinalReport {
  const { ledger, judged, goals } = facts;
  const session = asDone(facts.session);
  const known = factsOf({ session, ledger, judged, goals });
  const { stage } = session;
  const ended = stage.is === 'done' ? stage : null;
  const seconds = (ms: number) => Math.round(ms / 100) / 10;
  return {
    schema: 1,
    session: session.plan.session,
    project: facts.project,
    agent: facts.agent,
    status: statusOf(session),
    ending: ended === null ? 'not ended' : endingText(ended.ending),
    exit_code: exitCodeOf(session) ?? 0,
    verdict: ended?.verdict ?? null,
    ...judgementOf(judged, known, facts.rulesAtStart),
    started: ledger.startedWall,
    ended: ledger.endedWall,
    planned_seconds: seconds(durationMs(session.plan)),
    phases: ledger.phases.map(({ name, index, beganWall, workingMs, turns, changedTurns }) => ({
      name,
      began: beganWall,
      seconds: seconds(workingMs),
      turns,
      turns_with_changes: changedTurns,
      criteria: criteriaOfPhase(session, index, judged),
    })),
    failures: ledger.troubles.failures.map(
      ({ recoveredAfterMs, cutOff, evidence, atMs: _, episode: __, chance: ___, ...one }) => ({
        ...one,
        evidence: [...evidence],
        recovered_after_seconds: recoveredAfterMs === null ? null : seconds(recoveredAfterMs),
        cut_off: cutOff,
      }),
    ),
    recovery: recoveryOf(ledger, session),
    quality: session.quality.map(({ workingMs, ...point }) => ({ ...point, session_seconds: seconds(workingMs) })),
    best_checkpoint: bestOf(session)?.checkpoint ?? null,
    better_than_last: betterThanLast(session, facts.judged),
    delivered:
      ledger.delivered === null
        ? null
        : { ...ledger.delivered, restore_last: restoreCommand(session, ledger.delivered.last) },
    // A plan of an earlier version has no such date.
    models: session.plan.models.map(({ name, model, priceDate = null }) => ({ name, model, price_date: priceDate })),
    prices: pricesText(session.plan.models),
    model_switches: [...ledger.switches],
    injected_faults: [...ledger.faults],
    limits_changed: [...ledger.limits],
    checkpoints: ledger.checkpoints.map(({ tookMs, ...one }) => ({ ...one, took_ms: tookMs })),
    restores: ledger.restores.map(({ wall, number, insteadOf }) => ({
      wall,
      checkpoint: number,
      instead_of: insteadOf,
    })),
    interventions: [...ledger.people],
    pauses: [...ledger.pauses],
    standstill_seconds: seconds(ledger.stalledMs),
    confinement: facts.confinement,
    metrics: { ...metricsOf(session, 0, facts.wall, facts.project.type), ...coverageOf(known) },
  };
}

/** The last state is what is judged; when an earlier one was green and it is not, that is said first. */
function betterThanLast(session: Session, judged: Judged | null): string | null {
  const best = bestOf(session);
  if (best === null || judged === null || ownTestsOf(judged).verdict === 'passed') return null;
  return restoreCommand(session, best.checkpoint);
}

function restoreCommand({ plan }: Session, checkpoint: number): string {
  return `mega-test session restore --session-id ${plan.session} --checkpoint ${checkpoint}`;
}

function recoveryOf({ troubles: { failures } }: Ledger, session: Session): FinalReport['recovery'] {
  const limitMs = recoveryLimitMs(session);
  const figures = (some: typeof failures) => {
    const { episodes, recovered, cutOff, rate, medianMs, p95Ms } = figuresOf(some, limitMs);
    const inSeconds = (ms: number | null) => (ms === null ? null : Math.round(ms / 100) / 10);
    return {
      episodes,
      recovered,
      cut_off: cutOff,
      rate,
      median_seconds: inSeconds(medianMs),
      p95_seconds: inSeconds(p95Ms),
    };
  };
  return {
    real: figures(failures.filter(({ injected }) => !injected)),
    injected: figures(failures.filter(({ injected }) => injected)),
    kinds: RECOVERIES.map(({ name, kinds }) => ({
      name,
      figures: figures(failures.filter(({ kind }) => kinds.includes(kind))),
    })),
  };
}

/** The report is written in the last stage before "done" and says what will stand then. */
function asDone(session: Session): Session {
  return session.stage.is === 'reporting' ? { ...session, stage: { ...session.stage, is: 'done' } } : session;
}

/** Coverage is measured when the session is judged, and not before. */
function coverageOf(facts: Facts): Pick<FinalReport['metrics'], 'test_coverage' | 'test_coverage_reason'> {
  const share = shareOf(facts, 'coverage');
  return share.value === null
    ? { test_coverage: null, test_coverage_reason: share.why }
    : { test_coverage: Math.round(share.value * 1000) / 1000, test_coverage_reason: null };
}
