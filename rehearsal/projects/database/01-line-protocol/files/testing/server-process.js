// The real server in a process of its own, to be ended gently or not.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param {import('node:test').TestContext} t kills the process when it is still there at the end
 * @param {string} folder for the data
 * @returns {Promise<{port: number, end: (signal: NodeJS.Signals) => Promise<[number | null, string | null]>}>}
 */
export async function startServerProcess(t, folder) {
  const child = spawn(process.execPath, ['src/server/main.js'], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const ended = exited.then(([code]) => Promise.reject(new Error(`the server ended at once with ${code}`)));
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  ended.catch(() => {});
  return {
    port: Number(/ready on 127\.0\.0\.1:(\d+)$/.exec(line)[1]),
    async end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}
