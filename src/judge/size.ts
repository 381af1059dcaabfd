// How large the built program is: what the release build or the bundler left, in bytes; unknown where nothing is built.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { realFolder } from '../host/real-folder.ts';
import { type Bench, runCommand } from './command.ts';
import { type Measured, measured, unknown } from './facts.ts';
import { foldersWith } from './ground.ts';
import { networkOf } from './run-gates.ts';
import { readTree } from './tree.ts';

const BUNDLES = ['dist', 'build', 'out'];
const MOST_FILES = 100_000;

/** Over all manifests together; what one of them does not tell makes it unknown. Never throws for what the project does. */
export async function programSize(bench: Bench, maxMs: number): Promise<Measured> {
  const { tree } = readTree(bench.project);
  const endMs = performance.now() + maxMs;
  const network = await networkOf(bench);
  const run = (argv: readonly string[], cwd: string) =>
    runCommand(bench, { argv, cwd, network, maxMs: Math.max(1_000, endMs - performance.now()) });
  const sizes: Measured[] = [];
  for (const folder of foldersWith(tree, ['Cargo.toml'])) {
    const root = join(bench.project, folder);
    const ran = await run(['cargo', 'build', '--release', '--offline'], root);
    if (ran.exit?.code === 0) sizes.push(ofExecutables(join(root, 'target/release'), 'target/release'));
    else sizes.push(unknown(`${ran.shown} failed, so there is no release build to measure`));
  }
  for (const folder of foldersWith(tree, ['go.mod'])) {
    const built = join(bench.scratch, 'built');
    realFolder(bench.folder, built);
    const ran = await run(['go', 'build', '-o', `${built}/`, './...'], join(bench.project, folder));
    sizes.push(ran.exit?.code === 0 ? ofExecutables(built, 'what go build made') : unknown(`${ran.shown} failed`));
  }
  for (const folder of foldersWith(tree, ['package.json'])) sizes.push(ofBundle(join(bench.project, folder)));
  if (sizes.length === 0) return unknown('nothing is built that has a size: it runs from its sources');
  const open = sizes.find(({ value }) => value === null);
  return open ?? measured(sizes.reduce((sum, { value }) => sum + (value ?? 0), 0));
}

/** Programs, not libraries: files that can be executed and have no ending. */
function ofExecutables(folder: string, shown: string): Measured {
  const sizes = namesIn(folder).flatMap((name) => {
    const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
    const isProgram = stat?.isFile() === true && (stat.mode & 0o111) !== 0 && !name.includes('.');
    return isProgram ? [stat.size] : [];
  });
  return sizes.length === 0 ? unknown(`there is no program in ${shown}`) : measured(sum(sizes));
}

function ofBundle(root: string): Measured {
  const folder = BUNDLES.find((name) => lstatSync(join(root, name), { throwIfNoEntry: false })?.isDirectory());
  if (folder === undefined) return unknown('nothing is bundled: it runs from its sources');
  const sizes: number[] = [];
  const open = [join(root, folder)];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const name of namesIn(next)) {
      const path = join(next, name);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat?.isDirectory()) open.push(path);
      else if (stat?.isFile()) sizes.push(stat.size);
      if (sizes.length > MOST_FILES) return unknown(`there are more than ${MOST_FILES} files in ${folder}`);
    }
  return measured(sum(sizes));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
