// Text from outside is made safe to show: one line, nothing a terminal obeys, nothing that turns the reading direction.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleaned } from '../../src/text/clean.ts';
import { showBytes } from '../../src/text/size.ts';

test.each([
  ['colours', 'a \u001b[31mred\u001b[0m b', 'a red b'],
  ['cursor movements', '\u001b[2J\u001b[1;1Hhome', 'home'],
  ['a title set by OSC and BEL', '\u001b]0;title\u0007text', 'text'],
  ['a link by OSC 8', '\u001b]8;;http://x/\u0007link\u001b]8;;\u0007', 'link'],
  ['8-bit control sequences', 'a\u009b31mred', 'ared'],
  ['C1 control characters', 'a\u0080\u0085\u009fb', 'a b'],
  ['C0 control characters', 'a\u0000\u0007\u0008\u007fb', 'a b'],
  ['an escape that leads nowhere', 'a\u001bb', 'a b'],
  ['line ends', 'a\r\nb\nc', 'a b c'],
  ['tabs', 'a\t\tb', 'a b'],
  ['direction overrides', 'a\u202eb\u202cc', 'a b c'],
  ['direction isolates', 'a\u2066b\u2069c', 'a b c'],
  ['direction marks', 'a\u200eb\u200fc', 'a b c'],
  ['white space around it', '\n  a  \n', 'a'],
])('%s are gone', (_, text, safe) => {
  expect(cleaned(text)).toBe(safe);
});

test('ordinary text of any language stays as it is', () => {
  for (const text of ['Grüße', '日本語', 'العربية', '🚀 start', 'a "quoted" <tag> | `code`'])
    expect(cleaned(text)).toBe(text);
});

test('text that is too long is cut and says so', () => {
  expect(cleaned('x'.repeat(300))).toBe('x'.repeat(300));
  expect(cleaned('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`);
  expect(cleaned('abcdef', 4)).toBe('abc…');
});

test('whatever comes in, no control character comes out, and cleaning twice changes nothing', () => {
  const hostile = fc.string({
    unit: fc.constantFrom(
      '\u001b',
      ']',
      '[',
      '0',
      ';',
      '\u0007',
      '\u009b',
      '\u009d',
      'm',
      'a',
      '\n',
      '\u202e',
      '\\',
      ' ',
    ),
  });
  fc.assert(
    fc.property(hostile, (text) => {
      const safe = cleaned(text);
      expect(safe).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
      expect(cleaned(safe)).toBe(safe);
    }),
  );
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 kB'],
  [1_549, '1.5 kB'],
  [12_340_000, '12.3 MB'],
  [2e9, '2 GB'],
  [1.5e12, '1500 GB'],
])('%i bytes are "%s"', (bytes, text) => {
  expect(showBytes(bytes)).toBe(text);
});

test('every direction mark and line separator is gone, no half character is left', () => {
  expect(cleaned('a\u061cb\u2028c\u2029d')).toBe('a b c d');
  expect(cleaned(`${'x'.repeat(298)}🚀🚀`)).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
  expect(cleaned('\u001b]0;a long title\u0007text')).toBe('text');
  expect(cleaned('\u001bPq#0\u001b\\text')).toBe('text');
});
