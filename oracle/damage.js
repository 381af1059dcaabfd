// Files of a session that a disk damaged: torn at any byte, any bit turned over. Told, or without effect; never believed.
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endViolations } from './check.js';
import { chance, end, eventsOf, jsonOf, Place, until } from './session.js';

const FILES = [
  'journal.ndjson',
  'config.json',
  'status',
  'owner.json',
  'metrics_current.json',
  'checkpoints/checkpoint_001.json',
  'checkpoints/checkpoint_003.json',
];

export async function damage({ count, seed }) {
  const place = new Place();
  const wrong = [];
  let refused = 0;
  try {
    const root = place.session('x');
    const life = place.begin('x', { duration: '20s', pace: 30 });
    await until(() => eventsOf(root).filter(({ type }) => type === 'checkpoint-written').length >= 3);
    end(jsonOf(root, 'owner.json').pid);
    await life.ended;
    await until(() => place.processes().length === 0, 10_000);
    const before = JSON.parse((await place.run(['status', 'x', '--json'])).said);
    const whole = join(place.dir, 'whole');
    cpSync(root, whole, { recursive: true, verbatimSymlinks: true });
    const random = chance(seed);
    for (let n = 0; n < count; n++) {
      const name = FILES[n % FILES.length];
      const size = statSync(join(whole, name)).size;
      const at = Math.floor(random() * size);
      const torn = n % 2 === 0;
      writeFileSync(
        join(root, name),
        torn
          ? readFileSync(join(whole, name)).subarray(0, at)
          : flipped(join(whole, name), at, Math.floor(random() * 8)),
      );
      const label = `${name} ${torn ? 'torn' : 'flipped'} at ${at}`;
      for (const args of [
        ['status', 'x', '--json'],
        ['session', 'list', '--session-id', 'x'],
      ]) {
        const ended = await place.run(args);
        wrong.push(...endViolations(ended, place).map((text) => `${label}, ${args[0]}: ${text}`));
        if (ended.code !== 0) refused++;
        else if (args[0] === 'status')
          wrong.push(...believed(JSON.parse(ended.said), before, name).map((text) => `${label}: ${text}`));
      }
      if (n % 40 === 20) wrong.push(...(await resumed(place, root)).map((text) => `${label}, resume: ${text}`));
      if (n % 40 === 20) {
        rmSync(root, { recursive: true });
        cpSync(whole, root, { recursive: true, verbatimSymlinks: true });
      } else cpSync(join(whole, name), join(root, name));
    }
  } finally {
    place.close();
  }
  return { what: 'torn and bit-flipped files', done: `${count} damages, ${refused} commands refused`, wrong };
}

/** No reader may invent: a figure is the one that was, a lower one from before, or there is none. */
function believed(after, before, name) {
  if (name === 'metrics_current.json') return [];
  return ['tokens_consumed', 'turns', 'checkpoints']
    .filter((key) => (after[key] ?? 0) > (before[key] ?? 0))
    .map((key) => `${key} became ${after[key]}`);
}

function flipped(path, at, bit) {
  const bytes = readFileSync(path);
  bytes[at] ^= 1 << bit;
  return bytes;
}

/** A resume of the damaged session works and says so, or refuses in order; it is stopped as soon as it works. */
async function resumed(place, root) {
  const lives = eventsOf(root).filter(({ type }) => type === 'harness-started').length;
  const life = place.start(['resume', 'x']);
  const up = until(
    () =>
      eventsOf(root).filter(({ type }) => type === 'harness-started').length > lives || life.child.exitCode !== null,
    30_000,
  );
  await up;
  life.child.kill('SIGTERM');
  return endViolations(await life.ended, place);
}
