// What every measurement is made with: rounds that alternate between ours and the peer's, medians, a scratch folder.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const PROGRAM = join(ROOT, 'bin/mega-test.js');

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Runs both sides in turn, so that whatever else the machine does meets both. Gives the medians in milliseconds. */
export async function alternate(rounds, ours, peer) {
  const times = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    times.ours.push(await ours(round));
    times.peer.push(await peer(round));
  }
  return { ours: median(times.ours), peer: median(times.peer) };
}

/** Milliseconds that some work takes. */
export async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'mega-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'ignore', ...options });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code));
  });
}

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(look, limitMs = 60_000) {
  const endMs = performance.now() + limitMs;
  for (let answer = look(); ; answer = look()) {
    if (answer !== null && answer !== false && answer !== undefined) return answer;
    if (performance.now() > endMs) throw new Error('it did not come in time');
    await wait(2);
  }
}

/** Lines of a file that each life of the agent adds one to. */
export function lives(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
}

/** Packages of peers, installed once into a folder of their own. Null when they cannot be had. */
export function peerFolder(name) {
  const folder = join(tmpdir(), 'mega-bench-peers');
  if (!existsSync(join(folder, 'node_modules', name))) {
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{"private":true}');
      execFileSync('npm', ['install', '--no-audit', '--no-fund', name], { cwd: folder, stdio: 'ignore' });
    } catch {
      return null;
    }
  }
  return folder;
}

export function has(program) {
  try {
    execFileSync(program, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A row of the table: the ratio of two medians against its goal. */
export function ratio(what, { ours, peer }, { peerName, goal, unit = 'ms', note = '' }) {
  return {
    what,
    ours: `${show(ours)} ${unit}`,
    peer: `${peerName}: ${show(peer)} ${unit}`,
    ratio: ours / peer,
    goal,
    note,
  };
}

export function show(number) {
  return number >= 100 ? String(Math.round(number)) : number.toPrecision(3);
}
