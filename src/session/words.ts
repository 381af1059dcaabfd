// The words and numbers a session shows to the world: status, exit code. Both follow from the state alone.
import type { Session } from './state.ts';
import { agentsOf } from './types.ts';

/** What stands in the file `status`. Only `complete` is final; the others can be resumed. */
export type StatusWord = 'running' | 'recovering' | 'paused' | 'stopping' | 'complete' | 'failed' | 'interrupted';

export const STATUS_WORDS: readonly StatusWord[] = [
  'running',
  'recovering',
  'paused',
  'stopping',
  'complete',
  'failed',
  'interrupted',
];

/** Words of a session whose harness lives; without one they mean "orphaned". */
export function isLiveWord(word: StatusWord): boolean {
  return word === 'running' || word === 'recovering' || word === 'stopping';
}

export function statusOf(session: Session): StatusWord {
  const { stage } = session;
  switch (stage.is) {
    case 'created':
    case 'working':
    case 'closing':
      if (session.pauses.length > 0) return 'paused';
      return agentsOf(session).some(({ at }) => at.is === 'recovering' || at.is === 'backing-off')
        ? 'recovering'
        : 'running';
    case 'restoring':
      return 'recovering';
    case 'wrapping-up':
    case 'judging':
    case 'reporting':
      return 'stopping';
    case 'done':
      return { finish: 'complete', interrupt: 'interrupted', 'put-down': 'paused', fail: 'failed' }[
        stage.ending.is
      ] as StatusWord;
  }
}

const SIGNAL_EXIT = { HUP: 129, INT: 130, TERM: 143 } as const;

/** The exit code of the process that ran the session to this end; null while it is not done. */
export function exitCodeOf({ stage }: Session): number | null {
  if (stage.is !== 'done') return null;
  switch (stage.ending.is) {
    case 'finish':
      return stage.verdict?.critical === 'passed' ? 0 : 1;
    case 'interrupt':
      return SIGNAL_EXIT[stage.ending.signal];
    case 'put-down':
      return 4;
    case 'fail':
      return 3;
  }
}
