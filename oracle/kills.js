// kill -9 of the harness or the agent at random moments, resumed until the session is complete.
import { endViolations, reportViolations, violations } from './check.js';
import { chance, end, eventsOf, jsonOf, Place, until, wait } from './session.js';

/** Gives how many kills there were, and what was wrong. */
export async function kills({ count, seed }) {
  const wrong = [];
  let killed = 0;
  let lives = 0;
  for (let session = 0; killed < count; session++) {
    const random = chance(seed * 1_000 + session);
    const place = new Place();
    try {
      const root = place.session('k');
      const known = {};
      let life = place.begin('k', { duration: '12s' });
      for (let left = Math.min(6, count - killed); left > 0; left--) {
        lives++;
        if ((await until(() => jsonOf(root, 'owner.json'))) === null) {
          wrong.push(`seed ${seed}, session ${session}: it did not come up`);
          break;
        }
        await wait(100 + random() * 2_500);
        if (life.child.exitCode !== null) break;
        const harness = random() < 0.6;
        const pid = harness ? jsonOf(root, 'owner.json')?.pid : agentOf(root);
        if (pid === undefined || !end(pid)) continue;
        killed++;
        if (!harness) continue;
        await life.ended;
        await until(() => place.processes().length === 0, 10_000);
        if (place.processes().length > 0) wrong.push(`seed ${seed}, session ${session}: processes outlive the harness`);
        wrong.push(
          ...violations(root, known).map((text) => `seed ${seed}, session ${session}, kill ${killed}: ${text}`),
        );
        life = place.start(['resume', 'k']);
      }
      const ended = await life.ended;
      wrong.push(
        ...[...endViolations(ended, place), ...violations(root, known), ...reportViolations(root, ended)].map(
          (text) => `seed ${seed}, session ${session}, end: ${text}`,
        ),
      );
    } finally {
      place.close();
    }
  }
  return { what: 'kill -9 of harness and agent', done: `${killed} kills, ${lives} lives`, wrong };
}

function agentOf(root) {
  return eventsOf(root).findLast(({ type }) => type === 'agent-started')?.pid;
}
