// What must hold of a session directory, read without any code of the program: formats as docs/architecture.md has them.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonOf } from './session.js';

const WORDS = ['running', 'recovering', 'paused', 'stopping', 'complete', 'failed', 'interrupted'];
const EXIT_CODES = [0, 1, 2, 3, 4, 5, 6, 129, 130, 143];
const COUNTERS = ['tokens_consumed', 'turns', 'tool_calls', 'errors', 'recoveries', 'checkpoints'];

const TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes, before) {
  let c = before ^ 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** Everything that is wrong with a session, as sentences. `known` carries what was seen before over deaths. */
export function violations(root, known = {}) {
  const journal = checkJournal(root);
  return [
    ...journal.wrong,
    ...checkCheckpoints(root, journal.events),
    ...checkCounters(root, known),
    ...checkStatus(root),
  ];
}

/** Every line closes a chain of checksums; numbers have no gaps; time goes forward within a life. */
function checkJournal(root) {
  const bytes = readFileSync(join(root, 'journal.ndjson'));
  const wrong = [];
  const events = [];
  let crc = 0;
  let start = 0;
  for (let stop = bytes.indexOf(10); stop !== -1; stop = bytes.indexOf(10, start)) {
    const line = bytes.subarray(start, stop);
    start = stop + 1;
    const closing = /,"crc":"([0-9a-f]{8})"\}$/.exec(line.toString('latin1'));
    crc = closing === null ? -1 : crc32(line.subarray(0, closing.index), crc);
    if (crc !== Number.parseInt(closing?.[1] ?? '', 16)) {
      // The end may be torn by a death; what follows it was never told to anybody.
      if (bytes.indexOf(10, start) !== -1) wrong.push(`journal: line ${events.length + 1} breaks the chain`);
      break;
    }
    const event = JSON.parse(line.toString('utf8'));
    const before = events.at(-1);
    if (event.seq !== events.length + 1) wrong.push(`journal: event ${event.seq} is line ${events.length + 1}`);
    if (before !== undefined && event.type !== 'harness-started' && event.atMs < before.atMs)
      wrong.push(`journal: time goes back at event ${event.seq}`);
    events.push(event);
  }
  return { wrong, events };
}

/** What was acknowledged is there, sealed as it was told, with every object of its tree. */
function checkCheckpoints(root, events) {
  const store = join(root, 'snapshots.git');
  const thinned = new Set(events.flatMap(({ type, numbers }) => (type === 'checkpoints-thinned' ? numbers : [])));
  return events
    .filter(({ type }) => type === 'checkpoint-written')
    .flatMap(({ number, sha256, commit }) => {
      const path = join(root, 'checkpoints', `checkpoint_${String(number).padStart(3, '0')}.json`);
      if (!existsSync(path)) return [`checkpoint ${number} is acknowledged and not there`];
      const text = readFileSync(path, 'utf8');
      const seal = /,\n {2}"sha256": "([0-9a-f]{64})"\n\}\n$/.exec(text);
      const found = seal === null ? null : createHash('sha256').update(text.slice(0, seal.index)).digest('hex');
      if (found !== sha256 || seal[1] !== sha256) return [`checkpoint ${number} is not what was acknowledged`];
      // Given up on purpose, and told before: only the file stays.
      if (thinned.has(number)) return [];
      const objects = git(store, 'rev-list', '--objects', '--quiet', commit);
      if (objects.status !== 0) return [`checkpoint ${number} lacks objects: ${objects.stderr.trim().slice(0, 100)}`];
      const named = git(store, 'rev-parse', `refs/checkpoints/${number}`).stdout.trim();
      return named === commit ? [] : [`checkpoint ${number} is not kept by its reference`];
    });
}

function git(store, ...args) {
  return spawnSync('git', ['--git-dir', store, '-c', 'safe.directory=*', ...args], { encoding: 'utf8' });
}

function checkCounters(root, known) {
  const metrics = jsonOf(root, 'metrics_current.json');
  if (metrics === null) return [];
  const wrong = COUNTERS.filter((name) => (metrics[name] ?? 0) < (known[name] ?? 0)).map(
    (name) => `${name} went from ${known[name]} to ${metrics[name]}`,
  );
  for (const name of COUNTERS) known[name] = metrics[name] ?? 0;
  return wrong;
}

/** Files that people and programs read are never half written. */
function checkStatus(root) {
  const wrong = [];
  const status = existsSync(join(root, 'status')) ? readFileSync(join(root, 'status'), 'utf8') : '';
  if (!WORDS.includes(status.trimEnd())) wrong.push(`the status is ${JSON.stringify(status)}`);
  const files = ['config.json', 'metrics_current.json', 'final_report.json', 'control.json', 'owner.json'].filter(
    (name) => existsSync(join(root, name)),
  );
  for (const name of [...files, ...list(root, 'metrics').map((one) => join('metrics', one))])
    if (name.endsWith('.json') && jsonOf(root, name) === null) wrong.push(`${name} is no JSON`);
  return wrong;
}

function list(root, folder) {
  return existsSync(join(root, folder)) ? readdirSync(join(root, folder)).filter((name) => !name.startsWith('.')) : [];
}

/** How a life of the harness ended: with a defined code, without a stack trace, without anything left running. */
export function endViolations(ended, place) {
  const wrong = ended.hung === null ? [] : ['it hung'];
  if (ended.signal === null && !EXIT_CODES.includes(ended.code))
    wrong.push(`exit code ${ended.code}: ${ended.said.slice(-300)}`);
  if (/^ {4}at .+\(?.+:\d+:\d+\)?$/m.test(ended.said)) wrong.push(`a stack trace: ${ended.said.slice(-300)}`);
  const left = place.processes();
  if (left.length > 0) wrong.push(`${left.length} processes are left`);
  return wrong;
}

/** A session that is complete tells the same in its report, its journal and its exit code. */
export function reportViolations(root, ended) {
  const report = jsonOf(root, 'final_report.json');
  if (report === null) return [`there is no final report; it ended with ${ended.code}: ${ended.said.slice(-600)}`];
  const wrong = [];
  const { events } = checkJournal(root);
  const count = (type) => events.filter((event) => event.type === type).length;
  if (report.exit_code !== ended.code)
    wrong.push(`the report says exit code ${report.exit_code}, it was ${ended.code}`);
  if (report.checkpoints.length !== count('checkpoint-written'))
    wrong.push(`${report.checkpoints.length} checkpoints reported, ${count('checkpoint-written')} written`);
  if (report.metrics.turns !== count('agent-exited'))
    wrong.push(`${report.metrics.turns} turns reported, ${count('agent-exited')} ended`);
  // The gateway's calls count; what agents tell of themselves is less by the calls they were killed in.
  const counted = sumOf(events, 'model-called', ({ prompt, completion }) => prompt + completion);
  const told = sumOf(events, 'tokens-used', ({ total }) => total);
  if ((report.metrics.tokens_consumed ?? 0) !== counted)
    wrong.push(`${report.metrics.tokens_consumed} tokens reported, ${counted} counted`);
  if (told > counted) wrong.push(`${told} tokens told by the agents, ${counted} counted`);
  return wrong;
}

function sumOf(events, wanted, of) {
  return events.reduce((sum, event) => sum + (event.type === wanted ? of(event) : 0), 0);
}
