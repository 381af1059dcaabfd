// `npm run recoveries`: ten real troubles of each of the seven kinds, with short waits: how many are got over, and how fast.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, eventsOf, jsonOf, Place, until } from './session.js';

const args = process.argv.slice(2);
const COUNT = args.includes('--count') ? Number(args[args.indexOf('--count') + 1]) : 10;
const ONLY = args.includes('--only') ? args[args.indexOf('--only') + 1] : null;
const AT_ONCE = 3;
/** A single step of a session that takes longer has failed. */
const STEP_MS = 120_000;
const HANGS_MS = 900_000;

const CONFIG = `[session]
agent_count = 1
[checkpoint]
backoff_initial_seconds = 1
backoff_max_seconds = 2
[limits]
agent_memory_mb = 350
[monitoring]
health_check_interval = 1
[recovery]
restarts_per_window = 100
recovery_drill = false
[chaos]
allow = true
[[phases]]
name = "all"
duration_minutes = 1
objectives = [${Array.from({ length: 30 }, (_, n) => `"objective ${n + 1}"`).join(', ')}]
`;

/** Made by the agent itself in every second turn; the others work. */
async function acting({ root }) {
  await until(
    () => eventsOf(root).some(({ type, turn }) => type === 'agent-started' && turn > 2 * COUNT + 1),
    HANGS_MS,
  );
  return null;
}

const actsOf = (acts) =>
  Array.from({ length: COUNT }, (_, n) => acts.map((act) => `[[act]]\nturn = ${2 * n + 2}\n${act}\n`))
    .flat()
    .join('');

/** Asked for again and again in a session that works: `seen` tells that it took effect. */
const asking =
  (fault, seen) =>
  async ({ place, root, id, count }) => {
    for (let n = 0; n < count; n++) {
      await worked(root);
      const after = eventsOf(root).length;
      await place.run(['chaos', id, fault]);
      await until(() => eventsOf(root).slice(after).some(seen), STEP_MS);
    }
    await worked(root);
    return null;
  };

async function interrupting({ place, root, id, life }) {
  let running = life;
  for (let n = 0; n < COUNT; n++) {
    await worked(root);
    end(running.child.pid, 'SIGINT');
    await running.ended;
    running = place.start(['resume', id], { hangsMs: HANGS_MS });
    await until(() => eventsOf(root).filter(({ type }) => type === 'harness-started').length > n + 1, STEP_MS);
  }
  await worked(root);
  return running;
}

/** Waits until a turn has changed the project from now on, and the next one is at work. */
async function worked(root) {
  const seen = (after, is) => until(() => eventsOf(root).findIndex((event, n) => n >= after && is(event)) + 1, STEP_MS);
  const measured = await seen(eventsOf(root).length, ({ type, changed }) => type === 'turn-measured' && changed);
  if (measured === null) throw new Error('no turn changes the project any more');
  await seen(measured, ({ type }) => type === 'agent-started');
}

const KINDS = {
  'Tool timeout': { acts: ['do = "tool-timeouts"'], kinds: ['tool-timeout', 'stall'] },
  'LLM error': {
    // A rehearsed project has thirteen steps, and a fault of the models costs up to two.
    sessions: 2,
    make: asking('server-error', ({ type, failure }) => type === 'agent-exited' && failure?.kind === 'llm-error'),
    kinds: ['llm-error'],
  },
  'Parse failure': {
    acts: ['do = "exit"\ntext = "Failed to parse response JSON: expected value at line 1 column 1"'],
    kinds: ['parse-failure', 'loop', 'agent-gave-up'],
  },
  'Disk full': {
    make: asking('small-disk', ({ type, diskFreeBytes }) => type === 'probed' && diskFreeBytes === 0),
    kinds: ['disk-full'],
  },
  'Memory pressure': { acts: ['do = "leak-memory"\nmb = 400', 'do = "hang"'], kinds: ['memory-pressure'] },
  'Process crash': { acts: ['do = "crash"'], kinds: ['process-crash', 'launch', 'harness-death'] },
  'User interrupt': { make: interrupting, kinds: ['interrupt'] },
};

/** One session with so many troubles of one kind alone, from its start to its report. */
async function session(name, { acts = [], make = acting, kinds }, count) {
  const place = new Place();
  try {
    const id = 'recoveries';
    const [scenario, config] = [join(place.dir, 'scenario.toml'), join(place.dir, 'config.toml')];
    // Slow enough that what is asked for from outside meets the turn it is meant for.
    writeFileSync(scenario, `pace_ms = ${acts.length > 0 ? 250 : 2_500}\n${actsOf(acts)}`);
    writeFileSync(config, CONFIG);
    const agent = ['--agent', 'rehearsal', '--scenario', scenario, '--config', config];
    const life = place.start(['run', ...agent, '--session-id', id, '--duration', '10m'], { hangsMs: HANGS_MS });
    const root = place.session(id);
    await until(() => eventsOf(root).some(({ type }) => type === 'agent-started'));
    const last = await make({ place, root, id, life, count }).catch((error) =>
      console.error(`${name}: ${error.message}`),
    );
    await place.run(['stop', id], { hangsMs: HANGS_MS });
    await (last ?? life).ended;
    const report = jsonOf(root, 'final_report.json');
    const figures = report?.recovery.kinds.find((kind) => kind.name === name)?.figures;
    const seconds = (report?.failures ?? [])
      .filter(({ kind }) => kinds.includes(kind))
      .flatMap(({ recovered_after_seconds: after }) => (after === null ? [] : [after]));
    const { episodes = 0, recovered = 0 } = figures ?? {};
    return { episodes, recovered, seconds, complete: report?.status === 'complete' };
  } finally {
    place.close();
  }
}

async function measure([name, kind]) {
  const { sessions = 1 } = kind;
  const parts = await Promise.all(
    Array.from({ length: sessions }, () => session(name, kind, Math.ceil(COUNT / sessions))),
  );
  const sum = (of) => parts.reduce((total, part) => total + of(part), 0);
  const [episodes, recovered] = [sum((part) => part.episodes), sum((part) => part.recovered)];
  const seconds = parts.flatMap((part) => part.seconds).sort((a, b) => a - b);
  const median = seconds[Math.ceil(seconds.length / 2) - 1] ?? '-';
  console.log(`| ${name} | ${episodes} | ${recovered} | ${median} s | ${seconds.at(-1) ?? '-'} s |`);
  if (parts.some(({ complete }) => !complete) || episodes < COUNT || recovered < episodes) process.exitCode = 1;
}

const waiting = Object.entries(KINDS).filter(([name]) => ONLY === null || name === ONLY);
const lane = async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await measure(next);
};

console.log('| kind | episodes | recovered | median | longest |\n|---|---|---|---|---|');
await Promise.all(Array.from({ length: AT_ONCE }, lane));
