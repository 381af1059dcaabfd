// A streamed answer on its way through: passed as it comes, read on the side, and never taken for whole when it is not.
import { headersDown } from './headers.ts';
import { StreamReader } from './stream-reader.ts';
import { again, DONE, type Tried, type Try } from './try.ts';
import type { Answer } from './upstream.ts';

const CUT_BY_US = 'cut by the fault schedule';

export async function passStream(one: Try, answer: Answer): Promise<Tried> {
  const { call, account } = one;
  const plain = (answer.headers['content-encoding'] ?? 'identity') === 'identity';
  // What came compressed, though we asked for it plain, can be passed but not read.
  const completion = call.entry.kind === 'completion' && plain;
  const reader = new StreamReader(completion && call.asked?.stream === true && !call.asked.wantsUsage);
  const pass = (pieces: readonly Buffer[]): Promise<void> | null => {
    if (pieces.length === 0) return null;
    // Until here another upstream could be asked instead.
    if (!call.client.begun) call.client.begin(answer.status, headersDown(answer.headers, one.key));
    return call.client.write(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
  };
  let stopped: string | null = null;
  const broke = await answer.follow((chunk) => {
    account.byte();
    if (stopped !== null) return null;
    const pieces = reader.push(chunk);
    if (!call.client.begun && reader.error !== null) stopped = `an error as an answer: ${reader.error}`;
    else if (call.fault === 'cut-stream' && pieces.length > 0) stopped = CUT_BY_US;
    if (stopped === null) return pass(pieces);
    answer.hangUp();
    if (stopped === CUT_BY_US) {
      const bytes = Buffer.concat(pieces);
      call.client.begin(answer.status, headersDown(answer.headers, one.key));
      call.client.cutAfter(bytes.subarray(0, Math.ceil(bytes.length / 2)));
    }
    return null;
  });
  // Behind the last mark nothing can be missing.
  const torn = reader.done ? null : broke;
  if (torn === null && stopped === null) await pass(reader.end());
  const ended = completion && !reader.finished ? 'the stream ended before its answer did' : null;
  return over(one, { answer, reader, why: stopped ?? torn ?? reader.error ?? ended, closed: torn === null });
}

interface Over {
  readonly answer: Answer;
  readonly reader: StreamReader;
  readonly why: string | null;
  /** The upstream ended its answer in order, whatever was in it. */
  readonly closed: boolean;
}

async function over(one: Try, { answer, reader, why, closed }: Over): Promise<Tried> {
  const { call, account, room, upstream } = one;
  const completion = call.entry.kind === 'completion';
  const counted = {
    status: answer.status,
    usage: reader.usage,
    model: reader.model,
    seen: reader.text(),
    worked: true,
  };
  const whole = reader.finished || !completion;
  if (call.client.left.aborted && why !== CUT_BY_US) {
    if (completion) room.chain.unknown(upstream);
    await account.tell({ ...counted, whole, outcome: 'cut', text: 'the agent hung up' });
    return DONE;
  }
  if (why === null) {
    await account.tell({ ...counted, whole, outcome: 'answered', text: null });
    if (completion) room.chain.answered(call.entry.caller, upstream);
    if (!call.client.begun) call.client.begin(answer.status, headersDown(answer.headers, one.key));
    call.client.end();
    return DONE;
  }
  const outcome = reader.error === null && call.client.begun ? 'cut' : 'failed';
  await account.tell({ ...counted, whole: false, outcome, text: why });
  if (!call.client.begun)
    return again(one, why, () => call.client.error(502, `${upstream.name}: ${account.clean(why)}`));
  if (why === CUT_BY_US) {
    if (completion) room.chain.unknown(upstream);
    return DONE;
  }
  if (completion) room.chain.failed(upstream, account.clean(why));
  // The agent has read the error where there was one; a torn answer must not look like a whole one.
  if (closed && reader.error !== null && reader.finished) call.client.end();
  else call.client.destroy();
  return DONE;
}
