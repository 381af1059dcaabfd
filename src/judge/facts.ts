// The facts that criteria and targets are judged by: measured, or null with the reason. Plain numbers, no session.
import type { GateName, GateResult, GateVerdict } from './gate.ts';
import { worstOf } from './gate.ts';
import type { ProbeResult } from './probes/words.ts';

/** A figure, or why there is none. */
export type Measured = { readonly value: number } | { readonly value: null; readonly why: string };

export function measured(value: number): Measured {
  return { value };
}

export function unknown(why: string): Measured {
  return { value: null, why };
}

export interface DrillFact {
  /** Checkpoints that were read back and verified, and those that could not be, with the reason. */
  readonly proven: number;
  readonly bad: readonly string[];
  /** Checkpoints that were not looked at for want of time. */
  readonly left: number;
}

export interface PerformanceFact {
  readonly name: string;
  readonly unit: string;
  readonly target: number;
  readonly measured: Measured;
}

export interface Facts {
  readonly ending: { readonly is: 'open' | 'fatal' | 'orderly' | 'cut-short'; readonly text: string };
  readonly checkpoints: { readonly enabled: boolean; readonly written: number; readonly failed: number };
  /** Null: it was not done. */
  readonly drill: DrillFact | null;
  /** Null: nothing was judged. */
  readonly gates: readonly GateResult[] | null;
  /** One line a component; empty when nothing was judged. */
  readonly probes: readonly ProbeResult[];
  /** Episodes of trouble, and those that were got over in time. */
  readonly recovery: { readonly episodes: number; readonly recovered: number };
  readonly performance: readonly PerformanceFact[];
  /** Open bugs that may stay, by severity; null: any number. */
  readonly mostBugs: {
    readonly critical: number;
    readonly high: number | null;
    readonly medium: number | null;
  };
  readonly interventions: number;
  readonly tokens: Measured;
  readonly tokenBudget: number | null;
  /** Lowest trust of each agent in the session, 0 to 1. */
  readonly trust: Readonly<Record<string, number>>;
  readonly lines: Measured;
  readonly toolCalls: number;
  readonly tasksDone: number;
}

/** The results of one gate over all manifests; null when nothing was judged. */
export function resultsOf(facts: Pick<Facts, 'gates'>, gate: GateName): readonly GateResult[] | null {
  return facts.gates === null ? null : facts.gates.filter((one) => one.gate === gate);
}

export function verdictOf(facts: Pick<Facts, 'gates'>, gate: GateName): GateVerdict {
  return worstOf((resultsOf(facts, gate) ?? []).map(({ verdict }) => verdict));
}

/** Why a gate says what it says: the reasons of those manifests that decide. */
export function reasonOf(facts: Pick<Facts, 'gates'>, gate: GateName): string {
  const results = resultsOf(facts, gate);
  if (results === null) return 'the session ended before it was judged';
  const worst = worstOf(results.map(({ verdict }) => verdict));
  const deciding = results.filter(({ verdict }) => verdict === worst);
  const several = results.length > 1;
  const said = deciding.map(({ folder, ecosystem, reason }) =>
    several ? `${ecosystem} in ${folder}: ${reason}` : reason,
  );
  return said.join('; ') || `the gate "${gate}" was not asked`;
}

/** Covered over total of all manifests; unknown when one of them was not measured. */
export function shareOf(facts: Pick<Facts, 'gates'>, gate: 'coverage' | 'docs'): Measured {
  const results = resultsOf(facts, gate);
  if (results === null || results.length === 0) return unknown(reasonOf(facts, gate));
  const open = results.find(({ figures }) => figures.total === undefined);
  if (open !== undefined) return unknown(open.reason);
  const total = results.reduce((sum, { figures }) => sum + (figures.total ?? 0), 0);
  const covered = results.reduce((sum, { figures }) => sum + (figures.covered ?? 0), 0);
  return total === 0 ? unknown('there is nothing to cover') : measured(covered / total);
}

/** Open bugs of a severity; unknown while a gate that would find them was not asked. */
export function bugsOf(facts: Pick<Facts, 'gates' | 'probes'>, severity: 'critical' | 'high' | 'medium'): number {
  const findings = [...(facts.gates ?? []), ...facts.probes].flatMap((one) => one.findings);
  return findings.filter((one) => one.severity === severity).length;
}

/** How long a gate took over all manifests that have it. */
export function timeOf(facts: Pick<Facts, 'gates'>, gate: 'build' | 'test'): Measured {
  const results = resultsOf(facts, gate);
  if (results === null || results.length === 0) return unknown(reasonOf(facts, gate));
  const open = results.find(({ figures, verdict }) => figures.durationMs === undefined || verdict !== 'passed');
  if (open !== undefined) return unknown(open.reason);
  return measured(results.reduce((sum, { figures }) => sum + (figures.durationMs ?? 0), 0));
}
