// `npm run test:oracle`: real sessions, attacked and looked at from outside. Shares no code with the program.
import { clock } from './clock.js';
import { damage } from './damage.js';
import { folder } from './folder.js';
import { kills } from './kills.js';
import { suspend } from './suspend.js';
import { syscalls } from './syscalls.js';
import { tmpfs } from './tmpfs.js';
import { totals } from './totals.js';

const ATTACKS = { kills, syscalls, damage, tmpfs, clock, suspend, folder, totals };
const COUNTS = { kills: 40, syscalls: 300, damage: 400, tmpfs: 4, totals: 40 };

const args = process.argv.slice(2);
const value = (name, otherwise) => (args.includes(name) ? args[args.indexOf(name) + 1] : otherwise);
const seed = Number(value('--seed', '1'));
const only = value('--only', Object.keys(ATTACKS).join(',')).split(',');

let wrongs = 0;
for (const [name, attack] of Object.entries(ATTACKS)) {
  if (!only.includes(name)) continue;
  const began = performance.now();
  const { what, done, wrong } = await attack({
    seed,
    count: Number(value(`--${name}`, COUNTS[name] ?? 1)),
    points: value('--point', null),
  });
  wrongs += wrong.length;
  console.log(
    `${wrong.length === 0 ? 'ok   ' : 'WRONG'} ${what}: ${done}, ${wrong.length} violations, ${Math.round((performance.now() - began) / 1000)} s`,
  );
  for (const text of wrong) console.log(`      ${text}`);
}
process.exitCode = wrongs === 0 ? 0 : 1;
