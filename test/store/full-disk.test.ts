// A disk that takes nothing for a while, full or read-only: on a file system of 64 kB no event and no old file is lost.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StampedEvent } from '../../src/session/event.ts';
import { writeDurable } from '../../src/store/durable.ts';
import { BEGINNING, JournalWriter, readJournal } from '../../src/store/journal.ts';
import { at, scratch } from './scratch.ts';

function event(seq: number, size: number): StampedEvent {
  const text = `${seq}`.padEnd(size, '.');
  return { type: 'agent-erred', agent: 'coder', turn: 1, about: 'step', text, seq, atMs: seq, wall: 'w' };
}

/** Mounts a file system of so many kB, which only root may; null when it cannot be. */
function smallDisk(folder: string, kilobytes: number): string | null {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'mega-test-unit', disk], { stdio: 'ignore' });
    return disk;
  } catch {
    return null;
  }
}

function unmount(disk: string): void {
  execFileSync('umount', ['-l', disk], { stdio: 'ignore' });
}

const CAN_MOUNT = (() => {
  const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  const disk = smallDisk(folder, 4);
  if (disk !== null) unmount(disk);
  rmSync(folder, { recursive: true, force: true });
  return disk !== null;
})();

function fullDisk(): { readonly disk: string; readonly ballast: string } {
  const disk = smallDisk(scratch(), 64) ?? expect.fail('it could be mounted a moment ago');
  onTestFinished(() => unmount(disk));
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(40 * 1024));
  return { disk, ballast };
}

function seqs(path: string): { readonly seqs: readonly number[]; readonly lost: number } {
  const found: number[] = [];
  const { lost } = readJournal(at(path), BEGINNING, ({ seq }) => found.push(seq));
  return { seqs: found, lost };
}

test.skipIf(!CAN_MOUNT)('events that find the disk full wait in memory and are written in order later', () => {
  const { disk, ballast } = fullDisk();
  const writer = new JournalWriter(at(join(disk, 'journal')), BEGINNING);
  // Lines of 5,000 bytes do not end at a page: the one that finds the disk full is written in part.
  const errors = Array.from({ length: 12 }, (_, index) => writer.append(event(index + 1, 5_000)));
  expect(errors[0]).toBeNull();
  expect(errors.at(-1)).toMatchObject({ code: 'ENOSPC' });
  expect(writer.isFlushed).toBe(false);
  expect(writer.end.seq).toBe(12);
  const early = seqs(join(disk, 'journal'));
  expect(early.seqs).toEqual(early.seqs.map((_, index) => index + 1));
  expect(early.lost).toBeGreaterThan(0);

  rmSync(ballast);
  expect(writer.append(event(13, 10))).toBeNull();
  expect(writer.isFlushed).toBe(true);
  writer.sync();
  writer.close();
  expect(seqs(join(disk, 'journal'))).toEqual({ seqs: Array.from({ length: 13 }, (_, i) => i + 1), lost: 0 });
});

test.skipIf(!CAN_MOUNT)(
  'a flush alone writes what waits as soon as there is space, and says so while there is none',
  () => {
    const { disk, ballast } = fullDisk();
    const writer = new JournalWriter(at(join(disk, 'journal')), BEGINNING);
    for (let seq = 1; seq <= 12; seq++) writer.append(event(seq, 5_000));
    expect(writer.flush()).toMatchObject({ code: 'ENOSPC' });
    rmSync(ballast);
    expect(writer.flush()).toBeNull();
    writer.close();
    expect(seqs(join(disk, 'journal')).seqs).toHaveLength(12);
  },
);

test.skipIf(!CAN_MOUNT)('beyond 64 MiB of waiting events the writer rather stops than forgets', () => {
  const { disk } = fullDisk();
  const writer = new JournalWriter(at(join(disk, 'journal')), BEGINNING);
  const append = () => {
    for (let seq = 1; seq <= 40; seq++) writer.append(event(seq, 3_000_000));
  };
  expect(append).toThrow('ENOSPC');
  expect(writer.end.seq).toBeGreaterThan(20);
  writer.close();
});

test.skipIf(!CAN_MOUNT)('a file that does not fit leaves the old one as it was and nothing beside it', () => {
  const { disk } = fullDisk();
  const path = join(disk, 'status');
  writeDurable(path, 'old');
  expect(() => writeDurable(path, Buffer.alloc(60_000))).toThrow('ENOSPC');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(disk).sort()).toEqual(['ballast', 'status']);
});

test.skipIf(!CAN_MOUNT)('on a disk that became read-only the old file stays as it was, and the error says why', () => {
  const { disk } = fullDisk();
  const path = join(disk, 'status');
  writeDurable(path, 'old');
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  expect(() => writeDurable(path, 'new')).toThrow('EROFS');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(disk).sort()).toEqual(['ballast', 'status']);
});
