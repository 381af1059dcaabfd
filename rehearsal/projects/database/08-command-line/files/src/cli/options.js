// The command line's options.

import { parseArgs } from 'node:util';

/** What --help prints, and what a wrong call gets to see. */
export const USAGE = `Usage: minidb-cli (--data DIR | --port PORT) [-e SQL]... [--json]

  --data DIR    open the database folder DIR; no server may be using it
  --port PORT   talk to the server on 127.0.0.1:PORT instead
  -e SQL        run these statements, separated by semicolons; may be repeated
  --json        print replies as the server sends them, one JSON object a line
  --help        print this text

Without -e the statements are read from the standard input.
Exit code: 0 all statements succeeded, 1 one failed (the rest was not run), 2 wrong usage.
`;

/** A call that cannot be understood. */
export class UsageError extends Error {}

/**
 * @typedef {object} Options
 * @property {boolean} wantsHelp
 * @property {boolean} isJson
 * @property {string[]} texts given with -e
 * @property {string | null} folder
 * @property {number | null} port exactly one of folder and port is given
 */

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function readOptions(args) {
  const { help: wantsHelp, json: isJson, execute: texts, data, port } = parse(args);
  if (wantsHelp) return { wantsHelp, isJson, texts, folder: null, port: null };
  if ((data === undefined) === (port === undefined)) throw new UsageError('give either --data or --port');
  if (data === '') throw new UsageError('--data needs a folder');
  if (port !== undefined && !isPort(port)) throw new UsageError(`${port} is not a port`);
  return { wantsHelp, isJson, texts, folder: data ?? null, port: port === undefined ? null : Number(port) };
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        data: { type: 'string' },
        port: { type: 'string' },
        execute: { type: 'string', short: 'e', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function isPort(text) {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}
