// The journal: one event, beside a line of pino's synchronous log; and a resume after a million events.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { planOf } from '../dist/config/plan.js';
import { CONFIG } from '../dist/config/schema.js';
import { readSession } from '../dist/runtime/open.js';
import { created } from '../dist/session/state.js';
import { step } from '../dist/session/step.js';
import { writeCheckpoint } from '../dist/store/checkpoint-file.js';
import { sealed } from '../dist/store/durable.js';
import { FORMAT } from '../dist/store/format.js';
import { BEGINNING, encode, JournalWriter, readJournal } from '../dist/store/journal.js';
import { layoutOf } from '../dist/store/layout.js';
import { alternate, ratio, scratch, timed } from './measure.js';

const EVENTS = 20_000;
const MILLION = 1_000_000;

const event = (seq) => ({
  seq,
  atMs: seq,
  wall: '2026-01-01T00:00:00.000Z',
  type: 'tool-called',
  agent: 'coder',
  turn: 1,
  tool: 'file_write',
  ok: true,
});

export async function append() {
  const folder = scratch();
  const times = await alternate(
    5,
    (round) => {
      const journal = new JournalWriter({ ...layoutOf(folder), journal: join(folder, `j${round}`) }, BEGINNING);
      return timed(() => {
        for (let seq = 1; seq <= EVENTS; seq++) journal.append(event(seq));
      });
    },
    (round) => {
      const log = pino(pino.destination({ dest: join(folder, `p${round}`), sync: true }));
      return timed(() => {
        for (let seq = 1; seq <= EVENTS; seq++) log.info(event(seq));
      });
    },
  );
  const each = { ours: (times.ours * 1_000) / EVENTS, peer: (times.peer * 1_000) / EVENTS };
  return [ratio('journal, one event', each, { peerName: 'pino, sync', goal: 0.55, unit: 'µs' })];
}

export async function resume() {
  const layout = layoutOf(join(scratch(), 's'));
  mkdirSync(layout.checkpoints, { recursive: true });
  writeFileSync(layout.config, sealed({ schema: FORMAT, session: 's', token: 't' }));
  const plan = planOf(CONFIG.parse({}), {
    session: 's',
    durationGiven: true,
    graces: { interruptMs: 1, terminateMs: 1 },
    terminal: false,
  });
  const lines = [];
  let position = BEGINNING;
  let session = created(plan);
  const add = (one) => {
    const { line, crc } = encode(one, position.crc);
    position = { bytes: position.bytes + Buffer.byteLength(line), seq: one.seq, crc };
    lines.push(line);
    session = step(session, one)[0];
  };
  add({ seq: 1, atMs: 0, wall: '2026-01-01T00:00:00.000Z', type: 'session-created', plan });
  add({
    seq: 2,
    atMs: 0,
    wall: '2026-01-01T00:00:00.000Z',
    type: 'harness-started',
    incarnation: 1,
    version: 'b',
    pid: 1,
    pauseLimitMs: null,
    lastCheckpoint: 0,
  });
  for (let seq = 3; seq <= MILLION; seq++) {
    add({ ...event(seq), atMs: 1 });
    // As far back as a night's last checkpoint at most is: 100 tool calls.
    if (seq === MILLION - 100)
      writeCheckpoint(layout, {
        session: 's',
        number: 1,
        trigger: 'interval',
        wall: '2026-01-01T00:00:00.000Z',
        unixSeconds: 1,
        previous: null,
        journal: position,
        workspace: { commit: 'c', files: 1, bytes: 1, excluded: [], skipped: [], repositories: [] },
        agents: {},
        state: session,
      });
  }
  writeFileSync(layout.journal, lines.join(''));
  const times = await alternate(
    3,
    () => timed(() => readSession(layout)),
    () => timed(() => readJournal(layout, BEGINNING, () => {})),
  );
  return [ratio('resume after 1 M events', times, { peerName: 'reading the whole journal', goal: 0.05 })];
}
