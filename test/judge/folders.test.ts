// Judged commands that put links in the place of the judge's own folders: nothing of ours is then done where those lead.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pidsWithMarker } from '../../src/host/processes.ts';
import { runCommand } from '../../src/judge/command.ts';
import { availableWalls } from '../process/levels.ts';
import { scratch } from '../store/scratch.ts';
import { gate, judged } from './bench.ts';

const WALLS = await availableWalls();
/** Where the judge's folders are no mounts, and everything can be put in their place. */
const WITHOUT_MOUNTS = WALLS.filter(({ walls }) => walls.level !== 'full');

/** A folder of somebody else's, with the names that the judge uses in its own. */
function outside(): string {
  const folder = scratch();
  for (const name of ['home', 'project', 'scratch', 'reports', 't', 'tmp']) mkdirSync(join(folder, name));
  for (const name of ['package.json', 'lint.js', 't/a.js', 'input', 'output', 'errors', 'told.xml', 'reports/told.xml'])
    writeFileSync(join(folder, name), `mine: ${name}`);
  return folder;
}

function held(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).map(
    (entry) => [join(entry.parentPath, entry.name), entry.isFile()] as const,
  );
  return new Map(paths.map(([path, isFile]) => [path, isFile ? readFileSync(path, 'utf8') : 'folder'] as const));
}

function hostile(script: string) {
  return {
    'package.json': JSON.stringify({ scripts: { test: 'sh hostile.sh', lint: 'node lint.js' } }),
    'hostile.sh': script,
    'lint.js': "require('./t/a.js');\n",
    't/a.js': "console.log('linted');\n",
  };
}

describe.each(WITHOUT_MOUNTS)('$name', ({ walls }) => {
  test.each([
    ['judge/project', 'rm -rf ../project && ln -s OUTSIDE ../project'],
    ['judge/project', 'mv ../project ../away && ln -s OUTSIDE ../project'],
    ['judge/scratch', 'rm -rf ../scratch && ln -s OUTSIDE ../scratch'],
    ['judge/scratch/home', 'rm -rf ../scratch/home && ln -s OUTSIDE/home ../scratch/home'],
    ['judge/tmp', 'rm -rf ../tmp && ln -s OUTSIDE ../tmp'],
    ['judge', 'rm -rf ../../judge && ln -s OUTSIDE ../../judge'],
    ['judge/project', 'rm -rf ../project && echo a file > ../project'],
  ])('what puts something else in the place of %s fails, and nothing is done where it leads: %s', async (name, way) => {
    const sentinel = outside();
    const before = held(sentinel);
    const { gates, project } = await judged(hostile(`cd "$PWD"\n${way.replace('OUTSIDE', sentinel)}\n`), { walls });
    const results = await gates(['test', 'lint']);
    expect(held(sentinel)).toEqual(before);
    expect(gate(results, 'test')).toMatchObject({
      verdict: 'failed',
      reason: `npm test put something else in the place of the judge’s own folder ${name}`,
    });
    expect(gate(results, 'lint')).toMatchObject({ verdict: 'passed', reason: 'npm run --silent lint: no findings' });
    expect(readFileSync(join(project, 't/a.js'), 'utf8')).toContain('linted');
  });

  test('it fails as well where dependencies are missing, which excuses other failures', async () => {
    const sentinel = outside();
    const files = hostile(`rm -rf ../tmp && ln -s ${sentinel} ../tmp\nexit 1\n`);
    const manifest = { ...JSON.parse(files['package.json']), dependencies: { 'left-pad': '1.3.0' } };
    const { gates } = await judged({ ...files, 'package.json': JSON.stringify(manifest) }, { walls });
    expect(gate(await gates(['test']), 'test').verdict).toBe('failed');
  });

  test('a folder that was removed is there again for the next gate', async () => {
    const { gates } = await judged(hostile('rm -rf ../project ../scratch ../tmp\nexit 1\n'), { walls });
    const results = await gates(['test', 'lint']);
    expect(gate(results, 'test').reason).toMatch(/^npm test: exit code /);
    expect(gate(results, 'lint').verdict).toBe('passed');
  });

  test('what wrote too much is removed from the judge’s folder, not from where a link leads', async () => {
    const sentinel = outside();
    const { bench } = await judged({}, { walls, diskBytes: 50 * 1024 * 1024 });
    const script = `echo new > ${sentinel}/new; rm -rf ../tmp; ln -s ${sentinel} ../tmp; head -c 200000000 /dev/zero > grown; sleep 1000`;
    const argv = ['sh', '-c', script];
    const ran = await runCommand(bench, { argv, cwd: bench.project, network: 'open', maxMs: 60_000 });
    expect(ran).toMatchObject({ cut: 'disk', replaced: ['judge/tmp'] });
    expect(readFileSync(join(sentinel, 'new'), 'utf8')).toBe('new\n');
    expect(readdirSync(bench.project)).toEqual([]);
  });

  test('nobody is left who could put another link there when the folders are looked at', async () => {
    const sentinel = outside();
    const before = held(sentinel);
    const again = `while :; do rm -rf ../project; ln -s ${sentinel} ../project; done`;
    const script = `setsid sh -c '${again}' &\nuntil [ -L ../project ]; do :; done\n`;
    const { gates, bench } = await judged(hostile(script), { walls });
    const results = await gates(['test', 'lint']);
    expect(pidsWithMarker(bench.marker)).toEqual([]);
    expect(held(sentinel)).toEqual(before);
    // It was ended somewhere between removing and linking.
    expect(gate(results, 'test').verdict).not.toBe('passed');
    expect(gate(results, 'lint').verdict).toBe('passed');
  });
});

describe.each(WALLS)('$name', ({ walls }) => {
  test('a report is neither removed nor read where a link leads', async () => {
    const sentinel = outside();
    const before = held(sentinel);
    const { bench } = await judged({}, { walls });
    const report = join(bench.scratch, 'reports/part/told.xml');
    const order = { cwd: bench.project, network: 'open', report, maxMs: 60_000 } as const;
    const link = (name: string) => ['sh', '-c', `rm -rf ../scratch/${name} && ln -s ${sentinel} ../scratch/${name}`];
    for (const name of ['reports', 'reports/part'])
      expect(await runCommand(bench, { ...order, argv: link(name) })).toMatchObject({
        report: null,
        replaced: [`judge/scratch/${name}`],
      });
    // A command that writes no report does not look after its folder; the next one does.
    const unseen = { argv: link('reports/part'), cwd: bench.project, network: 'open', maxMs: 60_000 } as const;
    expect((await runCommand(bench, unseen)).replaced).toEqual([]);
    const told = ['sh', '-c', 'echo told > ../scratch/reports/part/told.xml'];
    expect(await runCommand(bench, { ...order, argv: told })).toMatchObject({ report: 'told\n', replaced: [] });
    expect(held(sentinel)).toEqual(before);
  });

  test('what is printed is read, and has its limit, where its file was removed', async () => {
    const { bench } = await judged({}, { walls });
    const order = { cwd: bench.project, network: 'open', maxMs: 60_000 } as const;
    const quiet = ['sh', '-c', 'rm ../scratch/output; echo still here'];
    expect((await runCommand(bench, { ...order, argv: quiet })).output).toBe('still here\n');
    const loud = ['sh', '-c', 'rm ../scratch/output; exec yes'];
    expect((await runCommand(bench, { ...order, argv: loud })).cut).toBe('output');
  });
});
