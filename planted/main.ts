// `npm run test:planted`: plants one bug after the other into a copy of the source and sees who catches it.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CORPUS } from '../sim/corpus.ts';
import { BUGS, type Bug } from './bugs.ts';
import { planted } from './plant.ts';

const SEEDS = 300;
const COPIED = [
  'src',
  'sim',
  'test',
  'bin',
  'projects',
  'rehearsal',
  'schema',
  'docs',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.sim.json',
  'package.json',
  'vitest.config.ts',
  'mega_test_config.toml',
  'run_mega_test.sh',
];

interface Row {
  readonly bug: Bug;
  /** Null: by nobody. */
  readonly caught: string | null;
  readonly how: string;
}

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const only = args.find((word) => !word.startsWith('--'));
  const bugs = BUGS.filter(({ name }) => only === undefined || name.includes(only));
  const scratch = mkdtempSync(join(tmpdir(), 'mega-test-planted-'));
  const rows: Row[] = [];
  try {
    for (const name of COPIED) if (existsSync(name)) cpSync(name, join(scratch, name), { recursive: true });
    symlinkSync(resolve('node_modules'), join(scratch, 'node_modules'));
    for (const bug of bugs) {
      const row = attack(scratch, bug);
      rows.push(row);
      console.log(
        `${row.caught === null ? 'NOT CAUGHT' : 'caught'}: ${bug.name}${row.caught === null ? '' : ` by ${row.caught} (${row.how})`}`,
      );
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  if (args.includes('--write')) write(rows);
  const missed = rows.filter(({ caught }) => caught === null).length;
  console.log(`${rows.length} bugs planted, ${rows.length - missed} caught`);
  return missed === 0 ? 0 : 1;
}

function attack(scratch: string, bug: Bug): Row {
  const path = join(scratch, bug.file);
  const whole = readFileSync(path, 'utf8');
  writeFileSync(path, planted(bug, whole));
  try {
    return { bug, ...(bug.by === undefined ? bySimulation(scratch, bug) : byTests(scratch, bug.by)) };
  } finally {
    writeFileSync(path, whole);
  }
}

/** Nights from seed 1 on until an invariant falls, then the seeds that once found a bug, then the map of all states. */
function bySimulation(scratch: string, { faults }: Bug): Omit<Row, 'bug'> {
  // A planted bug may leave a type error behind; what counts is what it does.
  run(scratch, 'node_modules/.bin/tsc', ['-p', 'tsconfig.sim.json']);
  const sim = (...args: readonly string[]) => run(scratch, process.execPath, ['build/sim/main.js', ...args]);
  const aimed = faults === undefined ? [] : ['--faults', faults];
  const nights = sim('--seed', '1', '--count', String(SEEDS), '--first', ...aimed);
  if (nights.status !== 0) {
    const [, seed, what] = /^seed (\d+): (\S+(?: \d+)?) /m.exec(nights.stdout) ?? [];
    if (seed === undefined) return { caught: 'the simulation', how: `seed 1: ${lastLine(nights)}` };
    return { caught: 'the simulation', how: `${what}, after ${seed} ${seed === '1' ? 'seed' : 'seeds'}` };
  }
  for (const { seed } of CORPUS) {
    const [, what] = /^VIOLATION (\S+)/m.exec(sim('--seed', String(seed), '--quiet').stdout) ?? [];
    if (what !== undefined) return { caught: 'the simulation', how: `${what}, by seed ${seed} of the corpus` };
  }
  const map = sim('--map');
  const [, what] = /^VIOLATION (.*)$/m.exec(map.stdout) ?? [];
  return map.status === 0
    ? { caught: null, how: `${SEEDS} seeds, the corpus, the map of states` }
    : { caught: 'the map of states', how: (what ?? lastLine(map)).slice(0, 120) };
}

function byTests(scratch: string, files: readonly string[]): Omit<Row, 'bug'> {
  run(scratch, 'node_modules/.bin/tsc', ['-p', 'tsconfig.build.json']);
  const result = run(scratch, 'node_modules/.bin/vitest', ['run', '--bail', '1', '--reporter', 'json', ...files]);
  if (result.status === 0) return { caught: null, how: files.join(', ') };
  const failed = [...result.stdout.matchAll(/"status":"failed","title":"((?:[^"\\]|\\.)*)"/g)].map(([, title]) =>
    JSON.parse(`"${title}"`),
  );
  return { caught: 'real processes', how: failed[0] ?? lastLine(result) };
}

function run(cwd: string, file: string, args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    timeout: 900_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NO_COLOR: '1' },
  });
}

function lastLine({ stderr, error }: SpawnSyncReturns<string>): string {
  return (
    (stderr ?? '')
      .trim()
      .split('\n')
      .find((line) => /error/i.test(line))
      ?.trim()
      .slice(0, 120) ?? String(error ?? 'it ended with an error')
  );
}

/** The table in docs/proof.md. */
function write(rows: readonly Row[]): void {
  const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
  const table = rows.map(
    ({ bug, caught, how }) => `| ${cell(bug.name)} | \`${bug.file}\` | ${caught ?? '**not caught**'} | ${cell(how)} |`,
  );
  const text = readFileSync('docs/proof.md', 'utf8');
  const fresh = `<!-- planted -->\n\n| bug | planted in | caught by | how |\n|---|---|---|---|\n${table.join('\n')}\n\n<!-- /planted -->`;
  writeFileSync(
    'docs/proof.md',
    text.replace(/<!-- planted -->[\s\S]*<!-- \/planted -->/, () => fresh),
  );
}
