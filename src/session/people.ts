// What people and signals ask of a session, and what answers about the world (disk, judge, report) change.
import { limitChanged } from './budgets.ts';
import { end } from './endings.ts';
import type { PersonEvent, SessionEvent, WorldEvent } from './event.ts';
import { faultRequested } from './faults.ts';
import { endPauses, pause } from './pauses.ts';
import { qualityMeasured } from './quality.ts';
import type { Session } from './state.ts';
import { stopAgent } from './stopping.ts';
import { faultInjected } from './trust.ts';
import { agentsOf, type Step, unreachable } from './types.ts';

export function reactToPerson(session: Session, event: PersonEvent | (SessionEvent & { type: 'deadline-came' })): Step {
  switch (event.type) {
    case 'signal-received':
      return end(session, { is: 'interrupt', signal: event.signal, again: false, sinceMs: session.clock.awakeMs });
    case 'stop-requested':
      return end(session, { is: 'finish', because: 'stop', text: `stopped by ${event.by}` });
    case 'deadline-came':
      return end(session, { is: 'finish', because: 'deadline', text: 'the deadline is near' });
    case 'pause-requested':
      if (session.stage.is !== 'working' && session.stage.is !== 'closing') return [session, []];
      return pause(session, 'person', `asked for by ${event.by}`);
    case 'continue-requested':
      return [lookedAfter(session), []];
    case 'checkpoint-requested':
      if (session.stage.is !== 'working' && session.stage.is !== 'closing') return [session, []];
      return [{ ...session, checkpoints: { ...session.checkpoints, wanted: 'request' } }, []];
    case 'restore-requested':
      return askRestore(session, event);
    case 'limit-changed':
      return limitChanged(session, event);
    case 'compress-requested':
      return compress(session, event.by);
    case 'fault-requested':
      return faultRequested(session, event);
    default:
      return unreachable(event);
  }
}

/** A person has looked: what failed before is not held against the next tries. */
function lookedAfter(session: Session): Session {
  const agents = Object.fromEntries(agentsOf(session).map((agent) => [agent.name, { ...agent, restarts: [] }]));
  return { ...endPauses(session, 'any'), agents, trouble: { ...session.trouble, inARow: 0, attempts: {} } };
}

/** The same that memory pressure does, at a person's wish. */
function compress(session: Session, by: string): Step {
  for (const agent of agentsOf(session)) {
    if (agent.at.is !== 'running') continue;
    const text = `compression asked for by ${by}`;
    const failure = { kind: 'memory-pressure', key: 'memory-pressure: asked', text } as const;
    return stopAgent(session, agent, { next: 'recover', failure }, false);
  }
  return [session, []];
}

function askRestore(session: Session, event: PersonEvent & { type: 'restore-requested' }): Step {
  const { stage } = session;
  if ((stage.is !== 'working' && stage.is !== 'closing') || session.restore !== null) return [session, []];
  const { number, by, rewindClock } = event;
  const restore = { number, by, rewindClock, begun: false };
  const restoring = { is: 'restoring', phase: stage.phase, checkpoint: 'to-do', asked: false } as const;
  return [{ ...endPauses(session, 'any'), restore, stage: restoring }, []];
}

export function reactToWorld(session: Session, event: WorldEvent): Step {
  const { measured } = session;
  switch (event.type) {
    case 'probed': {
      const { diskFreeBytes, sessionBytes, agentRssBytes } = event;
      return disk(
        { ...session, measured: { ...measured, diskFreeBytes, sessionBytes, agentRssBytes } },
        event.writable,
      );
    }
    case 'disk-filled':
      return isAtWorkStage(session)
        ? pause(session, 'disk', `disk full: ${event.path} could not be written`)
        : [session, []];
    case 'code-counted': {
      const { lines, files, reason } = event;
      return [{ ...session, measured: { ...measured, lines, files, linesReason: reason } }, []];
    }
    case 'fault-injected':
      return [faultInjected(session, event), []];
    case 'disk-freed':
    case 'best-delivered':
      return [session, []];
    case 'quality-measured':
      return [qualityMeasured(session, event), []];
    case 'judged': {
      if (session.stage.is !== 'judging') return [session, []];
      const { phase, ending } = session.stage;
      return [
        { ...session, stage: { is: 'reporting', phase, ending, verdict: event.verdict } },
        [{ type: 'write-report' }],
      ];
    }
    case 'report-written': {
      if (session.stage.is !== 'reporting') return [session, []];
      return [{ ...session, stage: { ...session.stage, is: 'done' } }, []];
    }
    default:
      return unreachable(event);
  }
}

function isAtWorkStage({ stage }: Session): boolean {
  return stage.is === 'working' || stage.is === 'closing';
}

/** Space must be back by this much before a disk pause ends, so that it does not flap. */
const SLACK = 1.1;

function disk(session: Session, writable: boolean): Step {
  if (!isAtWorkStage(session)) return [session, []];
  const { limits } = session.plan;
  const { diskFreeBytes: free, sessionBytes: used } = session.measured;
  const paused = session.pauses.some(({ because }) => because === 'disk');
  const factor = paused ? SLACK : 1;
  if (free !== null && free < limits.diskFloorBytes * factor)
    return pause(
      session,
      'disk',
      `only ${inMb(free)} MB are free on the disk (floor ${inMb(limits.diskFloorBytes)} MB)`,
    );
  if (used !== null && limits.sessionBytes !== null && used * factor > limits.sessionBytes)
    return pause(
      session,
      'disk',
      `the session holds ${inMb(used)} MB of its ${inMb(limits.sessionBytes)} MB (disk_space_limit_gb)`,
    );
  return [writable ? endPauses(session, 'disk') : session, []];
}

function inMb(bytes: number): number {
  return Math.round(bytes / 1_000_000);
}
