// Reads the command line of redqueue-cli.

import { parseArgs } from "node:util";

const OPTIONS = {
  help: { type: "boolean", short: "h" },
  host: { type: "string" },
  port: { type: "string" },
  priority: { type: "string" },
  delay: { type: "string" },
  retries: { type: "string" },
  timeout: { type: "string" },
  wait: { type: "string" },
  count: { type: "string" },
  concurrency: { type: "string" },
  "retry-delay": { type: "string" },
  drain: { type: "boolean" },
};

/** The command line makes no sense; the message says what is wrong with it. */
export class UsageError extends Error {}

/**
 * @typedef {object} CommandLine
 * @property {string[]} words the words in front of "--" that are no options
 * @property {string[]} rest the words after "--"
 * @property {Record<string, string | boolean>} options
 */

/**
 * @param {string[]} argv
 * @returns {CommandLine}
 * @throws {UsageError} for an option that does not exist or lacks its value
 */
export function readCommandLine(argv) {
  const dashes = argv.indexOf("--");
  const end = dashes === -1 ? argv.length : dashes;
  try {
    const { positionals, values } = parseArgs({
      args: joinNegativeNumbers(argv.slice(0, end)),
      options: OPTIONS,
      allowPositionals: true,
    });
    return { words: positionals, rest: argv.slice(end + 1), options: values };
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/**
 * @param {string} name the option's name, for the message
 * @param {string | undefined} text
 * @param {{ min: number, max: number, fallback: number }} rule
 * @returns {number}
 * @throws {UsageError} when the text is no whole number in the range
 */
export function readNumber(name, text, { min, max, fallback }) {
  const value = text === undefined ? fallback : Number(text);
  if (text !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`--${name} must be a whole number from ${min} to ${max}`);
}

// parseArgs takes the -5 of "--priority -5" for an option of its own, but understands "--priority=-5".
function joinNegativeNumbers(args) {
  const joined = [];
  for (const arg of args) {
    if (/^-\d+$/.test(arg) && joined.at(-1)?.startsWith("--")) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}
