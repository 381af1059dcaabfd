// Coverage as real tools write it, each against the numbers that another one gives for the same project.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cargoAudit, npmAudit } from '../../../src/judge/readers/audit.ts';
import { readCoverage } from '../../../src/judge/readers/coverage.ts';
import { rustdocCoverage } from '../../../src/judge/readers/rustdoc.ts';

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/judge/${name}`, import.meta.url), 'utf8');
}

function of(name: string, file: string): { covered: number; total: number } | null {
  const found = readCoverage(fixture(name))?.find(({ path }) => path.endsWith(file));
  return found === undefined ? null : { covered: found.covered, total: found.total };
}

test.each([
  ['llvm-cov/passing.json', 'src/lib.rs', { covered: 14, total: 18 }],
  ['llvm-lcov/passing.info', 'src/lib.rs', { covered: 14, total: 18 }],
  ['node-lcov/passing.info', 'src/shelf.js', { covered: 7, total: 11 }],
  ['node-lcov/failing.info', 'src/shelf.js', { covered: 7, total: 11 }],
  ['vitest-lcov/passing.info', 'shelf.js', { covered: 2, total: 4 }],
  ['vitest-cobertura/passing.xml', 'shelf.js', { covered: 2, total: 4 }],
  ['istanbul/vitest-passing.json', 'shelf.js', { covered: 2, total: 4 }],
  ['istanbul/vitest-crashed.json', 'shelf.js', { covered: 0, total: 4 }],
  ['vitest-lcov/crashed.info', 'shelf.js', { covered: 0, total: 4 }],
  ['vitest-cobertura/crashed.xml', 'shelf.js', { covered: 0, total: 4 }],
  ['istanbul/passing.json', 'shelf.js', { covered: 3, total: 5 }],
  ['coverage-py/passing.json', 'shelf.py', { covered: 4, total: 6 }],
  ['coverage-py-lcov/passing.info', 'shelf.py', { covered: 4, total: 6 }],
  ['cobertura/passing.xml', 'shelf.py', { covered: 4, total: 6 }],
  ['cobertura/crashed.xml', 'shelf.py', { covered: 0, total: 6 }],
  ['coverage-py/crashed.json', 'shelf.py', { covered: 0, total: 6 }],
  ['go-cover/passing.txt', 'shelf.go', { covered: 2, total: 4 }],
  ['go-cover/passing.txt', 'inner.go', { covered: 0, total: 1 }],
])('%s: %s', (name, file, expected) => {
  expect(of(name, file)).toEqual(expected);
});

test('a program that never wrote its coverage has none, and no share is made up', () => {
  expect(readCoverage(fixture('llvm-cov/crashed.json'))).toBeNull();
  expect(readCoverage(fixture('istanbul/crashed.json'))).toEqual([]);
  for (const text of ['', '{}', 'SF', '<coverage><a></coverage>', 'TN', '{"type":"llvm.coverage.json.export"}'])
    expect(readCoverage(text)).toBeNull();
});

test('a file with several records is covered where one of them reached it', () => {
  const text = 'TN:\nSF:a.js\nDA:1,0\nDA:2,1\nend_of_record\nSF:a.js\nDA:1,4\nDA:2,0\nDA:3,0\nend_of_record\n';
  expect(readCoverage(text)).toEqual([{ path: 'a.js', covered: 2, total: 3 }]);
});

test('rustdoc tells documented items; a crate that does not compile tells nothing', () => {
  expect(rustdocCoverage(fixture('rustdoc/passing.json'))).toEqual({ documented: 3, total: 3 });
  expect(rustdocCoverage(fixture('rustdoc/failing.json'))).toEqual({ documented: 2, total: 3 });
  expect(rustdocCoverage(fixture('rustdoc/crashed.json'))).toBeNull();
  const two = `${fixture('rustdoc/passing.json').trim()}\n${fixture('rustdoc/failing.json')}`;
  expect(rustdocCoverage(two)).toEqual({ documented: 5, total: 6 });
});

test('cargo audit tells its advisories; a database that cannot be fetched is no clean report', () => {
  expect(cargoAudit(fixture('cargo-audit/passing.json'))).toEqual([]);
  expect(cargoAudit(fixture('cargo-audit/failing.json'))).toEqual([
    {
      severity: 'high',
      package: 'smallvec 1.6.0',
      text: 'RUSTSEC-2021-0003: Buffer overflow in SmallVec::insert_many',
    },
  ]);
  expect(cargoAudit(fixture('cargo-audit/crashed.json'))).toBeNull();
});

test('npm audit tells its advisories; a registry that does not answer is no clean report', () => {
  expect(npmAudit(fixture('npm-audit/passing.json'))).toEqual([]);
  expect(npmAudit(fixture('npm-audit/failing.json'))).toEqual([
    {
      severity: 'critical',
      package: 'minimist',
      text: 'Prototype Pollution in minimist; Prototype Pollution in minimist',
    },
  ]);
  expect(npmAudit(fixture('npm-audit/crashed.json'))).toBeNull();
});
