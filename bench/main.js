// `npm run bench`: what things cost, beside the peers, as ratios of one run. Writes the table into docs/performance.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { nights, stop } from './ends.js';
import { gateway } from './gateway.js';
import { append, resume } from './journal.js';
import { judge } from './judge.js';
import { show } from './measure.js';
import { memory } from './memory.js';
import { output } from './output.js';
import { restart } from './restart.js';
import { silent } from './silent.js';
import { manyFiles, snapshot } from './snapshot.js';
import { help, start } from './start.js';

const ALL = {
  help,
  start,
  restart,
  output,
  memory,
  silent,
  snapshot,
  manyFiles,
  append,
  resume,
  nights,
  stop,
  judge,
  gateway,
};

const args = process.argv.slice(2);
const only = args.includes('--only') ? args[args.indexOf('--only') + 1].split(',') : Object.keys(ALL);
const load = loadavg()[0].toFixed(1);
const rows = [];
for (const name of only) {
  try {
    rows.push(...(await ALL[name]()));
  } catch (error) {
    rows.push({ what: name, left: `it failed: ${error.message}` });
  }
  console.log(line(rows.at(-1)));
}
const heads = ['what', 'ours', 'peer', 'ratio', 'goal', 'met', 'note'];
const table = [`| ${heads.join(' | ')} |`, `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
console.log(`\n${table}`);
if (args.includes('--write')) {
  const machine = `${cpus()[0].model.trim()}, ${cpus().length} cores, Linux ${release()}, Node ${process.version}, load ${load} when it began, ${new Date().toISOString().slice(0, 10)}.`;
  const text = readFileSync('docs/performance.md', 'utf8');
  writeFileSync(
    'docs/performance.md',
    text.replace(
      /<!-- bench -->[\s\S]*<!-- \/bench -->/,
      () => `<!-- bench -->\n\n${machine}\n\n${table}\n\n<!-- /bench -->`,
    ),
  );
}

function line(row) {
  if (row.left !== undefined) return `| ${row.what} | - | - | - | - | left out | ${row.left} |`;
  const value = row.ratio ?? row.value;
  const goal = row.atLeast === undefined ? `<= ${row.goal ?? row.atMost}` : `>= ${row.atLeast}`;
  const met = row.atLeast === undefined ? value <= (row.goal ?? row.atMost) : value >= row.atLeast;
  const shown = row.ratio === undefined ? '-' : show(value);
  return `| ${row.what} | ${row.ours} | ${row.peer} | ${shown} | ${goal} | ${met ? 'yes' : '**no**'} | ${row.note ?? ''} |`;
}
