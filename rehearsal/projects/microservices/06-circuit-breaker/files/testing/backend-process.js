// Starts an instance of a service as a child process of a test, and kills it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('backend-program.js', import.meta.url));

/**
 * Resolves when the instance listens.
 * @param {import('node:test').TestContext} t the instance is killed when this test ends
 * @returns {Promise<{ port: number, kill: () => Promise<void> }>} `kill` resolves when the process is gone
 */
export async function startBackendProcess(t) {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  async function kill() {
    child.kill('SIGKILL');
    await gone;
  }
  t.after(kill);
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { port: Number(line), kill };
}
