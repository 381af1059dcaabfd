// One try at one upstream: reserved, sent, its answer understood and passed to the agent, or kept back for another try.

import { Account } from './account.ts';
import { type AnswerHead, meaningOf } from './answers.ts';
import { type Collected, collect } from './collect.ts';
import type { Upstream } from './facts.ts';
import { headersDown, headersUp, withoutKey } from './headers.ts';
import { passStream } from './pass-stream.ts';
import type { Grant } from './queue.ts';
import { addsUsage, rewrite } from './request.ts';
import type { Call, Room } from './room.ts';
import { again, DONE, type Tried, type Try } from './try.ts';
import type { Answer } from './upstream.ts';
import { read, type Said } from './usage.ts';

const ERROR_BYTES = 1024 * 1024;

export async function attempt(room: Room, call: Call, upstream: Upstream): Promise<Tried> {
  const grant = await reserved(room, call, upstream);
  if (grant === null) return DONE;
  try {
    const account = new Account(room, call, upstream);
    return await sent({ room, call, upstream, account, key: upstream.keyOf() }, grant.mostTokens);
  } finally {
    grant.giveBack();
  }
}

function reserved(room: Room, call: Call, { contextTokens }: Upstream): Promise<Grant | null> {
  const { entry, asked, body, client } = call;
  const free: Grant = { mostTokens: null, giveBack: () => {} };
  if (asked === null || entry.kind === 'list') return Promise.resolve(client.left.aborted ? null : free);
  // Of what is only passed through nobody knows whether it generates text; what says no limit is taken for an embedding.
  const mostTokens = asked.mostTokens ?? (entry.kind === 'other' ? 1 : null);
  const need = { bytes: body.length, mostTokens, answers: asked.answers, contextTokens };
  return room.queue.admit(entry.caller, need, client.left);
}

async function sent(one: Try, mostTokens: number | null): Promise<Tried> {
  const { room, call, upstream, account, key } = one;
  const counts = call.entry.kind === 'completion';
  if (counts) room.chain.went(upstream);
  const sending = await room.lines.send({
    endpoint: upstream.endpoint,
    path: call.entry.path,
    method: call.entry.method,
    headers: headersUp(call.headers, key),
    body: bodyFor(one, mostTokens),
    left: call.client.left,
  });
  switch (sending.is) {
    case 'left':
      await left(one, null);
      return DONE;
    case 'failed': {
      const { text, late, mayHaveWorked } = sending;
      await account.tell({ outcome: 'failed', status: null, text, worked: mayHaveWorked });
      return again(one, text, () => call.client.error(late ? 504 : 502, `${upstream.name}: ${account.clean(text)}`));
    }
    case 'answer':
      return answered(one, sending.answer, () => sent(one, mostTokens));
  }
}

function bodyFor({ call, room, upstream }: Try, mostTokens: number | null): Buffer | null {
  const { entry, asked, body } = call;
  if (entry.kind === 'list') return null;
  if (asked === null) return body.length === 0 ? null : body;
  const counts = entry.kind === 'completion';
  const usage = counts && !room.chain.withoutUsage.has(upstream.name);
  return rewrite(asked, { model: counts ? upstream.model : null, usage, mostTokens });
}

async function answered(one: Try, answer: Answer, once: () => Promise<Tried>): Promise<Tried> {
  const good = answer.status >= 200 && answer.status < 300;
  if (good && /^text\/event-stream\b/i.test(answer.headers['content-type'] ?? '')) return passStream(one, answer);
  const got = await collect(answer, good ? one.room.limits.answerBytes : ERROR_BYTES, () => one.account.byte());
  if (one.call.client.left.aborted) {
    await left(one, answer.status);
    return DONE;
  }
  if (good) return whole(one, answer, got);
  if (!dislikesUsage(one, answer.status, got)) return refused(one, answer, got);
  one.room.chain.withoutUsage.add(one.upstream.name);
  return once();
}

