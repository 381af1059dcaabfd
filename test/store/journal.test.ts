// The journal: what was appended is read back, damage is always noticed, and nothing before it is lost.
import { appendFileSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StampedEvent } from '../../src/session/event.ts';
import { type Files, SYSTEM_FILES } from '../../src/store/files.ts';
import {
  BEGINNING,
  decode,
  encode,
  type JournalEnd,
  JournalWriter,
  leadsTo,
  type Position,
  readJournal,
} from '../../src/store/journal.ts';
import { at, flipped, scratch } from './scratch.ts';

function event(seq: number, text = `what came ${seq}`): StampedEvent {
  return { type: 'agent-erred', agent: 'coder', turn: 1, about: 'step', text, seq, atMs: seq * 10, wall: 'w' };
}

function written(path: string, events: readonly StampedEvent[], from: Position = BEGINNING): Position {
  const writer = new JournalWriter(at(path), from);
  for (const one of events) expect(writer.append(one)).toBeNull();
  writer.sync();
  writer.close();
  return writer.end;
}

function read(path: string, from = BEGINNING): { readonly events: StampedEvent[]; readonly end: JournalEnd } {
  const events: StampedEvent[] = [];
  const end = readJournal(at(path), from, (one) => events.push(one));
  return { events, end };
}

const SMALL = [event(1), event(2, 'Grüße, 日本 🚀 \ufffd'), event(3, 'line\nbreak "quoted"'), event(4)];
/** Short ones, where every single bit is tried. */
const TINY: readonly StampedEvent[] = [
  { type: 'report-written', seq: 1, atMs: 1, wall: '' },
  { type: 'completion-claimed', agent: 'ü\ufffd', turn: 1, seq: 2, atMs: 2, wall: '' },
  { type: 'time-passed', seq: 3, atMs: 3, wall: '' },
];

test('what was appended is read back in order, and the end is where the writer ended', () => {
  const path = join(scratch(), 'journal');
  const end = written(path, SMALL);
  expect(read(path)).toEqual({ events: SMALL, end: { position: end, lost: 0 } });
});

test('any text survives, lone surrogates and control characters included', () => {
  const path = join(scratch(), 'journal');
  const texts = fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { maxLength: 6 });
  fc.assert(
    fc.property(texts, (all) => {
      const events = all.map((text, index) => event(index + 1, text));
      written(path, events);
      expect(read(path).events).toEqual(events);
    }),
    { numRuns: 15 },
  );
});

test('every position handed out is one that can be read from', () => {
  const path = join(scratch(), 'journal');
  written(path, SMALL);
  const positions: Position[] = [];
  readJournal(at(path), BEGINNING, (_, after) => positions.push(after));
  expect(positions.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  for (const position of positions) expect(read(path, position).events).toEqual(SMALL.slice(position.seq));
});

test('cut at any byte, only the torn line is lost, and its bytes are counted', () => {
  const path = join(scratch(), 'journal');
  written(path, SMALL);
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const kept = whole.subarray(0, length).lastIndexOf(10) + 1;
    const lines = whole.subarray(0, kept).filter((byte) => byte === 10).length;
    const { events, end } = read(path);
    expect(events).toEqual(SMALL.slice(0, lines));
    expect([end.position.bytes, end.lost]).toEqual([kept, length - kept]);
  }
});

test('with any single bit turned over, exactly the events before that line are accepted', () => {
  const path = join(scratch(), 'journal');
  written(path, TINY);
  const whole = readFileSync(path);
  for (let bit = 0; bit < whole.length * 8; bit++) {
    writeFileSync(path, flipped(whole, bit));
    const before = whole.subarray(0, bit >> 3).filter((byte) => byte === 10).length;
    const { events, end } = read(path);
    const told = {
      bit,
      seqs: events.map(({ seq }) => seq),
      ends: end.position.seq,
      all: end.position.bytes + end.lost,
    };
    const right = { bit, seqs: [1, 2, 3].slice(0, before), ends: before, all: whole.length };
    if (JSON.stringify(told) !== JSON.stringify(right)) expect(told).toEqual(right);
  }
});

test.each([
  ['left out', [0, 2, 3]],
  ['repeated', [0, 1, 1, 2, 3]],
  ['moved', [0, 2, 1, 3]],
])('a line that was %s is noticed', (_, order) => {
  const path = join(scratch(), 'journal');
  written(path, SMALL);
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, order.map((index) => `${lines[index]}\n`).join(''));
  const good = order.findIndex((line, index) => line !== index);
  expect(read(path).events).toEqual(SMALL.slice(0, good));
});

test('a line of another journal, well-formed in itself, is not accepted', () => {
  const folder = scratch();
  written(join(folder, 'ours'), SMALL);
  written(join(folder, 'other'), [event(1, 'other'), event(2, 'other'), event(3, 'other')]);
  const foreign = readFileSync(join(folder, 'other'), 'utf8').split('\n')[2];
  const ours = readFileSync(join(folder, 'ours'), 'utf8').split('\n');
  writeFileSync(join(folder, 'ours'), `${ours[0]}\n${ours[1]}\n${foreign}\n`);
  expect(read(join(folder, 'ours')).events).toEqual(SMALL.slice(0, 2));
});

test('an event whose number leaves a gap is damage, even with a right checksum', () => {
  const path = join(scratch(), 'journal');
  const end = written(path, [event(1)]);
  appendFileSync(path, encode(event(3), end.crc).line);
  expect(read(path).events).toEqual([event(1)]);
});

