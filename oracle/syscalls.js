// Faults of system calls, put in by strace: a kill, a full disk, a broken disk at the n-th call of a kind.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endViolations, reportViolations, violations } from './check.js';
import { chance, Place } from './session.js';

const CALLS = ['write', 'pwrite64', 'fsync', 'fdatasync', 'rename', 'openat', 'ftruncate', 'unlink', 'mkdir', 'close'];
const FAULTS = ['signal=KILL', 'error=ENOSPC', 'error=EIO'];
/** Calls of one kind that a mini session makes, roughly: faults are spread over so many. */
const SPREAD = {
  write: 400,
  pwrite64: 250,
  fsync: 60,
  fdatasync: 60,
  rename: 40,
  openat: 900,
  ftruncate: 3,
  unlink: 20,
  mkdir: 40,
  close: 900,
};
const QUICK = '[session]\nadvance_when_done = true\n[limits]\npause_limit_minutes = 0.1\n[judge]\nmax_minutes = 0.3\n';

/** `points` names them instead ("openat EIO 468, mkdir ENOSPC 20"); their folders are kept, and what they left is shown. */
export async function syscalls({ count, seed, points: named }) {
  const what = 'system-call faults by strace';
  if (spawnSync('strace', ['-V']).status !== 0) return { what, done: 'left out: strace is not installed', wrong: [] };
  const points = named === null ? pointsOf(count, seed) : named.split(',').map(pointOf);
  const total = points.length;
  const wrong = [];
  let hit = 0;
  let nodes = 0;
  const work = async () => {
    for (let point = points.pop(); point !== undefined; point = points.pop()) {
      const result = await attack(point);
      if (result.hit) hit++;
      if (result.nodes) nodes++;
      wrong.push(...result.wrong.map((text) => `${point.call} ${point.fault} when=${point.when}: ${text}`));
    }
  };
  await Promise.all([work(), work(), work()]);
  return { what, done: `${total} points, ${hit} ended the run otherwise than well (${nodes} by Node itself)`, wrong };
}

function pointsOf(count, seed) {
  const random = chance(seed);
  return Array.from({ length: count }, (_, n) => {
    const call = CALLS[Math.floor(random() * CALLS.length)];
    return { call, fault: FAULTS[n % FAULTS.length], when: 1 + Math.floor(random() ** 2 * SPREAD[call]) };
  });
}

function pointOf(text) {
  const [call, error, when] = text.trim().split(' ');
  const fault = error === 'KILL' ? 'signal=KILL' : `error=${error}`;
  return { call, fault, when: Number(when), shown: true };
}

/** A run with the fault, then, if it began, a resume without it, which must come to its end. */
async function attack({ call, fault, when, shown = false }) {
  const place = new Place();
  try {
    const root = place.session('f');
    const inject = `inject=${call}:${fault}:when=${when}${fault.startsWith('signal') ? '' : '+37'}`;
    const wrap = ['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject];
    const first = await place.begin('f', {
      pace: 1,
      config: QUICK,
      options: { wrap },
      extra: ['--confinement', 'group'],
    }).ended;
    const hit = first.code !== 0;
    if (shown) show(`${call} ${fault} when=${when}`, first, root);
    const killed = first.signal !== null || first.code === 137;
    const begun = existsSync(join(root, 'journal.ndjson'));
    const nodes = isNodesOwn(first, begun);
    const wrong = nodes || (killed && first.hung === null) ? [] : endViolations(first, place);
    if (!begun) return { hit, nodes, wrong };
    const known = {};
    wrong.push(...violations(root, known));
    if (first.code === 0 || first.code === 1) {
      wrong.push(...reportViolations(root, first));
      return { hit, nodes, wrong };
    }
    const again = await place.run(['resume', 'f']);
    wrong.push(...endViolations(again, place), ...violations(root, known));
    if (again.code === 0 || again.code === 1) wrong.push(...reportViolations(root, again));
    else wrong.push(`the resume ended with ${again.code}: ${again.said.slice(-300)}`);
    return { hit, nodes, wrong };
  } finally {
    place.close({ keep: shown });
  }
}

/**
 * What the program cannot answer for. Before the session is there: Node, which reads its modules and settings before any
 * line of ours, ends with an error of its own, and not a word from us. Later: its event loop waits for itself.
 */
function isNodesOwn({ code, said, hung }, begun) {
  if (hung !== null) return hung.self;
  return (
    !begun && (code === 1 || code === 7) && /node:internal|^Node\.js v/m.test(said) && !said.includes('mega-test:')
  );
}

function show(point, { code, signal, said }, root) {
  const crash = join(root, 'crash.json');
  console.log(`${point}: exit code ${code}${signal === null ? '' : ` (${signal})`}, kept in ${root}\n${said}`);
  if (existsSync(crash)) console.log(JSON.parse(readFileSync(crash, 'utf8')).error);
}
