// Test results as real runners write them: passing, failing, crashed; and texts that only look like results.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { goJson, goText } from '../../../src/judge/readers/go-tests.ts';
import { junit } from '../../../src/judge/readers/junit.ts';
import { nodeText, vitestJson, vitestText } from '../../../src/judge/readers/node-tests.ts';
import { pytestText } from '../../../src/judge/readers/pytest.ts';
import { libtestJson, libtestText, nextest } from '../../../src/judge/readers/rust-tests.ts';
import type { TestReader } from '../../../src/judge/readers/test-counts.ts';
import { readTests } from '../../../src/judge/readers/tests.ts';
import { unittestText } from '../../../src/judge/readers/unittest.ts';

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/judge/${name}`, import.meta.url), 'utf8');
}

const FORMATS: readonly (readonly [TestReader, string, string, string])[] = [
  [libtestText, 'libtest-text', 'txt', 'tests::fits'],
  [libtestJson, 'libtest-json', 'txt', 'tests::fits'],
  [nextest, 'nextest', 'txt', 'shelf tests::fits'],
  [nodeText, 'node-tap', 'txt', 'books fit'],
  [nodeText, 'node-spec', 'txt', 'books fit'],
  [junit, 'node-junit', 'xml', 'test books fit'],
  [vitestJson, 'vitest-json', 'json', 'books fit'],
  [vitestJson, 'jest-json', 'json', 'books fit'],
  [pytestText, 'pytest-text', 'txt', 'tests/test_shelf.py::test_books_fit'],
  [junit, 'pytest-junit', 'xml', 'tests.test_shelf test_books_fit'],
  [unittestText, 'unittest', 'txt', 'test_books_fit (tests.RoomTest.test_books_fit)'],
  [goJson, 'go-json', 'txt', 'example.com/shelf TestFits'],
];

test.each(FORMATS)('%o reads %s: two passed and one skipped', (read, folder, ending) => {
  const text = fixture(`${folder}/passing.${ending}`);
  expect(read(text)).toMatchObject({ tests: 2, failed: 0, skipped: 1, failing: [], broken: null });
  expect(readTests(text)).toEqual(read(text));
});

test.each(FORMATS)('%o reads %s: one failed, by its name', (read, folder, ending, name) => {
  const text = fixture(`${folder}/failing.${ending}`);
  expect(read(text)).toMatchObject({ tests: 2, failed: 1, skipped: 1, broken: null });
  expect(read(text)?.failing).toContain(name);
  expect(readTests(text)).toEqual(read(text));
});

test.each(FORMATS)('%o reads %s: a crash is never a run in which all is well', (read, folder, ending) => {
  const found = read(fixture(`${folder}/crashed.${ending}`));
  expect(found === null || found.failed > 0 || found.broken !== null).toBe(true);
});

test('a test program of cargo that aborts is told, though another one ended well', () => {
  expect(libtestText(fixture('libtest-text/crashed.txt'))?.broken).toBe(
    '1 of 2 test programs ended before their tests did',
  );
  expect(nextest(fixture('nextest/crashed.txt'))).toMatchObject({ failed: 1, failing: ['shelf tests::seven'] });
  expect(libtestJson(fixture('libtest-json/crashed.txt'))?.broken).toBe(
    '1 of 2 test programs ended before their tests did',
  );
});

test('unittest: a success that was not expected and a class that cannot begin are failures', () => {
  expect(unittestText(fixture('unittest/setup.txt'))).toMatchObject({ tests: 2, failed: 2, skipped: 0 });
  expect(unittestText('Ran 0 tests in 0.000s\n\nOK\n')).toMatchObject({ tests: 0, failed: 0 });
  expect(unittestText('print: Ran 3 tests in 0.1s\n\nOK\n')).toBeNull();
});

test('what does not compile tells no number', () => {
  expect(libtestText(fixture('libtest-text/broken.txt'))).toBeNull();
});

test('files that could not be loaded are told by vitest, jest and pytest', () => {
  for (const name of ['vitest-json/crashed.json', 'jest-json/crashed.json'])
    expect(vitestJson(fixture(name))).toMatchObject({ tests: 0, broken: '1 test files could not be run' });
  expect(junit(fixture('pytest-junit/crashed.xml'))?.broken).toBe('test files could not be loaded');
});

test('each reader knows its own format and none of the others, but the two that share a shape', () => {
  const readers = [...new Set(FORMATS.map(([read]) => read)), goText, vitestText];
  for (const [own, folder, ending] of FORMATS)
    for (const read of readers)
      if (read !== own) expect(read(fixture(`${folder}/failing.${ending}`)), `${read.name} of ${folder}`).toBeNull();
});

test.each([
  '',
  '\n',
  'Segmentation fault\n',
  'all tests are fine, believe me\n',
  '{}',
  '{"type":"suite"',
  '<a><b></a>',
  '[]',
])('%j is no result', (text) => expect(readTests(text)).toBeNull());

test('an XML report that is cut off is none', () => {
  const text = fixture('pytest-junit/passing.xml');
  expect(junit(text.slice(0, -30))).toBeNull();
});

test('a report that promises more tests than it holds is broken', () => {
  const text = fixture('pytest-junit/passing.xml').replace('tests="3"', 'tests="9"');
  expect(junit(text)?.broken).toBe('3 of 9 tests are in the report');
});

test('entities that grow without end are not expanded', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}"><!ENTITY c "${'&b;'.repeat(1000)}"><!ENTITY d "${'&c;'.repeat(1000)}">]><testsuites><testcase name="&d;"/></testsuites>`;
  const found = junit(bomb);
  expect(found === null || JSON.stringify(found).length < 10_000).toBe(true);
});
