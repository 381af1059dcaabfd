// Somebody sets the wall clock three hours forward and back while a session runs: phases last as long as they last.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endViolations, violations } from './check.js';
import { eventsOf, jsonOf, Place, until, wait } from './session.js';

const LIBRARIES = ['x86_64', 'aarch64'].map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`);

export async function clock() {
  const what = 'the wall clock is set 3 h forward and back';
  const library = LIBRARIES.find((path) => existsSync(path));
  if (library === undefined) return { what, done: 'left out: libfaketime is not installed', wrong: [] };
  const place = new Place();
  try {
    const file = join(place.dir, 'faketime');
    writeFileSync(file, '+0');
    const env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_NO_CACHE: '1',
    };
    const root = place.session('c');
    const beganMs = performance.now();
    const life = place.begin('c', { duration: '12s', options: { env } });
    await until(() => eventsOf(root).some(({ type }) => type === 'agent-started'));
    for (const step of ['+3h', '-3h', '+0']) {
      writeFileSync(file, step);
      await wait(2_000);
    }
    const ended = await life.ended;
    const tookS = (performance.now() - beganMs) / 1_000;
    const wrong = [...endViolations(ended, place), ...violations(root)];
    const { elapsed_seconds: elapsed } = jsonOf(root, 'metrics_current.json') ?? {};
    if (!(elapsed >= 12 && elapsed < 16)) wrong.push(`${elapsed} s counted of 12`);
    if (tookS < 12 || tookS > 40) wrong.push(`it took ${tookS} s`);
    return { what, done: `12 s planned, ${elapsed} s counted`, wrong };
  } finally {
    place.close();
  }
}
