// `mega-test stop`: asks a running session to end now, saved, judged and reported, and waits for it.
import { Refusal } from '../runtime/refusal.ts';
import { callControl, Unreachable } from '../server/client.ts';
import { isLocked } from '../store/lock.ts';
import { lifeOf, pick } from './pick.ts';
import type { Flags } from './run-options.ts';
import { status } from './status.ts';

const LOOK_MS = 100;

export async function stop(id: string | undefined, flags: Flags): Promise<number> {
  const picked = pick(String(flags.runsDir), id);
  const { alive, standing } = await lifeOf(picked);
  if (!alive)
    throw new Refusal(
      2,
      `the session "${picked.id}" is not running here (${standing}); "mega-test list" shows which are`,
    );
  try {
    const { status: code, body } = await callControl(picked.layout, '/api/stop', {});
    if (code >= 400) throw new Unreachable(String(body.error));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    throw new Refusal(
      4,
      `the session "${picked.id}" cannot be asked (${error.message}); end it with Ctrl+C or kill -TERM of its process (owner.json), then resume it`,
    );
  }
  process.stdout.write(`stopping "${picked.id}": it is saved, judged and reported …\n`);
  while (await isLocked(picked.layout.root)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  return status(picked.id, flags);
}
