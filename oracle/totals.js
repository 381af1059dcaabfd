// Token totals over forced stops: journal, report and status say the same, and what the upstream counted for every call that ended.
import { endViolations, violations } from './check.js';
import { chance, end, eventsOf, jsonOf, Place, until, wait } from './session.js';
import { startUpstream } from './upstream.js';

/** After so many stops a new session begins. */
const STOPS_A_SESSION = 10;
/** Calls that one life makes at most before it is stopped. */
const MOST_CALLS = 8;

/** Gives how many stops there were, and what was wrong. */
export async function totals({ count, seed }) {
  const wrong = [];
  const seen = { stops: 0, kills: 0, calls: 0, reported: 0, estimated: 0, lost: 0 };
  for (let nth = 0; seen.stops < count; nth++) {
    const stops = Math.min(STOPS_A_SESSION, count - seen.stops);
    const found = await oneSession(chance(seed * 1_000 + nth), stops, seen);
    wrong.push(...found.map((text) => `seed ${seed}, session ${nth}: ${text}`));
  }
  const { stops, kills, calls, reported, estimated, lost } = seen;
  const done = `${stops} stops (${kills} by kill -9), ${calls} calls at the upstream: ${reported} reported, ${estimated} estimated, ${lost} in flight when killed`;
  return { what: 'token totals over forced stops', done, wrong };
}

async function oneSession(random, stops, seen) {
  const wrong = [];
  const place = new Place();
  const upstream = await startUpstream(random);
  try {
    const root = place.session('t');
    const known = {};
    let [spent, old] = [0, 0];
    let life = place.begin('t', { duration: '60m', config: configOf(upstream) });
    for (let stop = 1; stop <= stops; stop++) {
      const before = upstream.answers.length;
      const calls = Math.floor(random() * MOST_CALLS);
      await until(() => jsonOf(root, 'owner.json')?.pid === life.child.pid || life.child.exitCode !== null, 60_000);
      await until(() => upstream.answers.length >= before + calls || life.child.exitCode !== null, 30_000);
      await wait(random() * 60);
      const signals = [['SIGKILL'], ['SIGTERM'], ['SIGINT'], ['SIGINT', 'SIGINT']][Math.floor(random() * 4)];
      for (const signal of signals) end(life.child.pid, signal);
      const ended = await life.ended;
      // A signal that comes before anybody listens for it kills as well.
      const killed = ended.signal !== null;
      seen.stops++;
      seen.kills += killed ? 1 : 0;
      if (killed) await until(() => place.processes().length === 0, 10_000);
      const mine = upstream.answers.slice(before);
      const { events, tokens } = await told(place, root, killed);
      const last = events.slice(old);
      old = events.length;
      const found = [
        ...endViolations(ended, place),
        ...violations(root, known),
        ...tokens,
        ...countViolations(last, mine, killed),
      ];
      const sum = sumOf(events.filter(isCall));
      if (sum < spent) found.push(`what was spent went from ${spent} to ${sum}`);
      spent = sum;
      note(seen, last.filter(isCall), mine);
      wrong.push(...found.map((text) => `stop ${stop} by ${signals.join(', ')} (${ended.code}): ${text}`));
      if (stop < stops) life = place.start(['resume', 't']);
    }
  } finally {
    place.close();
    upstream.close();
  }
  return wrong;
}

function configOf({ endpoint }) {
  return `[recovery]
recovery_drill = false
restarts_per_window = 10000
restarts_per_session = 100000
[error_handling]
max_consecutive_errors = 1000
[limits]
tokens_per_agent_per_hour = 100000000
tool_calls_per_agent_per_hour = 1000000
[[models]]
endpoint = "${endpoint}"
model = "oracle"
prompt_usd_per_million = 1
completion_usd_per_million = 3
`;
}

/** Journal, status, and after an orderly end the report: one figure, one cost. */
async function told(place, root, killed) {
  const { said } = await place.run(['status', 't', '--json']);
  const events = eventsOf(root);
  const calls = events.filter(isCall);
  const journal = { tokens: sumOf(calls), cost: Math.round(calls.reduce((sum, one) => sum + one.costUsd, 0) * 1e6) };
  const status = figuresOf(JSON.parse(said));
  const report = killed ? null : figuresOf(jsonOf(root, 'final_report.json')?.metrics ?? {});
  const tokens = [];
  for (const [name, figures] of Object.entries({ status, report })) {
    if (figures === null) continue;
    if (figures.tokens !== journal.tokens)
      tokens.push(`the ${name} says ${figures.tokens} tokens, the journal ${journal.tokens}`);
    if (Math.abs(figures.cost - journal.cost) > 1)
      tokens.push(`the ${name} says ${figures.cost} millionths of a dollar, the journal ${journal.cost}`);
  }
  return { events, tokens };
}

function figuresOf({ tokens_consumed, cost_usd }) {
  return { tokens: tokens_consumed ?? 0, cost: Math.round((cost_usd ?? 0) * 1e6) };
}

/** One life: what was reported is what the upstream counted, each once; whatever the upstream had to do was told. */
function countViolations(life, answers, killed) {
  const calls = life.filter(isCall);
  const reported = calls.filter(({ source }) => source === 'reported');
  const wrong = [];
  const open = new Map(answers.map((answer) => [answer.prompt, answer]));
  for (const { prompt, completion } of reported) {
    const answer = open.get(prompt);
    if (answer?.completion !== completion)
      wrong.push(`${prompt} + ${completion} tokens are journalled, which the upstream did not answer, or once only`);
    open.delete(prompt);
  }
  // One call at a time is in flight: only the last one can die with the harness before it is told.
  const lost = killed ? 1 : 0;
  const unreported = [...open.values()].filter(({ whole }) => whole).length;
  const estimated = calls.length - reported.length;
  if (unreported > estimated + lost) wrong.push(`${unreported} whole answers are not counted, ${estimated} estimated`);
  if (answers.length > calls.length + lost)
    wrong.push(`${answers.length} calls came to the upstream, ${calls.length} are journalled`);
  const lastOpen = [...open.keys()].find((prompt) => answers.at(-1)?.prompt !== prompt);
  if (estimated === 0 && lastOpen !== undefined) wrong.push(`the call of ${lastOpen} tokens is missing in the middle`);
  return wrong;
}

function note(seen, calls, answers) {
  seen.calls += answers.length;
  seen.reported += calls.filter(({ source }) => source === 'reported').length;
  seen.estimated += calls.filter(({ source }) => source !== 'reported').length;
  seen.lost += Math.max(0, answers.length - calls.length);
}

const isCall = ({ type }) => type === 'model-called';

function sumOf(calls) {
  return calls.reduce((sum, { prompt, completion }) => sum + prompt + completion, 0);
}
