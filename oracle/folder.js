// The session directory is taken away under a running session: it ends in order, and goes on once it is back.
import { renameSync } from 'node:fs';
import { endViolations, reportViolations, violations } from './check.js';
import { end, eventsOf, jsonOf, Place, until, wait } from './session.js';

export async function folder() {
  const what = 'the session directory is taken away';
  const place = new Place();
  try {
    const root = place.session('d');
    const life = place.begin('d', { duration: '30s' });
    await until(() => eventsOf(root).some(({ type }) => type === 'agent-stepped'));
    const { pid } = jsonOf(root, 'owner.json');
    renameSync(root, `${root}-away`);
    await wait(3_000);
    end(pid, 'SIGTERM');
    const ended = await life.ended;
    const wrong = endViolations(ended, place);
    renameSync(`${root}-away`, root);
    wrong.push(...violations(root));
    const again = await place.run(['resume', 'd']);
    wrong.push(...endViolations(again, place), ...violations(root), ...reportViolations(root, again));
    return { what, done: `exit code ${ended.code}, ${again.code} after the resume`, wrong };
  } finally {
    place.close();
  }
}
