// The command line tool: understands the words, asks the server, prints the answer, and says how it went.

import { Client } from "../client.js";
import { ReplyError } from "../resp/values.js";
import { UsageError, readCommandLine, readNumber } from "./arguments.js";
import { SUBCOMMANDS } from "./subcommands.js";
import { USAGE } from "./usage.js";
import { WORK_OPTIONS, work } from "./work.js";

const PORT = { min: 1, max: 65535, fallback: 6380 };
const EXIT = { done: 0, refused: 1, usage: 2, nothing: 3 };

/**
 * @param {string[]} argv the words after the program's name
 * @param {object} surroundings
 * @param {Record<string, string | undefined>} surroundings.env
 * @param {{ write(text: string): void }} surroundings.stdout
 * @param {{ write(text: string): void }} surroundings.stderr
 * @returns {Promise<number>} the exit code
 */
export async function runCli(argv, { env, stdout, stderr }) {
  try {
    const { words, rest, options } = readCommandLine(argv);
    const { help, host = "127.0.0.1", port, ...ownOptions } = options;
    if (help) {
      stdout.write(USAGE);
      return EXIT.done;
    }
    const address = { host, port: readNumber("port", port ?? (env.PORT || undefined), PORT) };
    const connect = () => Client.connect(address);
    const [name, ...ownWords] = words;
    if (name === "work") {
      checkOptions(name, ownOptions, WORK_OPTIONS);
      const report = (line) => stderr.write(`${line}\n`);
      await work({ words: ownWords, rest, options: ownOptions }, { connect, report });
      return EXIT.done;
    }
    return await ask(name, { words: [...ownWords, ...rest], options: ownOptions }, { connect, stdout });
  } catch (error) {
    const code = error instanceof ReplyError ? `${error.code} ` : "";
    // A failed connection to a name with several addresses has a code, but no message.
    stderr.write(`redqueue-cli: ${code}${error.message || error.code}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.refused;
  }
}

async function ask(name, { words, options }, { connect, stdout }) {
  if (name === undefined) throw new UsageError("which command? --help lists them");
  if (!Object.hasOwn(SUBCOMMANDS, name)) throw new UsageError(`there is no command "${name}"; --help lists them`);
  const subcommand = SUBCOMMANDS[name];
  if (words.length !== subcommand.words) throw new UsageError(`${name} takes ${subcommand.words} words`);
  checkOptions(name, options, subcommand.options ?? []);
  const optionWords = Object.entries(options).flatMap(([option, value]) => [option.toUpperCase(), value]);
  const client = await connect();
  try {
    const reply = await client.send(subcommand.command, ...words, ...optionWords);
    if (reply === null) return EXIT.nothing;
    stdout.write(subcommand.show(reply));
    return EXIT.done;
  } finally {
    client.close();
  }
}

function checkOptions(name, options, allowed) {
  const unknown = Object.keys(options).find((option) => !allowed.includes(option));
  if (unknown !== undefined) throw new UsageError(`${name} has no option --${unknown}`);
}
