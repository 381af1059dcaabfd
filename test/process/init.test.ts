// Process 1 of a namespace, by itself: the end of its program is seen whenever it comes.
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitOf, INIT_PROGRAM } from '../../src/process/init.ts';
import { scratch } from '../store/scratch.ts';

/** Makes the moment between "nothing is there" and the wait itself long enough for a death to fall into it. */
const SLOW_SELECT = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/select.h>
#include <time.h>
int select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t) {
  int (*real)(int, fd_set *, fd_set *, fd_set *, struct timeval *) = dlsym(RTLD_NEXT, "select");
  struct timespec left = {0, 300000000};
  while (nanosleep(&left, &left) == -1 && errno == EINTR) {}
  return real(n, r, w, e, t);
}
`;

/** Null where no C compiler is installed. */
function slowSelect(): string | null {
  const folder = scratch();
  const library = join(folder, 'slow.so');
  writeFileSync(join(folder, 'slow.c'), SLOW_SELECT);
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(folder, 'slow.c'), '-ldl']);
    return library;
  } catch {
    return null;
  }
}

test('a program that ends just before its init begins to wait is seen to end', { timeout: 20_000 }, async (context) => {
  const library = process.platform === 'linux' ? slowSelect() : null;
  if (library === null) return context.skip('this takes Linux and a C compiler');
  const init = spawn('perl', ['-e', INIT_PROGRAM, '--', '0', '/bin/true'], {
    env: { PATH: process.env.PATH ?? '', LD_PRELOAD: library },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  let said = '';
  init.stdio[3]?.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
  });
  const code = await new Promise((resolve) => init.once('close', resolve));
  expect([exitOf(said), code]).toEqual([{ code: 0, signal: null }, 0]);
});
