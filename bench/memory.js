// The most memory the harness ever had in a whole session whose agent writes much: lines, and gigabytes without a newline.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lives, PROGRAM, scratch, show, until } from './measure.js';

const MB = 1e6;
/** What the log takes on disk at most: its cap, and what is written before the next hole. */
const DISK_BYTES = 4e9;
const LINES = { text: '"line of an agent that says something\\n"x25e3', of: 'lines' };
const ENDLESS = { text: '"x"x1e6', of: 'one line without an end' };
const SIZES = [
  [22 * MB, LINES],
  [230 * MB, LINES],
  [2_300 * MB, LINES],
  [5_000 * MB, ENDLESS],
];

export async function memory() {
  const rows = [];
  for (const [bytes, { text, of }] of SIZES) {
    const what = `memory of the harness, ${bytes < 1_000 * MB ? `${bytes / MB} MB` : `${bytes / MB / 1_000} GB`} of output, ${of}`;
    rows.push(fits() ? await measured(what, bytes, text) : { what, left: 'the disk has less than 4 GB free' });
  }
  return rows;
}

function fits() {
  const { bavail, bsize } = statfsSync(scratch());
  return bavail * bsize > DISK_BYTES;
}

async function measured(what, bytes, text) {
  const folder = scratch();
  // Its first life writes, its second one is the sign that all of it was followed.
  const program = `open L,">>lives";syswrite L,"up\n";sleep 1e6 if -s L>3;$t=${text};for($n=${bytes};$n>0;$n-=length$t){syswrite STDOUT,$t}`;
  const command = JSON.stringify(['perl', '-e', program]);
  writeFileSync(join(folder, 'c.toml'), `[agent]\nkind = "command"\ncommand = ${command}\n`);
  const args = ['--config', 'c.toml', '--duration', '8h', '--agents', '1', '--session-id', 's'];
  const child = spawn(process.execPath, [PROGRAM, 'run', ...args], { cwd: folder, stdio: 'ignore' });
  try {
    const root = join(folder, 'test_runs/s');
    await until(() => lives(join(root, 'project/lives')).length > 1, 600_000);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const mostMib = Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) / 1_024;
    const [agent] = readdirSync(join(root, 'agents'));
    const { size, blocks } = statSync(join(root, 'agents', agent, 'output.log'));
    const note = `the log: ${(size / MB).toFixed(0)} MB written, ${((blocks * 512) / MB).toFixed(0)} MB of disk taken`;
    return { what, ours: `${show(mostMib)} MiB at most`, peer: '-', value: mostMib, atMost: 90, note };
  } finally {
    child.kill('SIGKILL');
  }
}
