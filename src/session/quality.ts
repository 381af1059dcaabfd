// The quality of the code while the session goes on: the curve, phases' criteria that are carried on, and what is open again.
import type { JudgedCriterion, WorldEvent } from './event.ts';
import { isNothingOpen, lookedAtLast } from './looks.ts';
import type { PhaseCriterion, Session, Task } from './state.ts';
import { trustAfterLook } from './trust.ts';
import { agentsOf } from './types.ts';

type Measured = WorldEvent & { readonly type: 'quality-measured' };

/** Points of the curve that are kept. */
const MOST_POINTS = 500;

export function qualityMeasured(session: Session, event: Measured): Session {
  const { checkpoint, workingMs, settled, verdict, tests, failed, open } = event;
  const others = session.quality.filter((one) => one.checkpoint !== checkpoint);
  const newest = others.every((one) => one.checkpoint < checkpoint);
  const points = [...others, { checkpoint, workingMs, settled, verdict, tests, failed }];
  const quality = points.sort((one, other) => one.checkpoint - other.checkpoint).slice(-MOST_POINTS);
  const looks = session.looks.filter((one) => one.checkpoint !== checkpoint);
  const told = { ...trustAfterLook(session, event), quality, looks, findings: newest ? open : session.findings };
  return reopened(withCriteria(told, event), event);
}

function withCriteria(session: Session, { criteria, checkpoint }: Measured): Session {
  const judged = (one: JudgedCriterion) => (known: JudgedCriterion) =>
    known.phase === one.phase && known.text === one.text;
  const old = session.criteria.map((known): PhaseCriterion => {
    const now = criteria.find(judged(known));
    return now?.verdict === 'passed' && !isMet(known) ? { ...known, metAt: checkpoint } : known;
  });
  const fresh = criteria.filter((one) => !old.some(judged(one)));
  return { ...session, criteria: [...old, ...fresh.map((one) => ({ ...one, checkpoint, metAt: null }))] };
}

export function isMet({ verdict, metAt }: PhaseCriterion): boolean {
  return verdict === 'passed' || metAt !== null;
}

/** What is to be judged at the end of a phase: its own criteria, and those of earlier ones that were not met. */
export function criteriaAtEndOf(session: Session, phase: number): readonly Pick<JudgedCriterion, 'phase' | 'text'>[] {
  const carried = session.criteria.filter((one) => one.phase < phase && !isMet(one));
  const own = (session.plan.phases[phase]?.criteria ?? []).map((text) => ({ phase, text }));
  return [...carried.map((one) => ({ phase: one.phase, text: one.text })), ...own];
}

/** Criteria that failed at the end of a phase and were not met since: a person or a turn can do something about them. */
export function unmetCriteria({ criteria }: Pick<Session, 'criteria'>): readonly PhaseCriterion[] {
  return criteria.filter((one) => one.verdict === 'failed' && one.metAt === null);
}

/** What a look found wrong is a task again: criteria that were not met, and red code when nobody would look at it. */
function reopened(session: Session, event: Measured): Session {
  const { stage, tasks } = session;
  if (stage.is !== 'working' && stage.is !== 'closing') return session;
  const unmet = event.criteria
    .filter(({ verdict }) => verdict === 'failed')
    .map((one) => ({ text: aboutCriterion(session, one), why: ` (${one.evidence})` }))
    .filter(({ text }) => !tasks.some((task) => task.state !== 'done' && task.text.startsWith(`${text} (`)));
  const isLeft = isNothingOpen(session) && lookedAtLast(session)?.checkpoint === event.checkpoint;
  const red = `Make the build and the tests pass: ${event.text}`;
  // Once in a phase: what a turn on it has left as it was is not asked for again and again.
  const isNew = isLeft && event.verdict === 'failed' && !tasks.some(({ text }) => text === red);
  const texts = [...(isNew ? [red] : []), ...unmet.map(({ text, why }) => `${text}${why}`)];
  return texts.length === 0 ? session : withTasks(session, texts);
}

function aboutCriterion({ plan }: Session, { phase, text }: JudgedCriterion): string {
  return `Meet a success criterion of the phase ${plan.phases[phase]?.name ?? phase}: ${text}`;
}

/** Before everything else that is open; whoever had nothing open has now. */
function withTasks(session: Session, texts: readonly string[]): Session {
  const last = session.tasks.reduce((most, { id }) => Math.max(most, id), 0);
  const tasks = texts.map((text, i): Task => ({ id: last + 1 + i, text, state: 'open', fruitless: 0 }));
  const agents = agentsOf(session).map((agent) =>
    agent.at.is === 'satisfied' ? { ...agent, at: { is: 'idle', retry: null } as const, idleTurns: 0 } : agent,
  );
  return {
    ...session,
    tasks: [...tasks, ...session.tasks],
    agents: Object.fromEntries(agents.map((agent) => [agent.name, agent])),
  };
}
