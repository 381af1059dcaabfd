// Finds the command that a request names, and lets it make the reply.

import { ReplyError } from "../resp/values.js";
import { VIEW_COMMANDS } from "./view-commands.js";

/**
 * What commands can use.
 *
 * @typedef {object} CommandContext
 * @property {() => void} hangUp closes the connection after the reply
 */

/**
 * @typedef {object} Command
 * @property {[number, number]} words the smallest and largest number of words after the command's name
 * @property {(words: Buffer[], context: CommandContext) => unknown} run gives the reply
 */

const COMMANDS = new Map(Object.entries(VIEW_COMMANDS));

/**
 * @param {Buffer[]} request the command's name and its words
 * @param {CommandContext} context
 * @returns {unknown} a value to encode
 */
export function execute([nameWord, ...words], context) {
  const name = nameWord.toString().slice(0, 32);
  const command = COMMANDS.get(name.toUpperCase());
  if (command === undefined) return new ReplyError("ERR", `unknown command '${name}'`);
  const [fewest, most] = command.words;
  if (words.length < fewest || words.length > most) {
    return new ReplyError("ERR", `wrong number of arguments for '${name}'`);
  }
  return command.run(words, context);
}
