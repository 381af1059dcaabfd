// What the judge found about one snapshot: the measured facts that criteria, targets and the report are made of.
import type { DrillFact, Measured } from './facts.ts';
import { type GateResult, type GateVerdict, worstOf } from './gate.ts';
import type { Mutation } from './mutation.ts';
import type { ProbeResult } from './probes/words.ts';
import type { Rules } from './rules.ts';
import type { TamperFinding } from './tamper.ts';

export interface Judged {
  /** The checkpoint whose snapshot was judged; null: the project as it stood. */
  readonly checkpoint: number | null;
  readonly commit: string | null;
  /** What it was judged by; null when it was not. */
  readonly rules: Rules | null;
  readonly gates: readonly GateResult[];
  /** One line a component of the project. */
  readonly probes: readonly ProbeResult[];
  readonly drill: DrillFact | null;
  /** Null: there was nothing to compare with, or it could not be read. */
  readonly tampering: readonly TamperFinding[] | null;
  /** Null: it was not asked for. */
  readonly mutation: Mutation | null;
  readonly lines: Measured;
  /** Most memory that the built program was seen to take, and its size, in bytes. */
  readonly memory: Measured;
  readonly size: Measured;
  /** Paths of its text files; null where they were not looked at. */
  readonly files: readonly string[] | null;
}

/** A judge that could not do its work has no opinion, and says why at every gate that matters. */
export function failedJudge(message: string): Judged {
  const reason = `the judge could not do its work: ${message.slice(0, 300)}`;
  const gate = (name: 'build' | 'test'): GateResult => ({
    gate: name,
    ecosystem: null,
    folder: '.',
    verdict: 'inconclusive',
    reason,
    evidence: null,
    figures: {},
    findings: [],
    notes: [],
  });
  const lines = { value: null, why: reason };
  const gates = [gate('build'), gate('test')];
  return {
    checkpoint: null,
    commit: null,
    rules: null,
    gates,
    probes: [],
    drill: null,
    tampering: null,
    mutation: null,
    lines,
    memory: lines,
    size: lines,
    files: null,
  };
}

/** The project's own tests in one line, over all its manifests. */
export interface OwnTests {
  readonly verdict: GateVerdict;
  readonly text: string;
  readonly ecosystem: string | null;
  readonly command: readonly string[] | null;
  readonly exitCode: number | null;
  readonly tests: number | null;
  readonly failed: number | null;
  readonly durationMs: number | null;
}

export function ownTestsOf({ gates }: Pick<Judged, 'gates'>): OwnTests {
  const results = gates.filter(({ gate }) => gate === 'test');
  const verdict = worstOf(results.map((one) => one.verdict));
  const decides = results.find((one) => one.verdict === verdict);
  const sum = (figure: 'tests' | 'failed' | 'durationMs') => {
    const known = results.flatMap(({ figures }) => figures[figure] ?? []);
    return known.length === 0 ? null : known.reduce((total, one) => total + one, 0);
  };
  return {
    verdict,
    text: decides?.reason ?? 'no tests were run',
    ecosystem: decides?.ecosystem ?? null,
    command: decides?.evidence?.command ?? null,
    exitCode: decides?.evidence?.exitCode ?? null,
    tests: sum('tests'),
    failed: sum('failed'),
    durationMs: sum('durationMs'),
  };
}
