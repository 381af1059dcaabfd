// Commands become deeds: each goes to the part that does it; answers come back as events.
import type { Command } from '../session/command.ts';
import { unreachable } from '../session/types.ts';
import type { Chaos } from './chaos.ts';
import type { Checkpointing } from './checkpointing.ts';
import type { Cleaning } from './cleaning.ts';
import type { Judging } from './judging.ts';
import type { Notices } from './notices.ts';
import type { SessionParts } from './parts.ts';
import type { Recovering } from './recovering.ts';
import type { Reporting } from './reporting.ts';
import type { World } from './supervisor.ts';
import type { Thinning } from './thinning.ts';
import type { Turns } from './turns.ts';

export interface Deeds {
  readonly turns: Pick<Turns, 'start' | 'signal' | 'freeze' | 'thaw'>;
  readonly recovering: Recovering;
  readonly checkpointing: Checkpointing;
  readonly judging: Pick<Judging, 'judge'>;
  readonly reporting: Reporting;
  readonly chaos: Pick<Chaos, 'inject'>;
  readonly cleaning: Pick<Cleaning, 'free'>;
  readonly thinning: Pick<Thinning, 'thin'>;
  readonly notices: Pick<Notices, 'write'>;
  /** Milliseconds the judge may take at most, for a deadline that comes first. */
  readonly judgeLimitMs: () => number;
  readonly alert: (text: string) => void;
  /** A deed that threw, though every deed answers by itself: our bug. */
  readonly onBug: (error: unknown) => void;
}

export function systemWorld({ log }: Pick<SessionParts, 'log'>, deeds: Deeds): World {
  const begin = (deed: Promise<void>) => {
    deed.catch(deeds.onBug);
  };
  return {
    perform: (command) => {
      log.trace(`command ${JSON.stringify(command).slice(0, 500)}`);
      perform(command, deeds, begin);
    },
  };
}

function perform(command: Command, deeds: Deeds, begin: (deed: Promise<void>) => void): void {
  switch (command.type) {
    case 'start-agent':
      begin(deeds.turns.start(command.agent, command.turn, deeds.recovering.noteStart()));
      break;
    case 'signal-agent':
      deeds.turns.signal(command.turn, command.rung);
      break;
    case 'freeze-agent':
      deeds.turns.freeze(command.turn);
      break;
    case 'thaw-agent':
      deeds.turns.thaw(command.turn);
      break;
    case 'measure-turn':
      begin(deeds.recovering.measure(command.agent, command.turn));
      break;
    case 'recover-agent':
      begin(deeds.recovering.recover(command.agent, command.turn, command.failure));
      break;
    case 'write-checkpoint':
      begin(deeds.checkpointing.write(command.number, command.trigger));
      break;
    case 'restore-checkpoint':
      begin(deeds.checkpointing.restore(command.number, command.by, command.rewindClock));
      break;
    case 'write-notice':
      deeds.notices.write(command.text);
      break;
    case 'inject-fault':
      deeds.chaos.inject(command);
      break;
    case 'free-disk':
      begin(deeds.cleaning.free());
      break;
    case 'thin-snapshots':
      begin(deeds.thinning.thin(command.numbers));
      break;
    case 'judge':
      begin(deeds.judging.judge(Math.min(command.maxMs, deeds.judgeLimitMs())));
      break;
    case 'write-report':
      begin(Promise.resolve().then(() => deeds.reporting.final()));
      break;
    case 'alert':
      deeds.alert(command.text);
      break;
    default:
      unreachable(command);
  }
}
