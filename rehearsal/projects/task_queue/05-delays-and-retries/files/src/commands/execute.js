// Finds the command that a request names, and turns its result or its refusal into a reply.

import { QueueError } from "../queue/job.js";
import { ReplyError } from "../resp/values.js";
import { JOB_COMMANDS } from "./job-commands.js";
import { VIEW_COMMANDS } from "./view-commands.js";

/**
 * What commands can use.
 *
 * @typedef {object} CommandContext
 * @property {import("../queue/broker.js").Broker} broker
 * @property {AbortSignal} signal aborted when nobody is left to read the reply
 * @property {() => void} hangUp closes the connection after the reply
 */

/**
 * @typedef {object} Command
 * @property {[number, number]} words the smallest and largest number of words after the command's name
 * @property {(words: Buffer[], context: CommandContext) => unknown} run gives the reply, or a promise of it
 *   when there is something to wait for
 */

const COMMANDS = new Map(Object.entries({ ...JOB_COMMANDS, ...VIEW_COMMANDS }));

/**
 * @param {Buffer[]} request the command's name and its words
 * @param {CommandContext} context
 * @returns {unknown} a value to encode, or a promise of one
 */
export function execute([nameWord, ...words], context) {
  const name = nameWord.toString().slice(0, 32);
  const command = COMMANDS.get(name.toUpperCase());
  if (command === undefined) return new ReplyError("ERR", `unknown command '${name}'`);
  const [fewest, most] = command.words;
  if (words.length < fewest || words.length > most) {
    return new ReplyError("ERR", `wrong number of arguments for '${name}'`);
  }
  try {
    return command.run(words, context);
  } catch (error) {
    if (error instanceof ReplyError) return error;
    if (error instanceof QueueError) return new ReplyError(error.code, error.message);
    throw error;
  }
}
