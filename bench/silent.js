// Supervising an agent that says nothing, without a terminal, beside PM2 over the same window: processor time and memory.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM, peerFolder, ratio, scratch, until, wait } from './measure.js';

const WINDOW_MS = 1_000 * Number(process.env.SILENT_SECONDS ?? 120);
/** What starting leaves behind is collected within a minute or so, which is no supervision. */
const SETTLE_MS = 1_000 * Number(process.env.SETTLE_SECONDS ?? 90);
const AGENT = 'echo up >> lives; exec sleep 100000';

export async function silent() {
  const what = 'supervising a silent agent, processor time';
  const peers = peerFolder('pm2');
  if (peers === null) return [{ what, left: 'PM2 cannot be installed here' }];
  const [session, pm2] = [await startSession(), await startPm2(peers)];
  try {
    await wait(SETTLE_MS);
    const began = [session, pm2].map(({ pid }) => spent(pid));
    await wait(WINDOW_MS);
    const ended = [session, pm2].map(({ pid }) => spent(pid));
    const [ours, peer] = ended.map(({ cpuMs }, nth) => ((cpuMs - began[nth].cpuMs) / WINDOW_MS) * 3_600);
    const note = `over ${WINDOW_MS / 1_000} s, both at once, with the processes each of them starts`;
    const mb = ({ rssBytes }) => `${(rssBytes / 1e6).toFixed(1)} MB`;
    return [
      ratio(what, { ours, peer }, { peerName: 'PM2', goal: 0.15, unit: 's an hour', note }),
      {
        what: 'supervising a silent agent, memory at the end of that window',
        ours: mb(ended[0]),
        peer: `at its beginning: ${mb(began[0])}`,
        ratio: ended[0].rssBytes / began[0].rssBytes,
        goal: 1.02,
        note: `PM2: ${mb(began[1])}, then ${mb(ended[1])}`,
      },
    ];
  } finally {
    session.end();
    pm2.end();
  }
}

/** Processor time of a process, what it started and what it waited for; and its memory. */
function spent(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`);
  const ownNs = tasks.reduce((sum, task) => sum + Number(readFileSync(`${task}/schedstat`, 'utf8').split(' ')[0]), 0);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  // Children that ended are counted by the kernel in ticks of 10 ms.
  const waitedForMs = 10 * (Number(stat[13]) + Number(stat[14]));
  const children = tasks.flatMap((task) => readFileSync(`${task}/children`, 'utf8').trim().split(' ').filter(Boolean));
  const below = children.reduce((sum, child) => sum + spent(child).cpuMs, 0);
  const rssBytes = 1_024 * Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  return { cpuMs: ownNs / 1e6 + waitedForMs + below, rssBytes };
}

async function startSession() {
  const folder = scratch();
  const command = ['/bin/sh', '-c', AGENT];
  writeFileSync(join(folder, 'c.toml'), `[agent]\nkind = "command"\ncommand = ${JSON.stringify(command)}\n`);
  const args = ['--config', 'c.toml', '--duration', '8h', '--agents', '1', '--session-id', 's'];
  const child = spawn(process.execPath, [PROGRAM, 'run', ...args], { cwd: folder, stdio: 'ignore' });
  await until(() => existsSync(join(folder, 'test_runs/s/project/lives')));
  return { pid: child.pid, end: () => child.kill('SIGKILL') };
}

async function startPm2(peers) {
  const folder = scratch();
  writeFileSync(join(folder, 'agent.sh'), AGENT);
  const env = { ...process.env, PM2_HOME: join(folder, 'pm2') };
  const pm2 = (...args) =>
    execFileSync(join(peers, 'node_modules/.bin/pm2'), args, { cwd: folder, env, stdio: 'ignore' });
  pm2('start', 'agent.sh', '--interpreter', 'sh', '--name', 'agent');
  await until(() => existsSync(join(folder, 'lives')));
  return { pid: Number(readFileSync(join(folder, 'pm2/pm2.pid'), 'utf8')), end: () => pm2('kill') };
}
