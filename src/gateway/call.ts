// A call from its arrival to its end: waits until it may go, asks the upstreams in their order, gives up when all failed.
import { attempt } from './attempt.ts';
import { disturbed } from './chaos.ts';
import type { Upstream } from './facts.ts';
import { type Call, paused, type Room } from './room.ts';
import type { Tried } from './try.ts';

type Again = Extract<Tried, { is: 'again' }>;

export async function runCall(room: Room, call: Call): Promise<void> {
  const { kind, caller } = call.entry;
  const { client } = call;
  if (kind === 'list') return settle(await attempt(room, call, room.chain.next(new Set()) ?? room.chain.primary));
  const grant = await room.queue.admit(caller, null, client.left);
  if (grant === null || (await disturbed(room, call))) return;
  if (kind === 'other') return settle(await attempt(room, call, room.chain.primary));
  if (call.asked === null) return client.error(400, 'the body is not a JSON object');
  for (;;) {
    const failures = await askAll(room, call);
    if (failures === null) return;
    if (!(await windowOpens(room, call, failures))) return giveUp(room, call, failures);
  }
}

/** Null when the call is done; else what became of each try, the last one last. */
async function askAll(room: Room, call: Call): Promise<readonly Again[] | null> {
  const failures: Again[] = [];
  const rounds = room.chain.length === 1 ? 3 : 2;
  for (let round = 1; ; round++) {
    const asked = new Set<string>();
    for (let next: Upstream | null; ; ) {
      next = room.chain.next(asked);
      if (next === null) break;
      asked.add(next.name);
      const tried = await attempt(room, call, next);
      if (tried.is === 'done') return null;
      failures.push(tried);
    }
    const waitMs = round < rounds ? waitAfter(room, round, failures.at(-1)) : null;
    if (waitMs === null) return failures;
    await paused(room, waitMs, call.client.left);
    if (call.client.left.aborted) return null;
  }
}

/** How long until the next round; null when it is no use. An only upstream is left alone for as long as it asked. */
function waitAfter({ limits, chain }: Room, round: number, last: Again | undefined): number | null {
  const usualMs = limits.retryMs[round === 1 ? 0 : 1];
  if (chain.length > 1) return usualMs;
  if (last === undefined || last.window) return null;
  const askedMs = last.waitMs ?? 0;
  return askedMs > limits.retryAfterMs ? null : Math.max(usualMs, askedMs);
}

/**
 * After a closed usage window the session may have been paused, which holds this request as well: it waits for that, and
 * is tried again if the window has opened meanwhile.
 */
async function windowOpens(room: Room, call: Call, failures: readonly Again[]): Promise<boolean> {
  if (!failures.some(({ window }) => window)) return false;
  await paused(room, room.limits.holdMs, call.client.left);
  const grant = await room.queue.admit(call.entry.caller, null, call.client.left);
  return grant !== null && room.chain.someReady();
}

function giveUp(room: Room, call: Call, failures: readonly Again[]): void {
  const last = failures.at(-1);
  if (last === undefined || call.client.left.aborted) return;
  if (!failures.every(({ window }) => window)) room.chain.exhausted(call.entry.caller, last.text);
  last.pass();
}

function settle(tried: Tried): void {
  if (tried.is === 'again') tried.pass();
}
