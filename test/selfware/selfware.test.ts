// The real selfware, where it is installed (SELFWARE_BIN or PATH): one short session with a crash and a resume.
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import { inPlace, kill } from '../support/mega.ts';
import { startModelServer } from '../support/model-server.ts';

const PROGRAM =
  process.env.SELFWARE_BIN ??
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'selfware'))
    .find((path) => existsSync(path));

if (PROGRAM === undefined) console.log('the real selfware is not installed (SELFWARE_BIN, PATH): its test is skipped');

/** The scripted model speaks little: no minimum of steps, short waits. */
const CONFIG = `[checkpoint]
backoff_initial_seconds = 0
backoff_max_seconds = 0
[agent.selfware.agent]
require_verification_before_completion = false
min_completion_steps = 0
`;

test.skipIf(PROGRAM === undefined)(
  'writes and tests Rust through a whole session, is killed and resumed, and so is the harness',
  { timeout: 240_000 },
  inPlace(
    async (place) => {
      const model = await startModelServer(150);
      try {
        writeFileSync(`${place.dir}/c.toml`, CONFIG);
        const args = [
          '--config',
          'c.toml',
          '--endpoint',
          model.url,
          '--model',
          'scripted',
          '--duration',
          '60s',
          '--agents',
          '2',
        ];
        const run = place.start('run', ...args, '--checkpoint-interval', '5s', '--session-id', 's');
        const session = place.session('s');
        await session.eventOf('task-named');
        kill(session.eventsOf('agent-started').at(-1)?.pid ?? 0);
        const recovered = await session.eventOf('agent-recovered');
        expect(recovered).toMatchObject({ workspace: 'kept' });
        expect(recovered.task).not.toBeNull();
        await session.event((event) => event.type === 'agent-started' && event.mode === 'resumed');
        await session.event((event) => event.type === 'turn-measured' && event.changed, session.events().length);
        kill(session.ownerPid);
        await run.ended;
        expect((await place.run('status', 's')).out).toContain('orphaned');
        const ended = await place.run('resume', 's');
        const report = session.json<FinalReport>('final_report.json');
        expect(report.own_tests).toMatchObject({ ecosystem: 'rust', verdict: 'passed' });
        expect(report.own_tests?.tests).toBeGreaterThan(2);
        expect(ended.code).toBe(0);
        expect(session.metrics.incarnation).toBe(2);
        expect(session.metrics.tokens_consumed).toBeGreaterThan(500);
        expect(session.metrics.tokens_source).toBe('gateway');
        expect(session.metrics.model_calls).toBeGreaterThan(5);
        // Every call it made went through the gateway; only what was in flight when the harness was killed is not told.
        const unseen = model.calls() - session.eventsOf('model-called').length;
        expect(unseen).toBeLessThanOrEqual(1);
        expect(session.metrics.tool_calls).toBeGreaterThan(5);
        expect(session.eventsOf('turn-measured').filter(({ changed }) => changed).length).toBeGreaterThan(2);
      } finally {
        await model.close();
      }
    },
    { ...(PROGRAM === undefined ? {} : { SELFWARE_BIN: PROGRAM }), ...toolchains() },
  ),
);

/** The machine's own Rust: the home of the test is empty. */
function toolchains(): Record<string, string> {
  const home = process.env.HOME ?? '';
  return {
    RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(home, '.rustup'),
    CARGO_HOME: process.env.CARGO_HOME ?? join(home, '.cargo'),
  };
}
