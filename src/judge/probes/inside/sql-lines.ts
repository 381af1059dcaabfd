// A client of MiniDB's line protocol: one statement a line, one JSON object back.
import { connect } from 'node:net';
import { holds, same, shown, Wrong, within } from './check.ts';
import { type Json, tableIn } from './http.ts';
import type { Stage } from './stage.ts';

export interface SqlClient {
  /** The reply as it came. */
  readonly ask: (statement: string) => Promise<Json>;
  /** The rows of a statement that must succeed. */
  readonly rows: (statement: string) => Promise<unknown>;
  /** The changes of a statement that must succeed. */
  readonly changes: (statement: string) => Promise<unknown>;
  /** The error code of a statement that must fail. */
  readonly code: (statement: string) => Promise<string>;
  readonly close: () => void;
}

const REPLY_MS = 20_000;

export async function openSql(port: number, later: Stage['later']): Promise<SqlClient> {
  const socket = connect(port, '127.0.0.1');
  later(() => socket.destroy());
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  let lost: Wrong | null = null;
  const fail = (why: string) => {
    lost ??= new Wrong(why);
    for (const { reject } of waiting.splice(0)) reject(lost);
  };
  socket.setEncoding('utf8');
  socket.on('error', (error) => fail(`the connection failed: ${error.message}`));
  socket.on('close', () => fail('the connection was closed'));
  const parts: string[] = [];
  socket.on('data', (chunk: string) => {
    const lines = chunk.split('\n');
    for (const line of lines.slice(0, -1)) waiting.shift()?.resolve(`${parts.splice(0).join('')}${line}`);
    parts.push(lines.at(-1) ?? '');
  });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('close', () => reject(lost));
  });
  await within(REPLY_MS, 'a connection', connected);
  const ask = async (statement: string) => {
    if (lost !== null) throw lost;
    const answer = new Promise<string>((resolve, reject) => waiting.push({ resolve, reject }));
    socket.write(`${statement}\n`);
    const about = shown(statement.slice(0, 120));
    return tableIn(await within(REPLY_MS, `a reply to ${about}`, answer), `reply to ${about}`);
  };
  const succeeded = async (statement: string) => {
    const reply = await ask(statement);
    holds(reply.ok === true, `${statement.slice(0, 120)}: expected success, got ${shown(reply)}`);
    return reply;
  };
  return {
    ask,
    rows: async (statement) => (await succeeded(statement)).rows,
    changes: async (statement) => (await succeeded(statement)).changes,
    code: async (statement) => {
      const reply = await ask(statement);
      holds(reply.ok === false, `${statement.slice(0, 120)}: expected an error, got ${shown(reply)}`);
      return String((reply.error as Json | undefined)?.code);
    },
    close: () => socket.destroy(),
  };
}

/** A client of the program that the checks share. */
export async function sql(stage: Stage): Promise<SqlClient> {
  return openSql((await stage.shared()).port, stage.later);
}

/** One number in one row. */
export async function figure({ rows }: SqlClient, statement: string): Promise<unknown> {
  const all = await rows(statement);
  return Array.isArray(all) && Array.isArray(all[0]) ? all[0][0] : all;
}

/** Equal, but numbers up to a rounding error. */
export function sameRows(what: string, got: unknown, wanted: unknown): void {
  same(what, rounded(got), rounded(wanted));
}

function rounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rounded);
  // No negative zero: it is equal, but not the same.
  return typeof value === 'number' ? Math.round(value * 1e6) / 1e6 + 0 : value;
}
