// From the death of an agent to the first byte of the next one, beside PM2; and the spawn path alone.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseConfinement } from '../dist/process/confinement.js';
import { startProcess } from '../dist/process/spawn.js';
import { alternate, lives, median, PROGRAM, peerFolder, ratio, scratch, until } from './measure.js';

const ROUNDS = 9;

export async function restart() {
  const peers = peerFolder('pm2');
  if (peers === null) return [{ what: 'death to the next first byte', left: 'PM2 cannot be installed here' }];
  const [session, pm2, alone] = [await bySession(), await byPm2(peers), await spawnAlone()];
  return [
    ratio('agent’s death to the next one’s first byte', { ours: session, peer: pm2 }, { peerName: 'PM2', goal: 2 }),
    ratio('the spawn path alone, behind walls', { ours: alone, peer: pm2 }, { peerName: 'PM2', goal: 0.5 }),
  ];
}

async function killAndWait(file, pid) {
  const before = lives(file).length;
  const began = performance.now();
  process.kill(pid, 'SIGKILL');
  await until(() => lives(file).length > before);
  return performance.now() - began;
}

/** Behind the highest walls that work here, with prompt, journal and recovery. */
async function bySession() {
  const folder = scratch();
  const command = ['/bin/sh', '-c', 'echo up >> lives; exec sleep 1000'];
  const tries =
    '[checkpoint]\nmax_recovery_attempts = 100\n[error_handling]\nmax_consecutive_errors = 100\n[recovery]\nrestarts_per_window = 100\nrestarts_per_session = 100\n';
  writeFileSync(join(folder, 'c.toml'), `[agent]\nkind = "command"\ncommand = ${JSON.stringify(command)}\n${tries}`);
  const args = ['--config', 'c.toml', '--duration', '2h', '--agents', '1', '--session-id', 'r', '--quiet'];
  const brisk = ['--backoff-initial', '0s', '--backoff-max', '1s'];
  const child = spawn(process.execPath, [PROGRAM, 'run', ...args, ...brisk], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const root = join(folder, 'test_runs/r');
  const file = join(root, 'project/lives');
  const times = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await until(() => lives(file).length > round);
      // The line may be there before the journal says who wrote it.
      const pid = await until(() => (existsSync(`/proc/${agentPid(root)}`) ? agentPid(root) : null));
      times.push(await killAndWait(file, pid));
    }
  } finally {
    child.kill('SIGKILL');
  }
  return median(times);
}

function agentPid(root) {
  const started = readFileSync(join(root, 'journal.ndjson'), 'utf8')
    .split('\n')
    .findLast((text) => text.includes('"type":"agent-started"'));
  return started === undefined ? 0 : JSON.parse(started).pid;
}

async function byPm2(peers) {
  const folder = scratch();
  const file = join(folder, 'lives');
  writeFileSync(join(folder, 'agent.sh'), `echo $$ >> ${file}; exec sleep 1000\n`);
  const env = { ...process.env, PM2_HOME: join(folder, 'pm2') };
  const pm2 = (...args) =>
    execFileSync(join(peers, 'node_modules/.bin/pm2'), args, { cwd: folder, env, stdio: 'ignore' });
  const times = [];
  try {
    pm2('start', 'agent.sh', '--interpreter', 'sh', '--name', 'agent');
    for (let round = 0; round < ROUNDS; round++) {
      await until(() => lives(file).length > round);
      // PM2 counts a life that ended within a second as a failed start.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      times.push(await killAndWait(file, Number(lives(file).at(-1))));
    }
  } finally {
    pm2('kill');
  }
  return median(times);
}

/** Without a session: from the call to the first byte, behind the highest walls that work here. */
async function spawnAlone() {
  const folder = scratch();
  const walls = await chooseConfinement({ level: 'auto', means: null });
  const at = (name) => join(folder, name);
  for (const name of ['runs', 'runs/s', 'runs/s/project', 'runs/s/tmp']) execFileSync('mkdir', ['-p', at(name)]);
  writeFileSync(at('input'), '');
  const { ours } = await alternate(
    ROUNDS,
    async (round) => {
      const output = at(`out${round}`);
      const places = {
        runs: at('runs'),
        session: at('runs/s'),
        readable: [],
        writable: [at('runs/s/project')],
        temporary: at('runs/s/tmp'),
        cwd: at('runs/s/project'),
      };
      const launch = { file: '/bin/sh', args: ['-c', 'echo up; exec sleep 1000'], env: { PATH: process.env.PATH } };
      const began = performance.now();
      let gone = () => {};
      const ended = new Promise((resolve) => {
        gone = resolve;
      });
      const agent = await startProcess(
        { launch, files: { input: at('input'), output, errors: at('errors') }, marker: 'bench.1.1', walls, places },
        () => gone(),
      );
      await until(() => existsSync(output) && readFileSync(output, 'utf8') !== '');
      const took = performance.now() - began;
      agent.signal('kill');
      await ended;
      return took;
    },
    async () => 0,
  );
  return ours;
}
