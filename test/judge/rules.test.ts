// The digest of what a session is judged by: the same for the same, another as soon as code or settings are.
import { appendFileSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectOf } from '../../src/config/projects.ts';
import { CONFIG, type Config } from '../../src/config/schema.ts';
import { differencesOf, type RuleSources, rulesOf } from '../../src/judge/rules.ts';
import { scratch } from '../store/scratch.ts';

const CONFIGURED: Config = CONFIG.parse({});
const SOURCES: RuleSources = {
  config: CONFIGURED,
  project: projectOf(CONFIGURED, 'task_queue'),
  version: '1.0.0',
};
const AT_START = rulesOf(SOURCES);

function copyOfTheJudge(): string {
  const code = join(scratch(), 'judge');
  cpSync('src/judge', code, { recursive: true });
  return code;
}

function changed(change: Partial<RuleSources>): readonly string[] {
  const now = rulesOf({ ...SOURCES, ...change });
  const differences = differencesOf(AT_START, now);
  expect(now.digest === AT_START.digest).toBe(differences.length === 0);
  return differences;
}

test('the same code and settings have the same digest, wherever they lie', () => {
  expect(rulesOf({ ...SOURCES, code: copyOfTheJudge() })).toEqual(AT_START);
  expect(Object.keys(AT_START.parts)).toContain('code of the judge, criteria.ts');
  expect(Object.keys(AT_START.parts)).toContain('code of the judge, probes/inside/main.ts');
});

test('a file of the judge that was changed, is new or is gone is told by its name', () => {
  const code = copyOfTheJudge();
  appendFileSync(join(code, 'criteria.ts'), '\n');
  writeFileSync(join(code, 'kind.ts'), '');
  rmSync(join(code, 'readers/lcov.ts'));
  expect([...changed({ code })].sort()).toEqual([
    'code of the judge, criteria.ts is another',
    'code of the judge, kind.ts is new',
    'code of the judge, readers/lcov.ts is gone',
  ]);
});

test('a setting that was changed is told with what it was and what it is', () => {
  const { judge, project, limits } = CONFIGURED;
  const with_ = (change: Partial<Config>) => changed({ config: { ...CONFIGURED, ...change } });
  expect(with_({ judge: { ...judge, test_command: ['true'] } })).toEqual(['judge.test_command was [], is ["true"]']);
  expect(with_({ project: { ...project, target: { test_coverage: 0.1 } } })).toEqual([
    'project.target.test_coverage is new',
  ]);
  expect(with_({ limits: { ...limits, max_test_runtime_min: 1 } })).toEqual([
    'limits.max_test_runtime_min was 30, is 1',
  ]);
  expect(with_({ limits: { ...limits, max_errors: 1 } as Config['limits'] })).toEqual([]);
});

test('what a phase has to reach and what a component promises belong to the rules', () => {
  const phases = [{ name: 'bootstrap', duration_minutes: 1, objectives: ['x'], success_criteria: ['it exists'] }];
  expect(changed({ config: { ...CONFIGURED, phases } })).toContain('success criteria of phase.bootstrap is another');
  const { project } = SOURCES;
  const components = project.components.map((one, at) => (at === 0 ? { ...one, behaviour: 'nothing' } : one));
  expect(changed({ project: { ...project, components } })).toEqual([
    `component of task_queue.${project.components[0]?.id} is another`,
  ]);
  expect(changed({ version: '2.0.0' })).toEqual(['version of mega-test was 1.0.0, is 2.0.0']);
});
