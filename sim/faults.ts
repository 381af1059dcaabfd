// The faults of a simulated night: one row a kind, and the moments of a session they can be aimed at.
import type { Session } from '../src/session/state.ts';
import { agentsOf } from '../src/session/types.ts';
import type { Misbehaviour } from './agents.ts';
import type { Night } from './night.ts';

const MINUTE_MS = 60_000;

function agent(how: Misbehaviour): (night: Night) => void {
  return (night) => night.agents.misbehave(how);
}

/** Every kind of fault: what it does when its time has come. */
export const FAULTS = {
  'agent-crash': agent('crash'),
  'agent-hang': agent('hang'),
  'agent-deaf': agent('deaf'),
  'agent-undying': agent('undying'),
  'agent-gives-up': agent('give-up'),
  'agent-garbage': agent('garbage'),
  'agent-lies': agent('lie'),
  'agent-parse-failure': agent('parse-failure'),
  'agent-memory': agent('memory'),
  'agent-breaks-project': agent('breaks-project'),
  'agent-loses-state': agent('loses-state'),
  'agent-removes-project': agent('removes-project'),
  'agent-floods': agent('floods'),
  'agent-tool-timeouts': agent('tool-timeouts'),
  'agent-circles': agent('circles'),
  'models-exhausted': agent('models-exhausted'),
  'window-closed': (night) => night.closeWindow(night.chance.wait(40 * MINUTE_MS)),
  'person-changes-limit': (night) => {
    const to = night.chance.pick([100_000, 200_000, null]);
    night.post({ type: 'limit-changed', by: 'person', limit: 'tokensPerAgentHour', from: null, to, why: 'simulated' });
  },
  'person-compresses': (night) => night.post({ type: 'compress-requested', by: 'person' }),
  'agent-crash-loop': (night) => {
    night.agents.crashLoop = night.chance.whole(2, 12);
  },
  'launch-fails': (night) => {
    night.agents.failingLaunches = night.chance.whole(1, 8);
  },
  'model-outage': (night) => {
    night.agents.outageUntilMs = night.time.nowMs + night.chance.wait(15 * MINUTE_MS);
  },
  'harness-kill': (night) => night.kill('killed'),
  'harness-kill-in-write': (night) => {
    night.disk.trouble.killIn = night.chance.whole(1, 40);
  },
  'power-cut': (night) => night.kill('power-cut'),
  'harness-stopped': (night) => night.stop(night.chance.wait(5 * MINUTE_MS), night.chance.is(0.5)),
  'host-sleep': (night) => {
    night.wallShiftMs += night.chance.wait(3 * 60 * MINUTE_MS);
  },
  'wall-step': (night) => {
    night.wallShiftMs += night.chance.pick([-3, 3, 24, -24]) * 60 * MINUTE_MS;
  },
  'signal-int': (night) => night.post({ type: 'signal-received', signal: 'INT' }),
  'signal-term': (night) => night.post({ type: 'signal-received', signal: 'TERM' }),
  'signal-hup': (night) => night.post({ type: 'signal-received', signal: 'HUP' }),
  'signal-twice': (night) => {
    night.post({ type: 'signal-received', signal: 'INT' });
    night.later(night.chance.wait(300), () => night.post({ type: 'signal-received', signal: 'INT' }));
  },
  'person-pauses': (night) => {
    night.post({ type: 'pause-requested', by: 'person' });
    night.later(night.chance.wait(20 * MINUTE_MS), () => night.post({ type: 'continue-requested', by: 'person' }));
  },
  'person-wants-checkpoint': (night) => night.post({ type: 'checkpoint-requested', by: 'person' }),
  'person-restores': (night) => night.restore(false),
  'person-rewinds': (night) => night.restore(true),
  'disk-full': (night) => {
    night.disk.trouble.spaceBytes = night.chance.whole(0, 20_000);
    night.later(night.chance.wait(10 * MINUTE_MS), () => night.healDisk());
  },
  'disk-low': (night) => {
    night.lowSpaceUntilMs = night.time.nowMs + night.chance.wait(10 * MINUTE_MS);
  },
  'session-too-large': (night) => {
    night.largeUntilMs = night.time.nowMs + night.chance.wait(10 * MINUTE_MS);
  },
  'disk-read-only': (night) => {
    night.disk.trouble.refuses = night.chance.pick(['EROFS', 'EIO'] as const);
    night.later(night.chance.wait(5 * MINUTE_MS), () => night.healDisk());
  },
  'sync-fails': (night) => {
    night.disk.trouble.failingSyncs = night.chance.whole(1, 4);
  },
  'short-writes': (night) => {
    night.disk.trouble.shortWrites = true;
    night.later(night.chance.wait(30 * MINUTE_MS), () => night.healDisk());
  },
  'checkpoint-rots': (night) => night.rot('checkpoint'),
  'journal-rots': (night) => night.rot('journal'),
  'snapshot-rots': (night) => night.rot('snapshot'),
  'status-lost': (night) => night.rot('status'),
  'snapshot-fails': (night) => {
    night.code.failingSnapshots = night.chance.whole(1, 3);
  },
  'disk-slow': (night) => {
    night.code.slowFactor = 200;
    night.later(night.chance.wait(10 * MINUTE_MS), () => {
      night.code.slowFactor = 1;
    });
  },
  'judge-silent': (night) => {
    night.judge = { ms: Number.POSITIVE_INFINITY, verdict: 'inconclusive' };
  },
  'judge-fails': (night) => {
    night.judge = { ms: night.chance.wait(MINUTE_MS), verdict: 'failed' };
  },
} as const satisfies Record<string, (night: Night) => void>;

export type FaultKind = keyof typeof FAULTS;

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

const someAgent = (is: string) => (session: Session) => agentsOf(session).some(({ at }) => at.is === is);

/** Moments a fault can be aimed at: where two things happen at once. */
export const MOMENTS: Readonly<Record<string, (session: Session) => boolean>> = {
  'a checkpoint is being written': ({ checkpoints }) => checkpoints.inFlight !== null,
  'an agent starts': someAgent('starting'),
  'an agent is being stopped': someAgent('stopping'),
  'an agent is being recovered': someAgent('recovering'),
  'a turn is being measured': someAgent('measuring'),
  'an agent waits for its next try': someAgent('backing-off'),
  'the session is paused': ({ pauses }) => pauses.length > 0,
  'a phase closes': ({ stage }) => stage.is === 'closing',
  'the session wraps up': ({ stage }) => stage.is === 'wrapping-up',
  'the judge is at work': ({ stage }) => stage.is === 'judging',
  'the report is being written': ({ stage }) => stage.is === 'reporting',
  'a checkpoint is being restored': ({ stage }) => stage.is === 'restoring',
  'a harness has just begun': ({ clock }) => clock.lastAtMs < 1_000,
};
