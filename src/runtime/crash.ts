// Our own bugs: a record with the last state is left in the session directory, the last checkpoint stays good, exit 70.
import { join } from 'node:path';
import { pidsOfSession } from '../host/processes.ts';
import { killAll } from '../process/tree.ts';
import type { Session } from '../session/state.ts';
import { writeDurable } from '../store/durable.ts';
import type { SessionParts } from './parts.ts';
import { VERSION } from './version.ts';

/** From now on an uncaught error ends the process in order. The answer lifts the guard. */
export function guardAgainstBugs(parts: SessionParts, session: () => Session): () => void {
  const crash = (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    try {
      parts.log.fatal(`this is a bug in mega-test: ${text}`);
      parts.journal.sync();
      writeDurable(join(parts.layout.root, 'crash.json'), `${JSON.stringify(crashRecord(text, session()), null, 2)}\n`);
    } catch {
      // Nothing more can be saved; what is on disk is what a resume goes on from.
    }
    killAll(() => pidsOfSession(parts.token));
    process.stderr.write(
      `mega-test: this is a bug in mega-test (${text.split('\n')[0]}); a record is in ${join(parts.layout.root, 'crash.json')}. ` +
        `Nothing saved is lost: "mega-test resume ${parts.id}" goes on.\n`,
    );
    process.exit(70);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  return () => {
    process.off('uncaughtException', crash);
    process.off('unhandledRejection', crash);
  };
}

function crashRecord(text: string, session: Session) {
  return {
    what: 'mega-test ended by a bug of its own; please report this file',
    version: VERSION,
    node: process.version,
    wall: new Date().toISOString(),
    error: text,
    stage: session.stage,
    agents: session.agents,
    usage: session.usage,
  };
}
