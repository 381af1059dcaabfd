// Who watches a session and writes down what it sees: the log in words, the file `status`.
import { sentencesOf } from '../report/sentences.ts';
import { statusOf } from '../session/words.ts';
import type { Layout } from '../store/layout.ts';
import { writeStatus } from '../store/sessions.ts';
import type { Logger } from './session-log.ts';
import type { Observer } from './supervisor.ts';

/** Every event in words, into the session's log. */
export function logging(log: Logger, activity: boolean): Observer {
  return (session, event, before) => {
    if (!activity && ACTIVITY.has(event.type)) return;
    for (const { level, text } of sentencesOf(session, event, before)) log[level](text);
  };
}

/** What agents do, call by call: left out of the log with agent_activity_logging = false. */
const ACTIVITY: ReadonlySet<string> = new Set([
  'agent-stepped',
  'tool-called',
  'tokens-used',
  'task-named',
  'completion-claimed',
]);

/** owner.json says who runs the session; what could not be written is tried again at the next event. */
export function keepingOwner(writeOwner: () => Error | null, log: Pick<Logger, 'error'>): Observer {
  return () => {
    const failure = writeOwner();
    if (failure !== null) log.error(`owner.json could not be written: ${failure.message}`);
  };
}

/** The file `status` follows the state; a word that could not be written is tried again at the next event. */
export function keepingStatus(layout: Layout, log: Logger): Observer {
  let written: string | null = null;
  return (session) => {
    const word = statusOf(session);
    if (word === written) return;
    try {
      writeStatus(layout, word);
      written = word;
    } catch (error) {
      log.error(`status could not be written: ${(error as Error).message}`);
    }
  };
}
