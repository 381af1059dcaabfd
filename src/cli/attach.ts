// `mega-test attach`: the log and the live line of a running session. Ctrl+C ends the watching, not the session.
import { statSync } from 'node:fs';
import type { Metrics } from '../report/metrics.ts';
import { callControl } from '../server/client.ts';
import { statusLine } from './live.ts';
import { follow } from './logs.ts';
import { lifeOf, type Picked, pick } from './pick.ts';
import type { Flags } from './run-options.ts';
import { status } from './status.ts';

const REDRAW_MS = 1_000;

export async function attach(id: string | undefined, flags: Flags): Promise<number> {
  const picked = pick(String(flags.runsDir), id);
  const { alive } = await lifeOf(picked);
  if (!alive) {
    process.stdout.write(`the session "${picked.id}" is not running here\n`);
    return status(picked.id, flags);
  }
  const live = process.stdout.isTTY === true;
  let line = '';
  const draw = () => {
    if (live) process.stdout.write(`\r\u001b[K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
  };
  const timer = setInterval(() => {
    askLine(picked).then(
      (text) => {
        line = text;
        draw();
      },
      () => {},
    );
  }, REDRAW_MS);
  await follow(picked, picked.layout.log, statSync(picked.layout.log).size, (text) => {
    if (live) process.stdout.write('\r\u001b[K');
    process.stdout.write(`${text}\n`);
    draw();
  });
  clearInterval(timer);
  if (live) process.stdout.write('\r\u001b[K');
  return status(picked.id, flags);
}

async function askLine({ layout }: Picked): Promise<string> {
  const { body } = await callControl(layout, '/api/status');
  return statusLine(body as unknown as Metrics);
}
