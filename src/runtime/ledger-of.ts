// The whole story of a session from its journal: what is judged and reported is what happened.
import { EMPTY_LEDGER, type Ledger, record } from '../report/ledger.ts';
import { created, type Session } from '../session/state.ts';
import { step } from '../session/step.ts';
import { BEGINNING, readJournal } from '../store/journal.ts';
import type { Layout } from '../store/layout.ts';

/** Up to and with the event of this number; all of it if left out. */
export function ledgerOf(layout: Layout, upToSeq = Number.POSITIVE_INFINITY): Ledger {
  let ledger = EMPTY_LEDGER;
  let state: Session | null = null;
  readJournal(layout, BEGINNING, (event) => {
    if (event.seq > upToSeq) return;
    const before: Session | null = event.type === 'session-created' ? created(event.plan) : state;
    if (before === null) return;
    state = step(before, event)[0];
    ledger = record(ledger, state, event, before);
  });
  return ledger;
}
