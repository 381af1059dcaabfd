// The deadline ladder: who works is told when a phase or the session nears its end, and when no new features are wanted.
import { phaseClockMs } from './clock.ts';
import { durationMs, phaseEndMs } from './plan.ts';
import type { Session } from './state.ts';
import type { Rule } from './types.ts';

const PHASE_ENDING_SHARE = 0.1;
const PHASE_ENDING_MS = 10 * 60_000;
const FREEZE_SHARE = 0.1;
const FREEZE_MS = 30 * 60_000;

export interface Notice {
  /** Told once. */
  readonly key: string;
  readonly text: string;
}

/** A notice of this phase, and when on the phase clock it comes due. */
interface DueNotice extends Notice {
  readonly atMs: number;
}

/** The most urgent first. */
function noticesOf({ plan, stage }: Session): readonly DueNotice[] {
  if (stage.is !== 'working') return [];
  const totalMs = durationMs(plan);
  const lengthMs = plan.phases[stage.phase]?.durationMs ?? 0;
  return [
    {
      key: 'freeze',
      atMs: totalMs - Math.min(totalMs * FREEZE_SHARE, FREEZE_MS),
      text: 'The session is nearly over: feature freeze. Begin nothing new; make the build and all tests pass, commit, and leave a state that can be delivered.',
    },
    {
      key: `phase-${stage.phase}`,
      atMs: phaseEndMs(plan, stage.phase) - Math.min(lengthMs * PHASE_ENDING_SHARE, PHASE_ENDING_MS),
      text: `Phase "${plan.phases[stage.phase]?.name ?? stage.phase + 1}" is nearly over: finish what you are at, make the tests pass, and commit.`,
    },
  ];
}

/** What holds now, the most urgent first. */
export function noticesNow(session: Session): readonly Notice[] {
  const now = phaseClockMs(session.clock);
  return noticesOf(session).filter(({ atMs }) => now >= atMs);
}

/** Milliseconds until the next notice of this phase comes due; null: none is left. */
export function untilNoticeMs(session: Session): number | null {
  const now = phaseClockMs(session.clock);
  const waits = noticesOf(session)
    .filter(({ key }) => !session.noticed.includes(key))
    .map(({ atMs }) => Math.max(0, Math.ceil(atMs - now)));
  return waits.length === 0 ? null : Math.min(...waits);
}

const tell: Rule = (session) => {
  if (session.pauses.length > 0) return null;
  const notice = noticesNow(session).find(({ key }) => !session.noticed.includes(key));
  if (notice === undefined) return null;
  return [{ ...session, noticed: [...session.noticed, notice.key] }, [{ type: 'write-notice', text: notice.text }]];
};

export const RULES_OF_NOTICES: readonly Rule[] = [tell];
