// `npm run sim`: shows one night with its faults, or runs many and counts them. Exit code 1 when an invariant fell.
import { planOf } from '../src/config/plan.ts';
import { Chance } from './chance.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import { configOf } from './life.ts';
import { type NightResult, simulate } from './night.ts';
import { recoveries } from './recoveries.ts';
import { faultsOf } from './seeds.ts';
import { explore } from './states.ts';

const HOUR_MS = 3_600_000;

interface Wish {
  readonly seed: number;
  readonly count: number;
  readonly durationMs: number;
  readonly faults: readonly FaultKind[] | null;
  readonly quiet: boolean;
  readonly stopAtFirst: boolean;
  /** No nights, but the map of all states. */
  readonly map: boolean;
  /** No nights to look at, but how often each recovery succeeds. */
  readonly recoveries: boolean;
}

const wish = read(process.argv.slice(2));
process.exitCode = wish.recoveries
  ? await showRecoveries(wish)
  : wish.map
    ? map()
    : wish.count === 1
      ? await show(wish)
      : await count(wish);

/** 1 when a row of the table recovers from less than 95 of 100. */
async function showRecoveries({ count, seed, durationMs }: Wish): Promise<number> {
  const outcomes = await recoveries(count === 1 ? 200 : count, seed, durationMs);
  for (const { name, nights, episodes, recovered, cutOff, rate, medianSeconds, p95Seconds, violations } of outcomes)
    print(
      `${name.padEnd(16)} ${nights} nights, ${episodes} episodes, ${cutOff} cut off, ${recovered} of the others recovered ` +
        `(${Math.round(1000 * (rate ?? 0)) / 10} %), median ${medianSeconds} s, p95 ${p95Seconds} s, ${violations} violations`,
    );
  return outcomes.every(({ rate }) => rate !== null && rate >= 0.95) ? 0 : 1;
}

async function show({ seed, durationMs, faults, quiet }: Wish): Promise<number> {
  const began = performance.now();
  const result = await simulate({
    seed,
    durationMs,
    faults: faults ?? faultsOf(seed),
    ...(quiet
      ? {}
      : {
          onFault: (kind, moment) => print(`fault ${kind}${moment === null ? '' : ` (when ${moment})`}`),
          onEvent: (session, event, before) => {
            if (session.stage.is !== before.stage.is)
              print(`${clock(session.clock.workingMs)} stage ${before.stage.is} -> ${session.stage.is}`);
            if (event.type === 'agent-exited' && event.failure !== null)
              print(`${clock(session.clock.workingMs)} ${event.agent}: ${event.failure.text}`);
            if (event.type === 'harness-started') print(`${clock(session.clock.workingMs)} life ${event.incarnation}`);
            for (const { because } of session.pauses.slice(before.pauses.length)) print(`paused: ${because}`);
          },
        }),
  });
  for (const { invariant, text, atMs } of result.violations) print(`VIOLATION ${invariant} at ${clock(atMs)}: ${text}`);
  print(
    `seed ${seed}: ${result.events} events, ${result.lives} lives, ${result.faults.length} faults, ` +
      `${clock(result.sessionMs)} of session time, ${result.ending}, ${Math.round(performance.now() - began)} ms, journal ${result.hash.slice(0, 16)}`,
  );
  return result.violations.length === 0 ? 0 : 1;
}

async function count({ seed, count: many, durationMs, faults, stopAtFirst }: Wish): Promise<number> {
  const began = performance.now();
  const failed: NightResult[] = [];
  let events = 0;
  let ran = 0;
  for (let n = seed; n < seed + many; n++) {
    const result = await simulate({ seed: n, durationMs, faults: faults ?? faultsOf(n) });
    ran++;
    events += result.events;
    if (result.violations.length === 0) continue;
    failed.push(result);
    const { invariant, text } = result.violations[0] ?? { invariant: '', text: '' };
    print(`seed ${n}: ${invariant} ${text.split('\n')[0]}`);
    if (stopAtFirst) break;
  }
  const seconds = (performance.now() - began) / 1000;
  print(
    `${ran} nights from seed ${seed}, ${events} events, ${failed.length} with a violation, ` +
      `${(ran / seconds).toFixed(1)} nights a second`,
  );
  return failed.length === 0 ? 0 : 1;
}

/** Every event in every abstract state, see states.ts. */
function map(): number {
  const plan = planOf(configOf({}), {
    session: 'map',
    durationGiven: true,
    graces: { interruptMs: 3_000, terminateMs: 2_000 },
    terminal: false,
  });
  const { states, steps, transitions, faults } = explore({ ...plan, agents: plan.agents.slice(0, 2), concurrency: 1 });
  for (const fault of faults) print(`VIOLATION ${fault}`);
  print(`${states} states, ${steps} steps, ${transitions.size} kinds of transition, ${faults.length} faults`);
  return faults.length === 0 ? 0 : 1;
}

function read(args: readonly string[]): Wish {
  const value = (name: string) => {
    const at = args.indexOf(name);
    return at === -1 ? null : (args[at + 1] ?? '');
  };
  const hours = /^([\d.]+)h?$/.exec(value('--duration') ?? (args.includes('--recoveries') ? '2h' : '8h'))?.[1];
  const only = value('--faults')
    ?.split(',')
    .filter((name): name is FaultKind => (FAULT_KINDS as readonly string[]).includes(name));
  return {
    seed: Number(value('--seed') ?? new Chance(Date.now()).whole(1, 1_000_000)),
    count: Number(value('--count') ?? 1),
    durationMs: Number(hours ?? 8) * HOUR_MS,
    faults: only ?? null,
    quiet: args.includes('--quiet'),
    stopAtFirst: args.includes('--first'),
    map: args.includes('--map'),
    recoveries: args.includes('--recoveries'),
  };
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
