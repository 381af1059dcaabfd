// One short session that meets all seven troubles of the recovery table, a Ctrl+C and a resume among them, and is complete.
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import { inPlace, kill } from '../support/mega.ts';

const SCENARIO = `pace_ms = 250
[[act]]
turn = 2
after_tools = 2
do = "crash"
[[act]]
turn = 4
do = "tool-timeouts"
[[act]]
turn = 6
do = "exit"
text = "Failed to parse response JSON: expected value at line 1 column 1"
[[act]]
turn = 8
do = "leak-memory"
mb = 400
[[act]]
turn = 8
do = "hang"
`;

const CONFIG = `[session]
duration_hours = 0.025
agent_count = 1
[checkpoint]
backoff_initial_seconds = 0
backoff_max_seconds = 0
[limits]
agent_memory_mb = 350
[recovery]
restarts_per_window = 50
[chaos]
allow = true
[[phases]]
name = "all"
duration_minutes = 1
objectives = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
`;

test(
  'seven troubles, seven recoveries, told one by one in the report',
  { timeout: 240_000 },
  inPlace(async (place) => {
    writeFileSync(`${place.dir}/mega_test_config.toml`, CONFIG);
    const session = place.session('s');
    const running = place.rehearse('s', SCENARIO);
    const failure = (kind: string) =>
      session.event((event) => 'turn' in event && JSON.stringify(event).includes(`"kind":"${kind}"`));
    await failure('parse-failure');
    await session.event(
      (event) => event.type === 'probed' && event.agentRssBytes !== null && event.agentRssBytes > 35e7,
    );
    const before = session.events().length;
    await session.eventOf('turn-measured', before);
    await place.run('chaos', 's', 'server-error');
    await session.event((event) => event.type === 'model-called' && event.injected, before);
    await session.event((event) => event.type === 'agent-recovered', session.events().length);
    const full = session.events().length;
    await place.run('chaos', 's', 'small-disk');
    await session.event((event) => event.type === 'probed' && event.diskFreeBytes === 0, full);
    await session.event((event) => event.type === 'probed' && event.diskFreeBytes !== 0, session.events().length);
    await session.eventOf('turn-measured', session.events().length);
    kill(running.pid, 'SIGINT');
    expect((await running.ended).code).toBe(130);
    const { code } = await place.run('resume', 's');
    const report = session.json<FinalReport>('final_report.json');
    expect([0, 1]).toContain(code);
    expect(report.status).toBe('complete');
    const missed = report.recovery.kinds.filter(({ figures }) => figures.recovered === 0);
    expect(missed).toEqual([]);
    expect(report.recovery.kinds).toHaveLength(7);
    expect(report.failures.filter(({ injected }) => injected).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['llm-error', 'disk-full']),
    );
  }),
);