/** Some servers refuse fields they do not know; what we added ourselves must not be what the agent is refused for. */
function dislikesUsage({ call, room, upstream }: Try, status: number, got: Collected): boolean {
  if (call.asked === null || call.entry.kind !== 'completion' || !addsUsage(call.asked)) return false;
  if (room.chain.withoutUsage.has(upstream.name)) return false;
  return (status === 400 || status === 422) && got.text().includes('stream_options');
}

/** An answer that is not streamed. Of a completion it must be what it should be, or another is asked. */
async function whole(one: Try, answer: Answer, got: Collected): Promise<Tried> {
  const { call, upstream, account, room, key } = one;
  const { status } = answer;
  const said = read(got.text());
  const why = got.why ?? (call.entry.kind === 'completion' ? badness(said) : null);
  if (why !== null) {
    await account.tell({ outcome: 'failed', status, text: why, model: said?.model ?? null, worked: true });
    return again(one, why, () => call.client.error(502, `${upstream.name}: ${account.clean(why)}`));
  }
  const [usage, seen, model] = [said?.usage ?? null, said?.text ?? '', said?.model ?? null];
  const cut = call.fault === 'cut-stream';
  const end = cut
    ? ({ outcome: 'cut', text: 'cut by the fault schedule' } as const)
    : ({ outcome: 'answered', text: null } as const);
  await account.tell({ ...end, status, usage, whole: true, model, seen, worked: call.entry.kind === 'completion' });
  if (call.entry.kind === 'completion') room.chain.answered(call.entry.caller, upstream);
  const headers = headersDown(answer.headers, key);
  if (cut) {
    call.client.begin(status, { ...headers, 'content-length': got.bytes.length });
    call.client.cutAfter(got.bytes.subarray(0, got.bytes.length / 2));
  } else call.client.answer(status, headers, withoutKey(got.bytes, key));
  return DONE;
}

function badness(said: Said | null): string | null {
  if (said === null) return 'the answer is malformed: no JSON object';
  return said.error !== null && said.text === '' && said.usage === null ? `an error as an answer: ${said.error}` : null;
}

async function refused(one: Try, answer: Answer, got: Collected): Promise<Tried> {
  const { call, upstream, account, room, key } = one;
  const head: AnswerHead = { status: answer.status, headers: answer.headers, body: got.text().slice(0, 64 * 1024) };
  const meaning = meaningOf(head, room.parts.clock.wallMs());
  const pass = () => call.client.answer(answer.status, headersDown(answer.headers, key), withoutKey(got.bytes, key));
  const text = meaning.is === 'ok' ? null : meaning.text;
  const outcome = meaning.is === 'hopeless' ? 'refused' : 'failed';
  await account.tell({ outcome, status: answer.status, text, worked: false });
  switch (meaning.is) {
    case 'window': {
      if (call.entry.kind === 'completion') {
        const { waitMs } = meaning;
        room.chain.windowClosed(upstream, waitMs, account.clean(meaning.text));
        const fact = { is: 'window-closed', ...call.entry.caller, upstream: upstream.name, waitMs } as const;
        room.parts.tell({ ...fact, text: account.clean(meaning.text) });
      }
      return { is: 'again', text: account.clean(meaning.text), window: true, waitMs: meaning.waitMs, pass };
    }
    case 'transient':
      return again(one, meaning.text, pass, meaning.waitMs);
    case 'ok':
    case 'hopeless':
      // It is alive and speaks to us, whatever it says.
      if (call.entry.kind === 'completion') room.chain.unknown(upstream);
      pass();
      return DONE;
  }
}

/** The agent hung up while the upstream worked for it. */
async function left(one: Try, status: number | null): Promise<void> {
  if (one.call.entry.kind === 'completion') one.room.chain.unknown(one.upstream);
  await one.account.tell({ outcome: 'cut', status, text: 'the agent hung up', worked: true });
}
