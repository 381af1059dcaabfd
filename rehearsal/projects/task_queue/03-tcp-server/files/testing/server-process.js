// The real program in a process of its own, for tests that end it the hard way.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.js", import.meta.url));
const READY = /ready on [\d.]+:(\d+)/;

/**
 * Starts the program and waits until it says that it is ready.
 *
 * @param {import("node:test").TestContext} t
 * @param {string} dataDir
 * @returns {Promise<{ port: number, end: (signal: NodeJS.Signals) => Promise<[number | null, string | null]> }>}
 *   `end` sends a signal and gives the exit code and the signal that the process ended by
 */
export async function startServerProcess(t, dataDir) {
  const child = spawnServer({ PORT: "0", DASHBOARD_PORT: "0", DATA_DIR: dataDir });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const [, port] = READY.exec(line);
  return {
    port: Number(port),
    end(signal) {
      const ended = once(child, "exit");
      child.kill(signal);
      return ended;
    },
  };
}

/**
 * @param {Record<string, string>} settings environment variables
 * @returns {import("node:child_process").ChildProcess} with readable stdout and stderr
 */
export function spawnServer(settings) {
  const env = { ...process.env, ...settings };
  return spawn(process.execPath, [MAIN], { env, stdio: ["ignore", "pipe", "pipe"] });
}
