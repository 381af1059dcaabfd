// The commands that move jobs into a queue and out of it.

import { readOptions, readQueue } from "./arguments.js";
import { priority } from "./options.js";

/** @type {Record<string, import("./execute.js").Command>} */
export const JOB_COMMANDS = {
  ENQUEUE: {
    words: [2, 4],
    run([queue, payload, ...rest], { broker }) {
      const options = readOptions(rest, { priority });
      return String(broker.enqueue({ queue: readQueue(queue), payload, ...options }));
    },
  },

  DEQUEUE: {
    words: [1, 1],
    run([queue], { broker }) {
      const delivery = broker.dequeue(readQueue(queue));
      return delivery && [String(delivery.id), delivery.payload];
    },
  },
};
