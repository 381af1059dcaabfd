// Events in words: every type of event has its sentence or none, and none of them says anything undefined.
import { expect, test } from 'vitest';
import { endingText, sentencesOf } from '../../src/report/sentences.ts';
import type { Event, StampedEvent } from '../../src/session/event.ts';
import { created, type Session } from '../../src/session/state.ts';
import { step } from '../../src/session/step.ts';
import { CoreWorld, CRASH, PLAN } from '../support/core-world.ts';
import { momentsOf, STORIES } from './stories.ts';

const OF = { agent: 'coder', turn: 1 };

/** One of each; a new type of event is missing here until it has its row. */
const EVENTS: { readonly [T in Event['type']]: Event & { type: T } } = {
  'session-created': { type: 'session-created', plan: PLAN },
  'harness-started': {
    type: 'harness-started',
    incarnation: 2,
    version: '1.0.0',
    pid: 1,
    pauseLimitMs: null,
    lastCheckpoint: 0,
  },
  'time-passed': { type: 'time-passed' },
  'clock-stalled': { type: 'clock-stalled', gapMs: 5_000 },
  'deadline-came': { type: 'deadline-came' },
  'signal-received': { type: 'signal-received', signal: 'INT' },
  'stop-requested': { type: 'stop-requested', by: 'Ada' },
  'pause-requested': { type: 'pause-requested', by: 'Ada' },
  'continue-requested': { type: 'continue-requested', by: 'Ada' },
  'checkpoint-requested': { type: 'checkpoint-requested', by: 'Ada' },
  'restore-requested': { type: 'restore-requested', by: 'Ada', number: 3, rewindClock: false },
  'limit-changed': {
    type: 'limit-changed',
    by: 'Ada',
    limit: 'totalTokens',
    from: 10,
    to: null,
    why: 'the night is long',
  },
  'compress-requested': { type: 'compress-requested', by: 'Ada' },
  'fault-requested': { type: 'fault-requested', by: 'Ada', fault: 'kill', agent: null },
  'fault-injected': { type: 'fault-injected', by: 'drill', fault: 'kill', agent: 'coder', turn: 1 },
  'best-delivered': { type: 'best-delivered', checkpoint: 3, last: 7 },
  'checkpoints-thinned': { type: 'checkpoints-thinned', numbers: [2, 3, 4] },
  'disk-freed': { type: 'disk-freed', bytes: 5_000_000, what: 'caches' },
  'model-called': {
    type: 'model-called',
    ...OF,
    upstream: 'primary',
    asked: 'm',
    answered: null,
    status: 500,
    outcome: 'failed',
    prompt: 0,
    completion: 0,
    source: 'estimated',
    costUsd: null,
    firstByteMs: null,
    tookMs: 12,
    injected: false,
    text: 'internal error',
  },
  'model-switched': { type: 'model-switched', ...OF, from: 'primary', to: 'spare', reason: 'status 500' },
  'window-closed': {
    type: 'window-closed',
    ...OF,
    upstream: 'primary',
    waitMs: 3_600_000,
    text: 'usage limit reached',
  },
  'model-unaffordable': { type: 'model-unaffordable', ...OF, needs: 4_000, tokensLeft: 12 },
  'models-exhausted': { type: 'models-exhausted', ...OF, text: 'status 500', injected: false },
  'agent-started': { type: 'agent-started', ...OF, pid: 7, startTicks: null, mode: 'resumed' },
  'agent-start-failed': { type: 'agent-start-failed', ...OF, failure: CRASH },
  'agent-active': { type: 'agent-active', ...OF, outputBytes: 5 },
  'task-named': { type: 'task-named', ...OF, task: 'task-7' },
  'agent-stepped': { type: 'agent-stepped', ...OF, step: 4 },
  'tool-called': { type: 'tool-called', ...OF, tool: 'file_write', ok: false },
  'tool-timed-out': { type: 'tool-timed-out', ...OF, tool: 'shell_exec', call: 'abc' },
  'tokens-used': { type: 'tokens-used', ...OF, total: 120, prompt: null, completion: null, source: 'agent' },
  'agent-erred': { type: 'agent-erred', ...OF, about: 'step', text: 'status 500' },
  'garbage-seen': { type: 'garbage-seen', ...OF, bytes: 9 },
  'completion-claimed': { type: 'completion-claimed', ...OF },
  'agent-exited': { type: 'agent-exited', ...OF, code: null, signal: 'SIGSEGV', failure: CRASH },
  'turn-measured': { type: 'turn-measured', ...OF, changed: true, files: 3 },
  'progress-seen': { type: 'progress-seen', ...OF, files: 3 },
  'agent-recovered': {
    type: 'agent-recovered',
    ...OF,
    workspace: 'rolled-back',
    reason: 'a torn file',
    checkpoint: 2,
    task: null,
    changed: false,
  },
  'agent-unrecoverable': { type: 'agent-unrecoverable', ...OF, reason: 'nothing good is left' },
  'checkpoint-written': {
    type: 'checkpoint-written',
    number: 3,
    trigger: 'interval',
    sha256: 's',
    commit: 'c',
    files: 4,
    bytes: 5_000,
    tookMs: 6,
  },
  'checkpoint-failed': { type: 'checkpoint-failed', number: 3, trigger: 'interval', reason: 'ENOSPC' },
  'checkpoint-restored': {
    type: 'checkpoint-restored',
    number: 2,
    by: 'Ada',
    rewindClock: false,
    phaseClockMs: 0,
    insteadOf: 3,
  },
  'restore-failed': { type: 'restore-failed', number: 2, reason: 'EIO', touched: true },
  probed: { type: 'probed', diskFreeBytes: null, sessionBytes: null, agentRssBytes: null, writable: true },
  'disk-filled': { type: 'disk-filled', path: 'journal.ndjson' },
  'code-counted': { type: 'code-counted', lines: null, files: 0, reason: 'no cloc' },
  'quality-measured': {
    type: 'quality-measured',
    checkpoint: 3,
    workingMs: 60_000,
    settled: true,
    verdict: 'failed',
    text: '1 of 9 tests failed',
    tests: 9,
    failed: 1,
    open: ['a test fails'],
    criteria: [],
  },
  judged: { type: 'judged', verdict: { critical: 'failed', text: '1 of 3 tests failed' } },
  'report-written': { type: 'report-written' },
};