test('a checksum that stands in the file once more, without an event, is damage', () => {
  const path = join(scratch(), 'journal');
  const { crc } = written(path, SMALL);
  appendFileSync(path, `,"crc":"${crc}"}\n`);
  expect(read(path).events).toEqual(SMALL);
  expect(read(path).end.lost).toBe(19);
});

test.each([1, 4096, 9 * 1024 * 1024])(
  'a tail of %i NUL bytes, as after a power cut, is dropped and counted',
  (size) => {
    const path = join(scratch(), 'journal');
    const end = written(path, SMALL);
    appendFileSync(path, Buffer.alloc(size));
    expect(read(path)).toEqual({ events: SMALL, end: { position: end, lost: size } });
  },
);

test('of a tail of 4 GiB that is no journal only the beginning is read', () => {
  const path = join(scratch(), 'journal');
  const end = written(path, SMALL);
  const began = performance.now();
  truncateSync(path, end.bytes + 4 * 1024 ** 3);
  expect(read(path)).toEqual({ events: SMALL, end: { position: end, lost: 4 * 1024 ** 3 } });
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('a journal cut in a line is continued at its good end, and the torn bytes are gone', () => {
  const path = join(scratch(), 'journal');
  const { bytes } = written(path, SMALL);
  truncateSync(path, bytes - 5);
  const torn = read(path).end;
  expect(torn.lost).toBeGreaterThan(0);
  written(path, [event(4, 'again'), event(5)], torn.position);
  expect(read(path)).toMatchObject({ events: [...SMALL.slice(0, 3), event(4, 'again'), event(5)], end: { lost: 0 } });
});

test('a journal begun anew after damage goes on with the numbers of the one before', () => {
  const path = join(scratch(), 'journal');
  written(path, [event(41), event(42)], { ...BEGINNING, seq: 40 });
  expect(read(path).events.map(({ seq }) => seq)).toEqual([41, 42]);
});

test('a journal leads to its own positions and to no other', () => {
  const path = join(scratch(), 'journal');
  const end = written(path, SMALL);
  const own = [BEGINNING];
  readJournal(at(path), BEGINNING, (_, after) => own.push(after));
  expect(own.map((position) => leadsTo(at(path), position))).toEqual([true, true, true, true, true]);
  expect(leadsTo(at(path), { ...end, crc: '00000001' })).toBe(false);
  expect(leadsTo(at(path), { ...end, bytes: end.bytes - 1 })).toBe(false);
  expect(leadsTo(at(path), { ...end, bytes: end.bytes + 1 })).toBe(false);
  expect(leadsTo(at(path), { ...end, bytes: 3 })).toBe(false);
  expect(leadsTo(at(join(path, 'missing')), end)).toBe(false);
  truncateSync(path, end.bytes - 1);
  expect(leadsTo(at(path), end)).toBe(false);
});

test('a link in the place of the journal is refused by reader and writer', () => {
  const folder = scratch();
  written(join(folder, 'real'), SMALL);
  symlinkSync(join(folder, 'real'), join(folder, 'journal'));
  expect(() => read(join(folder, 'journal'))).toThrow('ELOOP');
  expect(() => new JournalWriter(at(join(folder, 'journal')), BEGINNING)).toThrow('ELOOP');
  expect(read(join(folder, 'real')).events).toEqual(SMALL);
});

test('a line is only whole with its checksum over the line before', () => {
  const { line, crc } = encode(event(1), BEGINNING.crc);
  expect(decode(line.trimEnd(), BEGINNING.crc)).toEqual({ event: event(1), crc });
  expect(decode(line.trimEnd(), '00000001')).toBeNull();
  expect(decode(`${line.trimEnd()} `, BEGINNING.crc)).toBeNull();
  expect(decode('', BEGINNING.crc)).toBeNull();
});

test('20,000 events of 2 kB are all read, in memory that stays flat', () => {
  const path = join(scratch(), 'journal');
  const writer = new JournalWriter(at(path), BEGINNING);
  const text = 'x'.repeat(2_000);
  for (let seq = 1; seq <= 20_000; seq++) writer.append(event(seq, text));
  writer.close();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const usedBytes = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = usedBytes();
  let most = 0;
  let seen = 0;
  const { position, lost } = readJournal(at(path), BEGINNING, () => {
    if (++seen % 4_000 === 0) most = Math.max(most, usedBytes());
  });
  expect([seen, position, lost]).toEqual([20_000, writer.end, 0]);
  expect(most - before).toBeLessThan(12 * 1024 * 1024);
});

test('after a failed fsync nothing counts as saved: the lines are written again and synced with the next', () => {
  const calls: string[] = [];
  let failing = 1;
  const files: Files = {
    ...SYSTEM_FILES,
    write: (file, bytes, position) => {
      calls.push(`write ${position}`);
      return SYSTEM_FILES.write(file, bytes, position);
    },
    syncData: (file) => {
      calls.push('sync');
      if (failing-- > 0) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      SYSTEM_FILES.syncData(file);
    },
  };
  const path = join(scratch(), 'journal');
  const writer = new JournalWriter({ journal: path, files }, BEGINNING);
  for (const one of SMALL.slice(0, 2)) expect(writer.append(one)).toBeNull();
  expect(writer.sync()).toMatchObject({ code: 'EIO' });
  expect(writer.isFlushed).toBe(false);
  expect(writer.append(SMALL[2] as StampedEvent)).toBeNull();
  expect(writer.sync()).toBeNull();
  writer.close();
  expect(calls.filter((call) => call === 'write 0')).toHaveLength(2);
  expect(calls.at(-1)).toBe('sync');
  expect(read(path).events).toEqual(SMALL.slice(0, 3));
});
