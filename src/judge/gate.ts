// The words of the judge: a gate is one question about the judged code; its result is a verdict with evidence.

/** In the order in which they are asked. */
export const GATES = ['secrets', 'fetch', 'build', 'test', 'coverage', 'docs', 'lint', 'security'] as const;

export type GateName = (typeof GATES)[number];

export type GateVerdict = 'passed' | 'failed' | 'inconclusive';

/** What a verdict rests on. */
export interface Evidence {
  readonly command: readonly string[];
  /** Null when it was ended by a signal, or not started. */
  readonly exitCode: number | null;
  /** The lines of its output that decide, cleaned. */
  readonly lines: readonly string[];
  readonly durationMs: number;
}

/** A bug: critical (does not build), high (failing test, bad advisory, secret), medium (lint error), low. */
export interface Finding {
  readonly severity: 'critical' | 'high' | 'medium' | 'low';
  readonly text: string;
  readonly file: string | null;
  readonly line: number | null;
}

/** Counts behind a verdict; what was not counted is not there. */
export interface Figures {
  readonly tests?: number;
  readonly failed?: number;
  readonly skipped?: number;
  /** Lines that tests reached, or items that are documented, of so many. */
  readonly covered?: number;
  readonly total?: number;
  readonly findings?: number;
  readonly durationMs?: number;
  readonly peakBytes?: number;
}

export interface GateResult {
  readonly gate: GateName;
  /** Null for a gate over all files, or where nothing was recognised. */
  readonly ecosystem: string | null;
  /** Folder of the manifest, relative to the project; '.' is the project's root. */
  readonly folder: string;
  readonly verdict: GateVerdict;
  readonly reason: string;
  readonly evidence: Evidence | null;
  readonly figures: Figures;
  readonly findings: readonly Finding[];
  /** What else was seen: files put back, a network that could not be closed. */
  readonly notes: readonly string[];
}

/** One verdict of several: none passed without all, and a failure beats what could not be measured. */
export function worstOf(verdicts: readonly GateVerdict[]): GateVerdict {
  if (verdicts.includes('failed')) return 'failed';
  return verdicts.length === 0 || verdicts.includes('inconclusive') ? 'inconclusive' : 'passed';
}
