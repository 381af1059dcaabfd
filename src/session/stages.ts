// The session's way through its stages: phase after phase, then wrapping up, judging, reporting, done.

import type { Agent, Retry } from './agent.ts';
import { askFor, canSave, settleDue } from './checkpoints.ts';
import { phaseClockMs } from './clock.ts';
import { end } from './endings.ts';
import { isNothingOpen, lookedAtLast } from './looks.ts';
import { durationMs, phaseEndMs } from './plan.ts';
import { isAtWork, tasksOf } from './schedule.ts';
import type { Session, Stage } from './state.ts';
import { agentsOf, type Rule, type Step } from './types.ts';

/** The session at the beginning of a phase: its tasks are open, agents are free again, what waits for a try is carried over. */
export function enterPhase(session: Session, phase: number): Session {
  const tasks = tasksOf(session, phase);
  const textOf = (id: number | null) => session.tasks.find((task) => task.id === id)?.text;
  const move: Move = (of) => ({ ...of, phase, task: tasks.find(({ text }) => text === textOf(of.task))?.id ?? null });
  const moved = agentsOf(session).map((agent) => refreshed(agent, move));
  const waitedFor = moved.map(({ at }) => ('retry' in at ? at.retry?.task : 'turn' in at ? at.turn.task : undefined));
  return {
    ...session,
    stage: { is: 'working', phase },
    tasks: tasks.map((task) => (waitedFor.includes(task.id) ? { ...task, state: 'taken' } : task)),
    agents: Object.fromEntries(moved.map((agent) => [agent.name, agent])),
  };
}

/** Names the same task by its number in the new phase. */
type Move = <T extends Pick<Retry, 'phase' | 'task'>>(of: T) => T;

function refreshed(agent: Agent, move: Move): Agent {
  const { at } = agent;
  switch (at.is) {
    case 'satisfied':
      return { ...agent, at: { is: 'idle', retry: null }, idleTurns: 0 };
    case 'idle':
      return { ...agent, at: { ...at, retry: at.retry === null ? null : move(at.retry) }, idleTurns: 0 };
    case 'backing-off':
    case 'held':
      return { ...agent, at: { ...at, retry: move(at.retry) }, idleTurns: 0 };
    case 'recovering':
      // Only a new life of the harness enters a phase while somebody is being recovered.
      return { ...agent, at: { ...at, turn: move(at.turn) } };
    case 'benched':
    case 'starting':
    case 'running':
    case 'stopping':
    case 'measuring':
      return agent;
  }
}

/** Nobody has a process or is being looked after; a recovery that waits for the disk is left to the next life. */
function isQuiet(session: Session): boolean {
  return !agentsOf(session).some((agent) => isAtWork(agent) && !(agent.at.is === 'recovering' && agent.at.blocked));
}

const phaseOver: Rule = (session) => {
  const { stage, plan, clock } = session;
  if (stage.is !== 'working') return null;
  const endMs = phaseEndMs(plan, stage.phase);
  if (phaseClockMs(clock) < endMs) return null;
  const lengthMs = plan.phases[stage.phase]?.durationMs ?? 0;
  const graceEndsMs = endMs + Math.min(lengthMs * plan.turn.graceShare, plan.turn.graceMaxMs);
  return [{ ...session, stage: { is: 'closing', phase: stage.phase, graceEndsMs, checkpoint: 'to-do' } }, []];
};

/** With advance_when_done, a phase in which nobody has anything open and the code is green is skipped to its end. */
const phaseDone: Rule = (session) => {
  const { stage, plan, clock, pauses } = session;
  if (stage.is !== 'working' || !plan.advanceWhenDone || pauses.length > 0) return null;
  if (!isNothingOpen(session)) return null;
  if (plan.light !== 'off') {
    const looked = lookedAtLast(session);
    if (looked === null) return shown(session);
    if (looked.verdict !== 'passed') return null;
  }
  const leftMs = phaseEndMs(plan, stage.phase) - phaseClockMs(clock);
  return leftMs > 0 ? [{ ...session, clock: { ...clock, shiftMs: clock.shiftMs + leftMs } }, []] : null;
};

/** What stands now is saved, and so looked at; once: where that fails, the next ordinary checkpoint does as well. */
function shown(session: Session): Step | null {
  const { checkpoints, standsFrom } = session;
  return checkpoints.next === standsFrom && canSave(session) ? askFor(session, 'standstill') : null;
}

