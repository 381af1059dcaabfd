// What each subcommand of redqueue-cli asks the server, and how it shows the answer.

/**
 * @typedef {object} Subcommand
 * @property {string} command the server's command
 * @property {number} words how many words the subcommand takes, all of which are passed on
 * @property {string[]} [options] options that are passed on, in upper case
 * @property {(reply: any) => string} show makes text of a reply that is not nil
 */

/** @type {Record<string, Subcommand>} */
export const SUBCOMMANDS = {
  ping: { command: "PING", words: 0, show: showLine },
  enqueue: { command: "ENQUEUE", words: 2, options: ["priority", "delay", "retries"], show: showLine },
  dequeue: { command: "DEQUEUE", words: 1, show: ([, payload]) => showLine(payload) },
  reserve: {
    command: "RESERVE",
    words: 1,
    options: ["timeout", "wait"],
    show: ([id, payload, attempt]) => showRow([id, attempt, payload]),
  },
  ack: { command: "ACK", words: 1, show: showLine },
  nack: { command: "NACK", words: 1, options: ["delay"], show: showLine },
  len: { command: "QLEN", words: 1, show: showLine },
  queues: { command: "QUEUES", words: 0, show: (names) => names.map(showLine).join("") },
  job: { command: "JOB", words: 1, show: showFields },
  dead: {
    command: "DEADLETTERS",
    words: 1,
    options: ["count"],
    show: (jobs) => jobs.map(([id, payload, attempts]) => showRow([id, attempts, payload])).join(""),
  },
  requeue: { command: "REQUEUE", words: 1, show: showLine },
  purge: { command: "PURGE", words: 1, show: showLine },
};

function showLine(value) {
  return `${value}\n`;
}

function showFields(reply) {
  let text = "";
  for (let index = 0; index < reply.length; index += 2) text += `${reply[index]}: ${onOneLine(reply[index + 1])}\n`;
  return text;
}

function showRow(cells) {
  return showLine(cells.map(onOneLine).join("\t"));
}

// A payload must not be able to break a table, or to send commands to the terminal of the person who looks at it.
function onOneLine(value) {
  return value.toString().replace(/\p{Cc}/gu, (character) => {
    return `\\u${character.codePointAt(0).toString(16).padStart(4, "0")}`;
  });
}
