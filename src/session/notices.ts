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

/** What holds now, the most urgent first. */
export function noticesNow(session: Session): readonly Notice[] {
  const { plan, stage, clock } = session;
  if (stage.is !== 'working') return [];
  const now = phaseClockMs(clock);
  const totalMs = durationMs(plan);
  const notices: Notice[] = [];
  if (totalMs - now <= Math.min(totalMs * FREEZE_SHARE, FREEZE_MS))
    notices.push({
      key: 'freeze',
      text: 'The session is nearly over: feature freeze. Begin nothing new; make the build and all tests pass, commit, and leave a state that can be delivered.',
    });
  const lengthMs = plan.phases[stage.phase]?.durationMs ?? 0;
  const leftMs = phaseEndMs(plan, stage.phase) - now;
  if (leftMs <= Math.min(lengthMs * PHASE_ENDING_SHARE, PHASE_ENDING_MS))
    notices.push({
      key: `phase-${stage.phase}`,
      text: `Phase "${plan.phases[stage.phase]?.name ?? stage.phase + 1}" is nearly over: finish what you are at, make the tests pass, and commit.`,
    });
  return notices;
}

/** Milliseconds until the next notice of this phase comes due; null: none is left. */
export function untilNoticeMs(session: Session): number | null {
  const { plan, stage, clock, noticed } = session;
  if (stage.is !== 'working') return null;
  const now = phaseClockMs(clock);
  const totalMs = durationMs(plan);
  const lengthMs = plan.phases[stage.phase]?.durationMs ?? 0;
  const due = [
    ['freeze', totalMs - Math.min(totalMs * FREEZE_SHARE, FREEZE_MS)] as const,
    [
      `phase-${stage.phase}`,
      phaseEndMs(plan, stage.phase) - Math.min(lengthMs * PHASE_ENDING_SHARE, PHASE_ENDING_MS),
    ] as const,
  ];
  const waits = due.filter(([key]) => !noticed.includes(key)).map(([, atMs]) => Math.max(0, Math.ceil(atMs - now)));
  return waits.length === 0 ? null : Math.min(...waits);
}

const tell: Rule = (session) => {
  if (session.pauses.length > 0) return null;
  const notice = noticesNow(session).find(({ key }) => !session.noticed.includes(key));
  if (notice === undefined) return null;
  return [{ ...session, noticed: [...session.noticed, notice.key] }, [{ type: 'write-notice', text: notice.text }]];
};

export const RULES_OF_NOTICES: readonly Rule[] = [tell];
