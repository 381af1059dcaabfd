// Cutting bytes into lines: however the pieces fall, the same lines come out, and memory stays small.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, LineSplitter } from '../../src/agents/lines.ts';

function split(...chunks: readonly Buffer[]): readonly Line[] {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

const TEXT = 'first\nGrüße 日本 🚀\n\nlast without an end';
const LINES = TEXT.split('\n').map((text) => ({ text, garbage: 0 }));

test('cut in two at any byte, also inside a character, the lines are the same', () => {
  const bytes = Buffer.from(TEXT);
  for (let at = 0; at <= bytes.length; at++) expect(split(bytes.subarray(0, at), bytes.subarray(at))).toEqual(LINES);
});

test('cut into any pieces, the lines are the same', () => {
  const bytes = Buffer.from(TEXT.repeat(3));
  const whole = split(bytes);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (cuts) => {
      const ends = [...cuts, 0, bytes.length].sort((a, b) => a - b);
      const pieces = ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
      expect(split(...pieces)).toEqual(whole);
    }),
  );
});

test('nothing, or a newline at the end, makes no empty last line', () => {
  expect(split()).toEqual([]);
  expect(split(Buffer.from('a\n'))).toEqual([{ text: 'a', garbage: 0 }]);
  expect(split(Buffer.from('\n'))).toEqual([{ text: '', garbage: 0 }]);
});

test('a chunk may be used again by its owner once it was pushed', () => {
  const splitter = new LineSplitter();
  const chunk = Buffer.from('half a ');
  splitter.push(chunk);
  chunk.fill('x');
  expect(splitter.push(Buffer.from('line\n'))).toEqual([{ text: 'half a line', garbage: 0 }]);
});

test('5 MB without a newline are one line of 1 MiB, and what follows is read again', () => {
  const splitter = new LineSplitter();
  const piece = Buffer.alloc(16 * 1024, 'x');
  const lines = Array.from({ length: 320 }, () => splitter.push(piece)).flat();
  expect(lines.map(({ text }) => text.length)).toEqual([1024 * 1024]);
  expect(splitter.push(Buffer.from('tail of it\nnext\n'))).toEqual([{ text: 'next', garbage: 0 }]);
});

test('while a line without an end is dropped, nothing is kept', () => {
  const splitter = new LineSplitter();
  splitter.push(Buffer.alloc(2 * 1024 * 1024, 'x'));
  expect(splitter.end()).toEqual([]);
});

test.each([
  ['invalid UTF-8', Buffer.of(0x61, 0xff, 0xfe, 0x62), 2],
  ['a character cut short', Buffer.from('ü').subarray(0, 1), 1],
  ['NUL and other control characters', Buffer.from('a\0b\x01\x02\x7f'), 4],
  ['tab, carriage return and colours', Buffer.from('\ta \x1b[31mred\x1b[0m\r'), 0],
])('%s: the bytes that are no text are counted', (_, bytes, garbage) => {
  expect(split(Buffer.concat([bytes, Buffer.from('\n')])).map((line) => line.garbage)).toEqual([garbage]);
});

test('a line of 100 kB is the same however its pieces fall', () => {
  const line = Buffer.from(`${'x'.repeat(100_000)}\n`);
  const whole = new LineSplitter().push(line);
  const cut = new LineSplitter();
  const parts = [...cut.push(line.subarray(0, 90_000)), ...cut.push(line.subarray(90_000))];
  expect(parts).toEqual(whole);
});
