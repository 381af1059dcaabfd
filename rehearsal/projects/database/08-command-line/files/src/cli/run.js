// The command line itself: runs statements until one fails, and tells by its exit code.

import { createInterface } from 'node:readline';
import { DatabaseError } from '../errors.js';
import { errorReply, okReply } from '../server/protocol.js';
import { openConnection } from './connections.js';
import { formatResult } from './format.js';
import { USAGE, UsageError, readOptions } from './options.js';
import { StatementSplitter } from './statement-splitter.js';

/** The exit codes, as the usage text explains them. */
export const EXIT = Object.freeze({ ok: 0, failed: 1, usage: 2 });

/**
 * @param {string[]} args without the program's name
 * @param {{stdin: NodeJS.ReadStream, stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream}} streams
 * @returns {Promise<number>} the exit code
 */
export async function run(args, { stdin, stdout, stderr }) {
  let connection = null;
  try {
    const options = readOptions(args);
    if (options.wantsHelp) {
      stdout.write(USAGE);
      return EXIT.ok;
    }
    connection = await openConnection(options);
    const terminal = { connection, stdout, stderr, isJson: options.isJson };
    if (options.texts.length > 0) return await runAll(terminal, options.texts.map(endStatement));
    return stdin.isTTY ? await converse(terminal, stdin) : await runAll(terminal, stdin.setEncoding('utf8'));
  } catch (error) {
    if (error instanceof UsageError) {
      stderr.write(`minidb-cli: ${error.message}\n\n${USAGE}`);
      return EXIT.usage;
    }
    stderr.write(`error: ${error.code ?? 'internal'}: ${error.message}\n`);
    return EXIT.failed;
  } finally {
    await connection?.close();
  }
}

async function runAll(terminal, texts) {
  for await (const sql of statementsOf(texts)) {
    if (!(await runOne(terminal, sql))) return EXIT.failed;
  }
  return EXIT.ok;
}

async function* statementsOf(texts) {
  const splitter = new StatementSplitter();
  for await (const text of texts) yield* splitter.push(text);
  yield* splitter.push(endStatement(''));
}

/** The line break is for the case that the text ends with a comment. */
function endStatement(text) {
  return `${text}\n;`;
}

/** With a person at the keyboard, an error is no reason to leave. */
async function converse(terminal, stdin) {
  const { stdout } = terminal;
  const splitter = new StatementSplitter();
  const lines = createInterface({ input: stdin, output: stdout, prompt: 'minidb> ' });
  lines.prompt();
  for await (const line of lines) {
    for (const sql of splitter.push(`${line}\n`)) await runOne(terminal, sql);
    lines.setPrompt(splitter.isWaiting ? '   ...> ' : 'minidb> ');
    lines.prompt();
  }
  stdout.write('\n');
  return EXIT.ok;
}

async function runOne({ connection, stdout, stderr, isJson }, sql) {
  try {
    const result = await connection.execute(sql);
    stdout.write(isJson ? okReply(result) : formatResult(result));
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (isJson) stdout.write(errorReply(error));
    stderr.write(`error: ${error.code}: ${error.message}\n`);
    return false;
  }
}