const closePhase: Rule = (session) => {
  const { stage, plan } = session;
  if (stage.is !== 'closing' || session.pauses.length > 0 || !isQuiet(session)) return null;
  const due = settleDue(session, stage.checkpoint, 'phase-end');
  if (due !== null) return withStage(due[1], { ...stage, checkpoint: due[0] });
  if (stage.checkpoint !== 'done') return null;
  if (stage.phase + 1 < plan.phases.length) return [enterPhase(session, stage.phase + 1), []];
  const ending = { is: 'finish', because: 'schedule', text: 'all phases are over' } as const;
  const [ended, commands] = end(session, ending);
  // The phase's own checkpoint, a moment old, is the last one.
  return [{ ...ended, stage: { is: 'wrapping-up', phase: stage.phase, ending, checkpoint: 'done' } }, commands];
};

const restoreNow: Rule = (session) => {
  const { stage, restore } = session;
  if (stage.is !== 'restoring' || restore === null || stage.asked || !isQuiet(session)) return null;
  const due = settleDue(session, stage.checkpoint, 'request');
  if (due !== null) return withStage(due[1], { ...stage, checkpoint: due[0] });
  if (stage.checkpoint !== 'done') return null;
  const { number, by, rewindClock } = restore;
  return [
    { ...session, stage: { ...stage, asked: true }, restore: { ...restore, begun: true } },
    [{ type: 'restore-checkpoint', number, by, rewindClock }],
  ];
};

/** How long a signal's last checkpoint may take, from the signal on; the whole stop has 7 s. */
const SAVE_LIMIT_MS = 6_000;
/** After a second signal nothing is waited for longer than this. */
const AGAIN_LIMIT_MS = 500;

const wrapUp: Rule = (session) => {
  const { stage, plan, clock } = session;
  if (stage.is !== 'wrapping-up') return null;
  const { ending } = stage;
  const waitedMs = ending.is === 'interrupt' ? clock.awakeMs - ending.sinceMs : 0;
  const hurried = ending.is === 'interrupt' && (ending.again || waitedMs >= SAVE_LIMIT_MS);
  if (!isQuiet(session) && !(ending.is === 'interrupt' && waitedMs >= saveLimitMs(ending))) return null;
  if (!hurried) {
    const due = settleDue(session, stage.checkpoint, ending.is === 'interrupt' ? 'stop' : 'end');
    if (due !== null) return withStage(due[1], { ...stage, checkpoint: due[0] });
    if (stage.checkpoint !== 'done' || session.checkpoints.inFlight !== null) return null;
  }
  if (ending.is === 'finish')
    return [
      { ...session, stage: { is: 'judging', phase: stage.phase, ending, sinceMs: clock.awakeMs } },
      [{ type: 'judge', maxMs: plan.judgeMaxMs }],
    ];
  const told: Step[1] = stage.checkpoint === 'done' ? [] : [{ type: 'alert', text: unsaved(session) }];
  return [
    { ...session, stage: { is: 'reporting', phase: stage.phase, ending, verdict: null } },
    [...told, { type: 'write-report' }],
  ];
};

function saveLimitMs(ending: { readonly again: boolean }): number {
  return ending.again ? AGAIN_LIMIT_MS : SAVE_LIMIT_MS;
}

function unsaved({ checkpoints }: Session): string {
  const last = checkpoints.last === null ? 'none was written yet' : `the last one is number ${checkpoints.last.number}`;
  return `no checkpoint could be finished in the time left; ${last}`;
}

/** The judge limits itself; this is for a judge that does not answer at all. */
const JUDGE_SPARE_MS = 30_000;

const judgeSilent: Rule = (session) => {
  const { stage, plan, clock } = session;
  if (stage.is !== 'judging' || clock.awakeMs - stage.sinceMs < plan.judgeMaxMs + JUDGE_SPARE_MS) return null;
  const verdict = { critical: 'inconclusive', text: 'the judge did not answer in time' } as const;
  return [
    { ...session, stage: { is: 'reporting', phase: stage.phase, ending: stage.ending, verdict } },
    [{ type: 'write-report' }],
  ];
};

function withStage([session, commands]: Step, stage: Stage): Step {
  return [{ ...session, stage }, commands];
}

/** How far the session is, 0 to 1, on the phase clock. */
export function progressOf({ plan, clock, stage }: Session): number {
  if (stage.is === 'judging' || stage.is === 'reporting' || stage.is === 'done')
    return stage.ending.is === 'finish' ? 1 : Math.min(1, phaseClockMs(clock) / durationMs(plan));
  return Math.max(0, Math.min(1, phaseClockMs(clock) / durationMs(plan)));
}

export const RULES_OF_STAGES: readonly Rule[] = [phaseDone, phaseOver, closePhase, restoreNow, wrapUp, judgeSilent];
