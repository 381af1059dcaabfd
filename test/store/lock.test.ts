// The lock of a session: one owner at a time over all processes, free the moment its holder is dead.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { hostName, identityOf, networkNamespace } from '../../src/host/identity.ts';
import { layoutOf } from '../../src/store/layout.ts';
import {
  foreignOwner,
  isLocked,
  type Owner,
  ownerWriter,
  readOwner,
  removeOwner,
  takeLock,
} from '../../src/store/lock.ts';
import { scratch } from './scratch.ts';

const BUILT = mkdtempSync(join(tmpdir(), 'mega-unit-'));

beforeAll(() =>
  build({
    configFile: false,
    logLevel: 'silent',
    build: { ssr: fileURLToPath(new URL('lock-holder.ts', import.meta.url)), outDir: BUILT, emptyOutDir: false },
  }),
);

afterAll(() => rmSync(BUILT, { recursive: true, force: true }));

interface Holder {
  readonly child: ChildProcess;
  readonly said: string;
}

/** Another process that has tried to take the lock and has said whether it got it. */
async function holder(root: string): Promise<Holder> {
  const child = spawn(process.execPath, [join(BUILT, 'lock-holder.js'), root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const said = await new Promise<string>((resolve) => lines.once('line', resolve));
  return { child, said };
}

function ended({ child }: Holder): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

test('a second taker in another process is refused, and so is a third in ours', async () => {
  const root = join(scratch(), 'night-7');
  expect(await isLocked(root)).toBe(false);
  expect((await holder(root)).said).toBe('held');
  expect((await holder(root)).said).toBe('refused');
  expect(await takeLock(root)).toBeNull();
  expect(await isLocked(root)).toBe(true);
});

test('a holder killed with -9 frees the lock at once', async () => {
  const root = join(scratch(), 'night-7');
  const first = await holder(root);
  const death = ended(first);
  first.child.kill('SIGKILL');
  await death;
  expect(await isLocked(root)).toBe(false);
  const lock = await takeLock(root);
  expect(lock).not.toBeNull();
  await lock?.release();
});

test('a holder that is stopped keeps the lock', async () => {
  const root = join(scratch(), 'night-7');
  const first = await holder(root);
  first.child.kill('SIGSTOP');
  expect(await isLocked(root)).toBe(true);
  expect(await takeLock(root)).toBeNull();
});

test('a stopped holder keeps the lock however often it is asked for: more looks than can wait at its door', async () => {
  const root = join(scratch(), 'night-7');
  const first = await holder(root);
  first.child.kill('SIGSTOP');
  for (let look = 0; look < 5_000; look++) if (!(await isLocked(root))) expect.fail(`look ${look} found it free`);
});

test('a released lock can be taken by another process', async () => {
  const root = join(scratch(), 'night-7');
  const lock = await takeLock(root);
  expect((await holder(root)).said).toBe('refused');
  await lock?.release();
  expect((await holder(root)).said).toBe('held');
});

test('of eight takers at the same time exactly one gets the lock', async () => {
  const root = join(scratch(), 'night-7');
  const locks = await Promise.all(Array.from({ length: 8 }, () => takeLock(root)));
  expect(locks.filter((lock) => lock !== null)).toHaveLength(1);
  for (const lock of locks) await lock?.release();
});

test('other sessions are not locked by it', async () => {
  const folder = scratch();
  const lock = await takeLock(join(folder, 'night-7'));
  const other = await takeLock(join(folder, 'night-8'));
  expect(other).not.toBeNull();
  await lock?.release();
  await other?.release();
});

test('the same session reached by another path is the same session', async () => {
  const folder = realpathSync(scratch());
  mkdirSync(join(folder, 'runs'));
  symlinkSync('runs', join(folder, 'link'));
  const lock = await takeLock(join(folder, 'runs', 'night-7'));
  expect(await takeLock(join(folder, 'link', 'night-7'))).toBeNull();
  expect(await takeLock(join(folder, 'runs', '..', 'runs', 'night-7'))).toBeNull();
  await lock?.release();
});

const HERE: Owner = {
  ...identityOf(process.pid),
  host: hostName(),
  networkNamespace: networkNamespace(),
  since: '2026-01-01T00:00:00.000Z',
};

/** A session whose owner is written down and whose files were last touched so long ago. */
function owned(owner: unknown, ageMs: number, nowMs: number) {
  const layout = layoutOf(scratch());
  writeFileSync(layout.journal, '');
  writeFileSync(layout.owner, JSON.stringify(owner));
  for (const path of [layout.journal, layout.owner]) utimesSync(path, new Date(nowMs - ageMs), new Date(nowMs - ageMs));
  return layout;
}

const NOW_MS = Date.UTC(2026, 0, 2);

test('an owner of this host is never foreign, however fresh: the lock itself tells', () => {
  expect(foreignOwner(owned(HERE, 0, NOW_MS), NOW_MS)).toBeNull();
});

test.each([
  ['on another host', { ...HERE, host: 'elsewhere' }],
  ['in another network namespace', { ...HERE, networkNamespace: 'net:[1]' }],
])('an owner %s counts for two minutes after its last sign of life', (_, owner) => {
  expect(foreignOwner(owned(owner, 119_000, NOW_MS), NOW_MS)).toEqual(owner);
  expect(foreignOwner(owned(owner, 121_000, NOW_MS), NOW_MS)).toBeNull();
});

test('a fresh journal is a sign of life, whatever the age of the owner file', () => {
  const owner = { ...HERE, host: 'elsewhere' };
  const layout = owned(owner, 3_600_000, NOW_MS);
  utimesSync(layout.journal, new Date(NOW_MS - 10_000), new Date(NOW_MS - 10_000));
  expect(foreignOwner(layout, NOW_MS)).toEqual(owner);
});

test('without an owner file, or with an unreadable one, nobody is foreign', () => {
  const layout = layoutOf(scratch());
  expect(foreignOwner(layout, NOW_MS)).toBeNull();
  writeFileSync(layout.owner, '{"pid": 1, "ho');
  expect(foreignOwner(layout, NOW_MS)).toBeNull();
});

test('the owner file names this process, and is gone when removed, once or twice', () => {
  const layout = layoutOf(scratch());
  expect(ownerWriter(layout)()).toBeNull();
  expect(readOwner(layout)).toEqual({ ...HERE, since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) });
  removeOwner(layout);
  removeOwner(layout);
  expect(readOwner(layout)).toBeNull();
});

test('a session reached by a link to its own folder is the same session', async () => {
  const folder = scratch();
  mkdirSync(join(folder, 'night'));
  symlinkSync('night', join(folder, 'alias'));
  const lock = await takeLock(join(folder, 'night'));
  const second = await takeLock(join(folder, 'alias'));
  await second?.release();
  await lock?.release();
  expect(second).toBeNull();
});
