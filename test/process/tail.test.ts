// Following a file where the kernel or the disk fails: nothing is lost, nothing is told twice.
import { appendFileSync, readSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Tail, type TailSystem } from '../../src/process/tail.ts';
import { scratch } from '../store/scratch.ts';
import { failure } from '../support/failing-files.ts';

const SYSTEM: TailSystem = {
  watch: (path, changed) => watch(path, { persistent: false }, changed),
  read: (file, into, position) => readSync(file, into, 0, into.length, position),
};

function following(system: Partial<TailSystem>) {
  const path = join(scratch(), 'output.log');
  writeFileSync(path, 'before\n');
  let text = '';
  const take = (chunk: Buffer) => {
    text += chunk.toString('utf8');
  };
  const tail = new Tail(path, 1024 * 1024, take, { from: 0, system: { ...SYSTEM, ...system } });
  onTestFinished(() => tail.close());
  return { path, tail, told: () => text };
}

test.each(['ENOSPC', 'EMFILE'])('where no watch is left (%s) the file is followed all the same', async (code) => {
  const { path, told } = following({
    watch: () => {
      throw failure(code);
    },
  });
  await vi.waitFor(() => expect(told()).toBe('before\n'), 10_000);
  appendFileSync(path, 'after\n');
  await vi.waitFor(() => expect(told()).toBe('before\nafter\n'), 10_000);
});

test.each([1, 7])('reads that fail %i times with EIO cost no byte, and tell none twice', async (times) => {
  let left = times;
  const { path, told } = following({
    read: (file, into, position) => {
      if (left-- > 0) throw failure('EIO');
      return SYSTEM.read(file, into, position);
    },
  });
  await vi.waitFor(() => expect(told()).toBe('before\n'), 10_000);
  left = times;
  appendFileSync(path, 'after\n');
  await vi.waitFor(() => expect(told()).toBe('before\nafter\n'), 10_000);
});

test('closed while the disk gives nothing, it ends without an error', () => {
  const { tail, told } = following({
    read: () => {
      throw failure('EIO');
    },
  });
  expect(() => tail.close()).not.toThrow();
  expect(told()).toBe('');
});
