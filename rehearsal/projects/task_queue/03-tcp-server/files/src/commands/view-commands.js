// The commands that look at the server itself.

import { OK, SimpleString } from "../resp/values.js";

/** @type {Record<string, import("./execute.js").Command>} */
export const VIEW_COMMANDS = {
  PING: {
    words: [0, 1],
    run: ([message]) => message ?? new SimpleString("PONG"),
  },

  QUIT: {
    words: [0, 0],
    run(_, { hangUp }) {
      hangUp();
      return OK;
    },
  },
};
