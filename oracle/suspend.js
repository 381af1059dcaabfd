// The harness is stopped for five seconds, like a laptop that sleeps: the time counts for nobody.
import { endViolations, violations } from './check.js';
import { end, eventsOf, jsonOf, Place, until, wait } from './session.js';

export async function suspend() {
  const place = new Place();
  try {
    const root = place.session('z');
    const beganMs = performance.now();
    const life = place.begin('z', { duration: '12s' });
    await until(() => eventsOf(root).some(({ type }) => type === 'agent-stepped'));
    const { pid } = jsonOf(root, 'owner.json');
    end(pid, 'SIGSTOP');
    await wait(5_000);
    end(pid, 'SIGCONT');
    const ended = await life.ended;
    const tookS = (performance.now() - beganMs) / 1_000;
    const wrong = [...endViolations(ended, place), ...violations(root)];
    const { elapsed_seconds: elapsed } = jsonOf(root, 'metrics_current.json') ?? {};
    const stood = jsonOf(root, 'final_report.json')?.standstill_seconds;
    if (!(elapsed >= 12 && elapsed < 15)) wrong.push(`${elapsed} s counted of 12`);
    if (!(stood > 2 && stood < 7)) wrong.push(`a standstill of ${stood} s reported`);
    if (tookS < 15) wrong.push(`it took only ${tookS} s: phases were cut`);
    return {
      what: 'SIGSTOP and SIGCONT of the harness',
      done: `5 s stopped, ${stood} s reported as standstill`,
      wrong,
    };
  } finally {
    place.close();
  }
}
