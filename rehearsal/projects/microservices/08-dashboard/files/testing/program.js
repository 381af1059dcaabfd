// Starts the real program as a child process of a test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs the program on free ports and resolves when it is ready or has ended before that.
 * @param {import('node:test').TestContext} t the child is killed when this test ends
 * @param {Record<string, string>} [env] settings of this start
 */
export async function startProgram(t, env = {}) {
  const child = spawn(process.execPath, ['src/main.js'], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', DASHBOARD_PORT: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([exitCode, signal]) => ({ exitCode, signal }));
  const output = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  const ready = new Promise((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output.stdout += text;
      if (/ready.*\n/.test(output.stdout)) resolve();
    });
  });
  await Promise.race([ready, ended]);
  const [apiUrl, dashboardUrl] = output.stdout.match(/http:\S+/g) ?? [];
  return { child, apiUrl, dashboardUrl, output, ended };
}
