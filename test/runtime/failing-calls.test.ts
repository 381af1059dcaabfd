// A system call that fails once, or for good, where a session begins or reads: it goes on, or ends with one sentence.
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/main.ts';
import { again, letGo } from '../../src/host/again.ts';
import { allPids } from '../../src/host/processes.ts';
import { keepingOwner } from '../../src/runtime/observers.ts';
import { continueJournal } from '../../src/runtime/open.ts';
import { openSessionLog } from '../../src/runtime/session-log.ts';
import type { StampedEvent } from '../../src/session/event.ts';
import { BEGINNING, JournalWriter, leadsTo, type Position, readJournal } from '../../src/store/journal.ts';
import { type Layout, layoutOf } from '../../src/store/layout.ts';
import { ownerWriter, readOwner } from '../../src/store/lock.ts';
import { scratch } from '../store/scratch.ts';
import { failing, failure } from '../support/failing-files.ts';

function event(seq: number): StampedEvent {
  return { type: 'agent-erred', agent: 'coder', turn: 1, about: 'step', text: `${seq}`, seq, atMs: seq, wall: 'w' };
}

/** A session directory with a journal of three events, and a torn one behind them. */
function withJournal(): { readonly layout: Layout; readonly end: Position } {
  const layout = layoutOf(scratch());
  const writer = new JournalWriter(layout, BEGINNING);
  for (const seq of [1, 2, 3]) writer.append(event(seq));
  writer.close();
  appendFileSync(layout.journal, '{"torn');
  return { layout, end: writer.end };
}

test.each(['open', 'truncate', 'read'] as const)(
  '%s fails once with EIO: the journal is read and goes on where it ended',
  (operation) => {
    const { layout, end } = withJournal();
    const { journal, aside } = continueJournal({ ...layout, files: failing(operation, 'EIO', 1) }, end);
    expect(aside).toBeNull();
    expect(journal.append(event(4))).toBeNull();
    journal.close();
    const seqs: number[] = [];
    readJournal({ ...layout, files: failing('read', 'EIO', 1) }, BEGINNING, ({ seq }) => seqs.push(seq));
    expect(seqs).toEqual([1, 2, 3, 4]);
  },
);

test.each([
  ['truncate', 'EIO'],
  ['truncate', 'ENOSPC'],
  ['open', 'EIO'],
  ['read', 'EIO'],
] as const)(
  '%s fails for good with %s: a refusal with exit code 4, and the journal is left as it is',
  (operation, code) => {
    const { layout, end } = withJournal();
    const before = readFileSync(layout.journal);
    const files = failing(operation, code, Number.POSITIVE_INFINITY);
    expect(() => continueJournal({ ...layout, files }, end)).toThrow(
      expect.objectContaining({ name: 'Refusal', exitCode: 4, message: expect.stringContaining(code) }),
    );
    expect(readFileSync(layout.journal)).toEqual(before);
  },
);

test('a journal that cannot be read is not taken for one that leads elsewhere, nor for an empty one', () => {
  const { layout, end } = withJournal();
  const files = failing('read', 'EIO', Number.POSITIVE_INFINITY);
  expect(() => leadsTo({ ...layout, files }, end)).toThrow('EIO');
  expect(() => readJournal({ ...layout, files }, BEGINNING, () => {})).toThrow('EIO');
  expect(leadsTo({ ...layout, journal: join(layout.root, 'missing') }, end)).toBe(false);
});

test('owner.json that could not be written is written at the next event, and the log says so', () => {
  const layout = layoutOf(scratch());
  const said: string[] = [];
  const write = ownerWriter({ ...layout, files: failing('sync', 'EIO', 1) });
  const observe = keepingOwner(write, { error: (text: string) => said.push(text) });
  const session = undefined as never;
  observe(session, session, session);
  expect(said).toEqual(['owner.json could not be written: EIO: injected']);
  expect(readOwner(layout)).toBeNull();
  observe(session, session, session);
  expect(readOwner(layout)?.pid).toBe(process.pid);
  expect(said).toHaveLength(1);
});

test('a log that cannot be opened yet keeps its lines, and writes them in order once it can', () => {
  const path = join(scratch(), 'session.log');
  mkdirSync(path);
  const log = openSessionLog(path, 'info', []);
  log.info('first');
  rmdirSync(path);
  log.info('second');
  expect(readFileSync(path, 'utf8')).toMatch(/first\n.*second\n$/);
});

test('/proc that cannot be listed is asked again, and shows nobody when it never answers', () => {
  let asked = 0;
  const list = (fails: number) => () => {
    asked++;
    if (asked <= fails) throw failure('EIO');
    return ['1', 'self', '77'];
  };
  expect(allPids(list(2))).toEqual([1, 77]);
  asked = 0;
  expect(allPids(list(99))).toEqual([]);
  expect(asked).toBe(3);
});

test('only a disk that fails is asked again, and a bug is told at once', () => {
  let asked = 0;
  const deed = (error: Error) => () => {
    asked++;
    throw error;
  };
  expect(() => again(deed(failure('ENOENT')))).toThrow('ENOENT');
  expect(asked).toBe(1);
  expect(() => again(deed(failure('EIO')))).toThrow('EIO');
  expect(asked).toBe(4);
  const file = openSync(join(scratch(), 'file'), 'w');
  closeSync(file);
  expect(() => letGo(file)).toThrow('EBADF');
});

test.each([
  [failure('EIO'), 2],
  [failure('ENOSPC'), 2],
  [Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }), 2],
  [new TypeError('x is not a function'), 70],
  [Object.assign(new Error('the quota of bugs'), {}), 70],
])('a command that ends with %s: exit code %i', async (error, code) => {
  expect(await exitCodeOf(() => Promise.reject(error))).toBe(code);
});
