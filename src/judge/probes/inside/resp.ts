// A client of the Redis protocol, version 2: requests in order, replies in order, nothing else.
import { connect } from 'node:net';
import { shown, Wrong, within } from './check.ts';

/** Simple strings, bulk strings and integers as they are; nil as null; errors by their text. */
export type Reply = string | number | null | readonly Reply[] | { readonly error: string };

export interface RespClient {
  readonly ask: (...words: readonly string[]) => Promise<Reply>;
  readonly close: () => void;
}

const REPLY_MS = 10_000;

export async function openResp(port: number, later: (end: () => void) => void): Promise<RespClient> {
  const socket = connect(port, '127.0.0.1');
  later(() => socket.destroy());
  const waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];
  let bytes = Buffer.alloc(0);
  let lost: Wrong | null = null;
  const fail = (why: string) => {
    lost ??= new Wrong(why);
    for (const { reject } of waiting.splice(0)) reject(lost);
  };
  socket.on('error', (error) => fail(`the connection failed: ${error.message}`));
  socket.on('close', () => fail('the connection was closed'));
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    try {
      for (let read = readReply(bytes, 0); read !== null; read = readReply(bytes, 0)) {
        bytes = bytes.subarray(read.next);
        waiting.shift()?.resolve(read.reply);
      }
    } catch (error) {
      fail((error as Error).message);
    }
  });
  await within(REPLY_MS, 'a connection', new Promise<void>((resolve) => socket.once('connect', resolve)));
  return {
    ask: (...words) => {
      if (lost !== null) return Promise.reject(lost);
      const answer = new Promise<Reply>((resolve, reject) => waiting.push({ resolve, reject }));
      const bulks = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
      socket.write(`*${words.length}\r\n${bulks.join('')}`);
      return within(REPLY_MS, `a reply to ${words.slice(0, 2).join(' ')}`, answer);
    },
    close: () => socket.destroy(),
  };
}

interface Read {
  readonly reply: Reply;
  readonly next: number;
}

/** Null when it is not all there yet. */
function readReply(bytes: Buffer, at: number): Read | null {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) return null;
  const text = bytes.toString('utf8', at + 1, end);
  const next = end + 2;
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case '+':
      return { reply: text, next };
    case '-':
      return { reply: { error: text }, next };
    case ':':
      return { reply: numberIn(text), next };
    case '$':
      return bulk(bytes, numberIn(text), next);
    case '*':
      return list(bytes, numberIn(text), next);
    default:
      throw new Wrong(`that is no RESP reply: ${shown(bytes.toString('latin1', at, at + 40))}`);
  }
}

function bulk(bytes: Buffer, length: number, at: number): Read | null {
  if (length < 0) return { reply: null, next: at };
  if (bytes.length < at + length + 2) return null;
  return { reply: bytes.toString('utf8', at, at + length), next: at + length + 2 };
}

function list(bytes: Buffer, length: number, at: number): Read | null {
  if (length < 0) return { reply: null, next: at };
  const replies: Reply[] = [];
  let next = at;
  for (let index = 0; index < length; index++) {
    const read = readReply(bytes, next);
    if (read === null) return null;
    replies.push(read.reply);
    next = read.next;
  }
  return { reply: replies, next };
}

function numberIn(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new Wrong(`that is no number of RESP: ${shown(text.slice(0, 40))}`);
  return Number(text);
}
