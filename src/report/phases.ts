// The success criteria of each phase in the report: what was judged at its end, and why the others were not.
import { z } from 'zod';
import type { Judged } from '../judge/judged.ts';
import { judgePhaseCriteria, type PhaseFacts } from '../judge/phase-criteria.ts';
import { isMet } from '../session/quality.ts';
import type { Session } from '../session/state.ts';

export const PHASE_CRITERION = z.strictObject({
  text: z.string(),
  result: z.enum(['met', 'unmet', 'inconclusive']).describe('at the end of the phase'),
  evidence: z.string().describe('what was measured, or why nothing was'),
  checkpoint: z.number().int().nullable().describe('the checkpoint it was judged at; null: it was not judged'),
  met_at_checkpoint: z
    .number()
    .int()
    .nullable()
    .describe('where it was met after all, judged at the end of a later phase'),
});

export type PhaseCriterionEntry = z.output<typeof PHASE_CRITERION>;

const RESULTS = { passed: 'met', failed: 'unmet', inconclusive: 'inconclusive' } as const;

/** The criteria of one phase. The phase in which the session ended is judged by what all gates said at the end. */
export function criteriaOfPhase(session: Session, phase: number, judged: Judged | null): PhaseCriterionEntry[] {
  const { plan, stage } = session;
  const ended = 'phase' in stage && 'ending' in stage ? stage.phase : null;
  return (plan.phases[phase]?.criteria ?? []).map((text) => {
    const known = session.criteria.find((one) => one.phase === phase && one.text === text);
    const final = judged === null ? null : (judgePhaseCriteria([text], factsOf(judged))[0] ?? null);
    const metAtLast = final?.verdict === 'passed' ? (judged?.checkpoint ?? null) : null;
    if (known !== undefined) {
      const { verdict, evidence, checkpoint } = known;
      const later = isMet(known) ? known.metAt : metAtLast;
      return { text, result: RESULTS[verdict], evidence, checkpoint, met_at_checkpoint: later };
    }
    if (ended === phase && final !== null) {
      const { verdict, evidence } = final;
      const checkpoint = judged?.checkpoint ?? null;
      return { text, result: RESULTS[verdict], evidence, checkpoint, met_at_checkpoint: null };
    }
    const evidence = whyNot(session, ended, phase);
    return { text, result: 'inconclusive' as const, evidence, checkpoint: null, met_at_checkpoint: metAtLast };
  });
}

function factsOf({ gates, files, checkpoint, probes }: Judged): PhaseFacts {
  return { gates, files, checkpoint, probes: probes.length === 0 ? null : probes };
}

function whyNot({ plan }: Session, ended: number | null, phase: number): string {
  if (ended === phase) return 'the session ended before it was judged';
  if (plan.light === 'off') return 'checkpoints were not looked at beside the work';
  return 'the checkpoint at its end was not looked at, or the session ended first';
}
