// Real runs of three selfware versions from the fixtures: their output as signals, their saved state as a home.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentAdapter, Seen, Signal } from '../../src/agents/contract.ts';
import { type Generation, selfwareAdapter } from '../../src/agents/selfware.ts';
import { scratch } from '../store/scratch.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/selfware/', import.meta.url));

export const GENERATIONS = { '0.1.4': 'text', '0.6.7': 'json', '0.9.9': 'strict' } as const satisfies Record<
  string,
  Generation
>;
export type Version = keyof typeof GENERATIONS;
export const VERSIONS = Object.keys(GENERATIONS) as readonly Version[];

export function fixture(version: Version, name: string): Buffer {
  return readFileSync(join(FIXTURES, version, name));
}

export function adapterOf(version: Version): AgentAdapter {
  const facts = { file: 'selfware', prefix: [], version: `selfware ${version}`, generation: GENERATIONS[version] };
  return selfwareAdapter(facts, 'selfware');
}

export interface Reading {
  readonly signals: readonly Signal[];
  readonly seen: Seen;
}

/** What the adapter's reader makes of a run; the output comes in pieces of so many bytes. */
export function readRun(version: Version, run: string, pieceBytes = 65_536): Reading {
  const reader = adapterOf(version).reader();
  const signals: Signal[] = [];
  for (const [stream, name] of [
    ['out', `${run}.out`],
    ['err', `${run}.err`],
  ] as const) {
    const bytes = fixture(version, name);
    for (let at = 0; at < bytes.length; at += pieceBytes)
      signals.push(...reader.push(stream, bytes.subarray(at, at + pieceBytes)));
  }
  signals.push(...reader.end());
  return { signals, seen: reader.seen() };
}

/** Signals of one kind. */
export function only<K extends Signal['is']>({ signals }: Reading, is: K): (Signal & { is: K })[] {
  return signals.filter((signal): signal is Signal & { is: K } => signal.is === is);
}

export interface Home {
  readonly home: string;
  readonly task: string;
  readonly file: string;
  readonly bak: string;
  readonly deltas: string;
  readonly key: string;
}

/** A home as the run left it. */
export function homeOf(version: Version, run: 'killed' | 'finished'): Home {
  const from = join(FIXTURES, version, `state-${run}`);
  const checkpoint = readFileSync(join(from, 'checkpoint'), 'utf8');
  const task = (JSON.parse(checkpoint) as { payload: { task_id: string } }).payload.task_id;
  const home = scratch();
  const folder = join(home, '.selfware/checkpoints');
  const keys = join(home, '.local/share/selfware');
  for (const path of [folder, keys]) mkdirSync(path, { recursive: true });
  const file = join(folder, `${task}.json`);
  const places: Home = {
    home,
    task,
    file,
    bak: `${file}.bak`,
    deltas: join(folder, `${task}.delta.jsonl`),
    key: join(keys, 'checkpoint_hmac_key'),
  };
  writeFileSync(places.key, Buffer.from(readFileSync(join(from, 'hmac-key.hex'), 'utf8').trim(), 'hex'));
  const targets: Record<string, string> = { checkpoint: file, bak: places.bak, 'delta.jsonl': places.deltas };
  for (const name of readdirSync(from)) {
    const target = targets[name];
    if (target !== undefined) writeFileSync(target, readFileSync(join(from, name)));
  }
  return places;
}
