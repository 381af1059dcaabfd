// Sessions as the journal tells them: folded into state, ledger and sentences, as the final report folds them.
import type { GateResult } from '../../src/judge/gate.ts';
import type { Judged } from '../../src/judge/judged.ts';
import type { ProbeResult } from '../../src/judge/probes/words.ts';
import type { Rules } from '../../src/judge/rules.ts';
import { finalReport, type ReportFacts } from '../../src/report/final.ts';
import { EMPTY_LEDGER, type Ledger, record } from '../../src/report/ledger.ts';
import { type Sentence, sentencesOf } from '../../src/report/sentences.ts';
import type { StampedEvent } from '../../src/session/event.ts';
import { created, type Session } from '../../src/session/state.ts';
import { step } from '../../src/session/step.ts';
import { CoreWorld, CRASH, PLAN, type Script } from '../support/core-world.ts';

/** The session after an event, and all that was told of it up to then. */
export interface Moment {
  readonly event: StampedEvent;
  readonly before: Session;
  readonly session: Session;
  readonly ledger: Ledger;
  readonly sentences: readonly Sentence[];
}

export function momentsOf({ events }: CoreWorld, plan = PLAN): readonly Moment[] {
  let session = created(plan);
  let ledger = EMPTY_LEDGER;
  return events.map((event) => {
    const before = session;
    session = step(before, event)[0];
    ledger = record(ledger, session, event, before);
    return { event, before, session, ledger, sentences: sentencesOf(session, event, before) };
  });
}

export function lastOf(world: CoreWorld): Moment {
  const last = momentsOf(world).at(-1);
  if (last === undefined) throw new Error('a world has events');
  return last;
}

/** Every third turn crashes after 8 s. */
export const CRASHING: Script = (turn) =>
  turn.number % 3 === 0 ? { ms: 8_000, failure: CRASH } : { ms: 9_000, changed: turn.number % 2 === 0 };

/** Sessions of many kinds, each at its end or in the middle. */
export const STORIES: Readonly<Record<string, () => CoreWorld>> = {
  'just created': () => new CoreWorld(),
  calm: () => passed(new CoreWorld(), 400_000),
  crashing: () => passed(new CoreWorld(CRASHING), 400_000),
  'in the middle of a turn': () => passed(new CoreWorld(CRASHING), 137_500),
  'with nothing to do': () => passed(new CoreWorld(() => ({ ms: 1_000, changed: false })), 50_000),
  'paused by a person': () => told(passed(new CoreWorld(), 25_000), { type: 'pause-requested', by: 'Ada' }),
  'interrupted and resumed': () => {
    const world = told(passed(new CoreWorld(CRASHING), 60_000), { type: 'signal-received', signal: 'TERM' });
    passed(world, 10_000);
    world.start();
    return passed(world, 400_000);
  },
  'stopped by a person': () =>
    passed(told(passed(new CoreWorld(CRASHING), 120_000), { type: 'stop-requested', by: 'Ada' }), 50_000),
  restored: () => {
    const world = passed(new CoreWorld(CRASHING), 160_000);
    told(world, { type: 'restore-requested', by: 'Ada', number: 2, rewindClock: true });
    return passed(world, 400_000);
  },
  unrecoverable: () => {
    const world = new CoreWorld(() => ({ ms: 8_000, failure: CRASH }));
    world.silent.add('recover-agent');
    passed(world, 9_000);
    return told(world, { type: 'agent-unrecoverable', agent: 'coder', turn: 1, reason: 'no good state is left' });
  },
};

function passed(world: CoreWorld, ms: number): CoreWorld {
  world.pass(ms);
  return world;
}

function told(world: CoreWorld, event: Parameters<CoreWorld['send']>[0]): CoreWorld {
  world.send(event);
  return world;
}

function gate(name: GateResult['gate'], verdict: GateResult['verdict'], reason: string): GateResult {
  return {
    gate: name,
    ecosystem: 'node',
    folder: '.',
    verdict,
    reason,
    evidence: { command: ['npm', name], exitCode: 0, lines: ['fine'], durationMs: 1_234 },
    figures: { durationMs: 1_234 },
    findings: [],
    notes: [],
  };
}

function probe(
  component: string,
  verdict: ProbeResult['verdict'],
  reason: string,
  findings: ProbeResult['findings'],
): ProbeResult {
  return { component, name: component.toUpperCase(), verdict, reason, evidence: [reason], findings, notes: [] };
}

/** What it is judged by. */
export const RULES: Rules = { digest: 'd'.repeat(64), parts: { 'judge.max_minutes': '30' } };

/** What the judge found of a project whose tests end in this way. */
export function judgedAs(verdict: GateResult['verdict'], findings: GateResult['findings'] = []): Judged {
  const test = gate('test', verdict, 'npm test: 3 tests passed');
  return {
    checkpoint: 4,
    commit: 'c'.repeat(40),
    rules: RULES,
    gates: [
      gate('build', 'passed', 'it ended well'),
      { ...test, figures: { tests: 3, failed: 0, durationMs: 1_234 }, findings },
      { ...gate('coverage', 'passed', '85 %'), figures: { covered: 85, total: 100 } },
    ],
    probes: [
      probe('btree', 'passed', '4 of 4 checks passed', []),
      probe('sql', 'failed', 'SELECT 1 / 0: expected division_by_zero', [
        { severity: 'critical', text: 'SQL: SELECT 1 / 0', file: null, line: null },
      ]),
    ],
    drill: { proven: 4, bad: [], left: 0 },
    tampering: [],
    mutation: {
      tried: [
        { file: 'src/a.rs', line: 3, from: '<', to: '<=', outcome: 'killed' },
        { file: 'src/a.rs', line: 7, from: '+', to: '-', outcome: 'survived' },
      ],
      why: null,
      notes: [],
    },
    lines: { value: 1_000 },
    memory: { value: 40e6 },
    size: { value: 2e6 },
    files: ['src/lib.rs', 'docs/architecture.md'],
  };
}

export const PASSED = judgedAs('passed');

export function reportOf({ session, ledger }: Pick<Moment, 'session' | 'ledger'>, facts: Partial<ReportFacts> = {}) {
  return finalReport({
    session,
    ledger,
    judged: PASSED,
    rulesAtStart: RULES,
    goals: { target: {}, performance: {} },
    project: { type: 'database', name: 'MiniDB', language: 'rust', target_lines_of_code: 8_000 },
    agent: { kind: 'selfware', version: 'selfware 0.6.7', model: null },
    confinement: { level: 'group', means: 'a group', reason: null, not_promised: ['this', 'that'] },
    wall: '2026-01-01T00:00:00.000Z',
    ...facts,
  });
}