function told(event: Event, before: Session): string {
  const stamped: StampedEvent = { seq: 1, atMs: before.clock.lastAtMs, wall: 'w', ...event };
  const [session] = step(before, stamped);
  return sentencesOf(session, stamped, before)
    .map(({ level, text }) => `${level} ${text}`)
    .join('\n');
}

const WORKING = (() => {
  const world = new CoreWorld(() => ({ ms: 1e9 }));
  return world.session;
})();

test.each(Object.values(EVENTS))('$type says nothing undefined, in any state', (event) => {
  const states = [created(PLAN), WORKING, ...Object.values(STORIES).map((make) => make().session)];
  for (const state of states) expect(told(event, state)).not.toMatch(/undefined|\bnull\b|NaN|\[object/);
});

test.each([
  ['agent-exited', 'error coder: turn 1 failed: the agent was ended by SIGSEGV'],
  ['agent-start-failed', ''],
  ['tool-called', 'debug coder: file_write failed'],
  ['tokens-used', 'debug coder: 120 tokens'],
  ['agent-erred', 'warn coder reports (step): status 500'],
  ['clock-stalled', 'warn the harness stood still for 5 s; that time counts for nobody'],
  ['checkpoint-written', 'info checkpoint 3 written (interval): 4 files, 5 kB, 6 ms'],
  ['checkpoint-failed', 'error checkpoint 3 failed: ENOSPC'],
  ['checkpoint-restored', 'info checkpoint 2 restored instead of 3, which cannot be restored'],
  ['restore-failed', 'error checkpoint 2 could not be restored: EIO'],
  ['probed', 'trace disk free unknown'],
  ['time-passed', ''],
  ['agent-active', ''],
] as const)('%s is told as "%s"', (type, text) => {
  expect(told(EVENTS[type], WORKING)).toContain(text);
  if (text === '' && type !== 'agent-start-failed') expect(told(EVENTS[type], WORKING)).toBe('');
});

test('a session tells its phases, its pause and that work goes on, each once', () => {
  const world = new CoreWorld();
  world.pass(10_000);
  world.send({ type: 'pause-requested', by: 'Ada' });
  world.send({ type: 'continue-requested', by: 'Ada' });
  world.pass(400_000);
  // The log holds the sentences and the alerts.
  const all = [...momentsOf(world).flatMap(({ sentences }) => sentences.map(({ text }) => text)), ...world.alerts];
  for (const text of [
    'session test: 1 agents, 2 phases, 5 min',
    'mega-test test started',
    'phase 1 of 2: bootstrap (100 s)',
    'paused: asked for by Ada',
    'work goes on',
    'phase 2 of 2: development (3 min 20 s)',
    'judging what was built',
    'the session is over: all phases are over',
  ])
    expect([text, all.filter((one) => one === text).length]).toEqual([text, 1]);
});

test('a turn that was stopped on purpose is not told as failed', () => {
  const world = new CoreWorld(() => ({ ms: 1e9 }), { ...PLAN, turn: { ...PLAN.turn, stallMs: 1e9 } });
  world.pass(60_000);
  const exits = momentsOf(world).filter(({ event }) => event.type === 'agent-exited');
  expect(exits.at(0)?.sentences.map(({ text }) => text)).toContain('coder: turn 1 was stopped (by SIGINT)');
});

test('a turn tells what it works at', () => {
  const start = momentsOf(new CoreWorld()).find(({ event }) => event.type === 'agent-started');
  expect(start?.sentences.map(({ text }) => text)).toContain('coder: turn 1 fresh (pid 101): begin');
});

test('a pause that ended the session is not told as work that goes on', () => {
  const world = new CoreWorld();
  world.send({ type: 'pause-requested', by: 'Ada' });
  world.send({ type: 'stop-requested', by: 'Ada' });
  world.pass(10_000);
  const all = momentsOf(world).flatMap(({ sentences }) => sentences.map(({ text }) => text));
  expect(all).not.toContain('work goes on');
  expect(all).toContain('the session is over: stopped by Ada');
});

test.each([
  [{ is: 'finish', because: 'budget', text: 'the budget is used up' }, 'the budget is used up'],
  [{ is: 'interrupt', signal: 'HUP', again: true, sinceMs: 0 }, 'interrupted by HUP'],
  [{ is: 'fail', text: 'no good state' }, 'no good state'],
] as const)('an ending is told in words', (ending, text) => {
  expect(endingText(ending)).toBe(text);
});
