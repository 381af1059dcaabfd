// Durable files: replaced whole or not at all, nothing left beside them; a sealed text shows any change.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sealed, sha256, unsealed, writeDurable } from '../../src/store/durable.ts';
import { flipped, IS_ROOT, scratch } from './scratch.ts';

test('a file is made with the content and the mode asked for, and nothing beside it', () => {
  const folder = scratch();
  writeDurable(join(folder, 'key'), 'Grüße\n', { mode: 0o600 });
  expect(readFileSync(join(folder, 'key'), 'utf8')).toBe('Grüße\n');
  expect(statSync(join(folder, 'key')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['key']);
});

test('a file is replaced by shorter, longer, empty and binary content', () => {
  const path = join(scratch(), 'status');
  for (const content of ['long '.repeat(1_000), 'short', '', Uint8Array.of(0, 255, 10)]) {
    writeDurable(path, content);
    expect(readFileSync(path)).toEqual(Buffer.from(content));
  }
});

test('a reader that has the old file open goes on seeing all of it', () => {
  const path = join(scratch(), 'status');
  writeDurable(path, 'old');
  const before = statSync(path).ino;
  writeDurable(path, 'new');
  expect(statSync(path).ino).not.toBe(before);
});

test('a link in the place of the file is replaced, and what it points to stays as it was', () => {
  const folder = scratch();
  writeFileSync(join(folder, 'precious'), 'precious');
  symlinkSync('precious', join(folder, 'status'));
  writeDurable(join(folder, 'status'), 'running');
  expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious');
  expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('running');
});

test('into a folder that is not there nothing is written, and the system says why', () => {
  const folder = scratch();
  expect(() => writeDurable(join(folder, 'missing', 'status'), 'x')).toThrow('ENOENT');
  expect(readdirSync(folder)).toEqual([]);
});

test('over a folder nothing is written, and no temporary file stays', () => {
  const folder = scratch();
  mkdirSync(join(folder, 'status', 'inner'), { recursive: true });
  expect(() => writeDurable(join(folder, 'status'), 'x')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(folder)).toEqual(['status']);
  expect(readdirSync(join(folder, 'status'))).toEqual(['inner']);
});

test.skipIf(IS_ROOT)('in a folder that cannot be written the old file stays as it was', () => {
  const folder = scratch();
  writeDurable(join(folder, 'status'), 'old');
  chmodSync(folder, 0o500);
  expect(() => writeDurable(join(folder, 'status'), 'new')).toThrow('EACCES');
  chmodSync(folder, 0o700);
  expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['status']);
});

test('a name too long for the system is refused, and no temporary file stays', () => {
  const folder = scratch();
  expect(() => writeDurable(join(folder, 'x'.repeat(300)), 'x')).toThrow('ENAMETOOLONG');
  expect(readdirSync(folder)).toEqual([]);
});

const VALUE = { schema: 1, text: 'Grüße "日本" \ufffd\n', list: [1, null], nested: { sha256: 'a'.repeat(64) } };

test('any JSON value reads back as it was sealed', () => {
  const value = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
  fc.assert(
    fc.property(value, (one) => {
      expect(unsealed(sealed(one))?.value).toEqual(JSON.parse(JSON.stringify(one)));
    }),
    { numRuns: 200 },
  );
});

test('a sealed text is JSON for anybody, with the checksum as its last key', () => {
  const text = sealed(VALUE);
  const read = JSON.parse(text) as typeof VALUE & { readonly sha256: string };
  expect(read).toEqual({ ...VALUE, sha256: unsealed(text)?.sha256 });
  expect(Object.keys(read).at(-1)).toBe('sha256');
});

test('a sealed text with any single bit turned over is refused', () => {
  const whole = Buffer.from(sealed(VALUE));
  for (let bit = 0; bit < whole.length * 8; bit++)
    if (unsealed(flipped(whole, bit).toString('utf8')) !== null) expect.fail(`bit ${bit} was not noticed`);
});

test('a sealed text cut at any byte is refused', () => {
  const whole = Buffer.from(sealed(VALUE));
  for (let length = 0; length < whole.length; length++)
    if (unsealed(whole.toString('utf8', 0, length)) !== null) expect.fail(`a cut at ${length} was not noticed`);
  expect(unsealed(whole.toString('utf8'))).not.toBeNull();
});

test.each([
  ['something behind it', (text: string) => `${text} `],
  ['something before it', (text: string) => `\n${text}`],
  ['other line ends', (text: string) => text.replaceAll('\n', '\r\n')],
  ['another spelling of the same value', (text: string) => text.replace('"schema": 1', '"schema":  1')],
  ['a NUL tail', (text: string) => `${text}\0\0`],
  ['the checksum of another text', (text: string) => text.replace(/[0-9a-f]{64}(?="\n\}\n$)/, sha256('other'))],
])('a sealed text with %s is refused', (_, change) => {
  expect(change(sealed(VALUE))).not.toBe(sealed(VALUE));
  expect(unsealed(change(sealed(VALUE)))).toBeNull();
});

test('the checksum is SHA-256', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
