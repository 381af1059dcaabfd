// What pip-audit and govulncheck really write: weaknesses, none, and the ways in which they could not look.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { govulncheck, pipAudit } from '../../../src/judge/readers/audit.ts';

function fixture(name: string): string {
  return readFileSync(`test/fixtures/judge/${name}`, 'utf8');
}

test('pip-audit: each known weakness with its package; packages that were not looked up are no safe ones', () => {
  const failing = pipAudit(fixture('pip-audit/failing.json'));
  expect(failing?.advisories).toMatchObject([{ severity: 'high', package: 'jinja2 2.11.2' }]);
  expect(failing?.advisories[0]?.text).toMatch(/^PYSEC-2021-66: This affects the package jinja2/);
  expect(failing?.audited).toEqual(['jinja2', 'markupsafe', 'pip', 'setuptools']);
  expect(pipAudit(fixture('pip-audit/passing.json'))).toMatchObject({
    advisories: [],
    audited: ['markupsafe', 'pip', 'setuptools'],
  });
  const unanswered = pipAudit(fixture('pip-audit/unanswered.json'));
  expect(unanswered).toMatchObject({ advisories: [], audited: [] });
  expect(unanswered?.skipped.get('jinja2')).toContain('not found on PyPI');
  expect(pipAudit(fixture('pip-audit/crashed.json'))).toBeNull();
  expect(pipAudit('{"dependencies": 3}')).toBeNull();
});

test('govulncheck: what is called is high, what is only there is low, each weakness once', () => {
  expect(govulncheck(fixture('govulncheck/failing.txt'))).toEqual([
    {
      severity: 'high',
      package: 'golang.org/x/text v0.3.0',
      text: expect.stringMatching(/^GO-2021-0113: Due to improper index calculation/),
    },
  ]);
  expect(govulncheck(fixture('govulncheck/uncalled.txt'))).toMatchObject([{ severity: 'low' }]);
  // The same weakness, were it one of the Go that is installed.
  const ofGo = fixture('govulncheck/failing.txt').replaceAll('"module": "golang.org/x/text"', '"module": "stdlib"');
  expect(govulncheck(ofGo)).toMatchObject([{ severity: 'low', package: 'stdlib v0.3.0' }]);
  expect(govulncheck(fixture('govulncheck/passing.txt'))).toEqual([]);
  expect(govulncheck('no JSON\n')).toBeNull();
});
