// Every command a person may type: what it prints, what it exits with, and that wrong input harms nothing.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inPlace, kill, type Place } from '../support/mega.ts';

describe.concurrent('words', () => {
  test(
    'help and version work for every command, with examples and the exit codes',
    inPlace(async (place) => {
      const help = await place.run('--help');
      expect(help.code).toBe(0);
      for (const word of [
        'run',
        'resume',
        'status',
        'list',
        'logs',
        'attach',
        'stop',
        'session',
        'config',
        'doctor',
        'Examples:',
        'Exit codes:',
      ])
        expect(help.out).toContain(word);
      for (const command of [
        ['run'],
        ['resume'],
        ['status'],
        ['list'],
        ['logs'],
        ['attach'],
        ['stop'],
        ['session', 'list'],
        ['session', 'restore'],
        ['config', 'show'],
        ['config', 'schema'],
        ['doctor'],
      ]) {
        const { code, out } = await place.run(...command, '--help');
        expect(code, command.join(' ')).toBe(0);
        expect(out).toContain('Usage: mega-test');
      }
      expect((await place.run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    }),
  );

  test(
    'unknown commands and flags exit 2 and say what was meant',
    inPlace(async (place) => {
      const command = await place.run('rnu');
      expect(command).toMatchObject({ code: 2 });
      expect(command.err).toContain('Did you mean run?');
      const flag = await place.run('run', '--projct', 'x');
      expect(flag).toMatchObject({ code: 2 });
      expect(flag.err).toContain('--project');
      expect((await place.run('resume')).code).toBe(2);
      expect((await place.run('session', 'restore', '--session-id', 'x')).code).toBe(2);
      expect(existsSync(join(place.dir, 'test_runs'))).toBe(false);
    }),
  );

  test(
    'config show tells every value and its origin; config schema is a JSON schema with every table',
    inPlace(async (place) => {
      writeFileSync(
        join(place.dir, 'mega_test_config.toml'),
        '[session]\nagent_count = 3\n\n[limits]\ndisk_space_limit_gb = 4\n',
      );
      const shown = await place.run('config', 'show', '--origin', '--duration', '90m');
      expect(shown.out).toMatch(/^session\.agent_count = 3 {3}# .*mega_test_config\.toml:2:1$/m);
      expect(shown.out).toMatch(/^session\.duration_hours = 1\.5 {3}# --duration$/m);
      expect(shown.out).toMatch(/^checkpoint\.interval_minutes = 10 {3}# default$/m);
      const schema = JSON.parse((await place.run('config', 'schema')).out) as { properties: Record<string, unknown> };
      expect(Object.keys(schema.properties)).toContain('error_handling');
    }),
  );

  test(
    'doctor finds what is missing and says what to do: 1 without selfware, 0 for a rehearsal',
    inPlace(async (place) => {
      const bare = await place.run('doctor');
      expect(bare.code).toBe(1);
      expect(bare.out).toMatch(/BAD +agent +selfware is not installed; install it with "cargo install selfware"/);
      const rehearsal = await place.run('doctor', '--agent', 'rehearsal');
      expect(rehearsal.code).toBe(0);
      expect(rehearsal.out).toContain('confinement');
      expect(rehearsal.out).toMatch(/^ok {3}judge: node {5}npm$/m);
      const program = join(process.cwd(), 'bin/mega-test.js');
      const withoutGo = await place.startProgram('env', [`PATH=${place.dir}`, process.execPath, program, 'doctor'])
        .ended;
      expect(withoutGo.out).toMatch(/^note judge: go {7}without go everything stays inconclusive$/m);
    }),
  );
});

describe.concurrent('input that cannot be used: one clear error, the right exit code, nothing half-written', () => {
  const refused: readonly (readonly [what: string, args: readonly string[], code: number, said: RegExp])[] = [
    ['no agent at all', [], 2, /selfware is not installed; .*or type --agent rehearsal/],
    [
      'an unknown project',
      ['--project', 'databse', '--agent', 'rehearsal'],
      2,
      /there is no project "databse"; did you mean "database"\?/,
    ],
    [
      'a duration below 10 s',
      ['--duration', '9s', '--agent', 'rehearsal'],
      2,
      /--duration: session\.duration_hours: must be at least 10 s/,
    ],
    ['a duration above 24 h', ['--duration', '25', '--agent', 'rehearsal'], 2, /must be at most 24, not 25/],
    ['a duration that is none', ['--duration', 'long', '--agent', 'rehearsal'], 2, /"long" is no duration; .*90m/],
    [
      '17 agents',
      ['--agents', '17', '--agent', 'rehearsal'],
      2,
      /--agents: session\.agent_count: must be at most 16, not 17/,
    ],
    ['no agents', ['--agents', '0', '--agent', 'rehearsal'], 2, /must be at least 1, not 0/],
    [
      'a session id with ..',
      ['--session-id', '../x', '--agent', 'rehearsal'],
      2,
      /--session-id: session\.id: must match/,
    ],
    ['an absolute session id', ['--session-id', '/tmp/x', '--agent', 'rehearsal'], 2, /must match/],
    ['a session id of 65 characters', ['--session-id', 'a'.repeat(65), '--agent', 'rehearsal'], 2, /must match/],
    ['a past deadline', ['--deadline', '2001-01-01T00:00', '--agent', 'rehearsal'], 2, /is already past/],
    [
      'an endpoint that is no URL',
      ['--endpoint', 'localhost', '--model', 'm'],
      2,
      /must be a URL that begins with http/,
    ],
    [
      'a missing configuration',
      ['--config', 'nope.toml', '--agent', 'rehearsal'],
      2,
      /nope\.toml: there is no such file/,
    ],
    ['a folder as configuration', ['--config', '.', '--agent', 'rehearsal'], 2, /is not a file|cannot be read/],
  ];
  for (const [what, args, code, said] of refused)
    test(
      what,
      inPlace(async (place) => {
        const ended = await place.run('run', ...args);
        expect(ended.err).toMatch(said);
        expect(ended.code).toBe(code);
        expect(existsSync(join(place.dir, 'test_runs'))).toBe(false);
      }),
    );

  test(
    'a runs directory that is a file, or cannot be written, or has no space',
    inPlace(async (place) => {
      writeFileSync(join(place.dir, 'file'), '');
      const start = (dir: string) =>
        place.run('run', '--agent', 'rehearsal', '--duration', '10s', '--runs-dir', dir, '--session-id', 's');
      const file = await start('file/runs');
      expect(file.code).toBe(2);
      expect(file.err).toMatch(/the runs directory cannot be made.*choose another folder with --runs-dir/);
      if (process.getuid?.() === 0) return;
      mkdirSync(join(place.dir, 'closed'));
      chmodSync(join(place.dir, 'closed'), 0o500);
      const closed = await start('closed/runs');
      expect(closed.code).toBe(2);
      expect(closed.err).toContain('permission denied');
    }),
  );

  test.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')(
    'a full disk and a read-only one: said in one sentence, nothing half-made stays',
    inPlace(async (place) => {
      mkdirSync(join(place.dir, 'small'));
      const inMount = (options: string, before: string) => {
        const run = `${process.execPath} ${join(process.cwd(), 'bin/mega-test.js')} run --agent rehearsal --duration 10s --agents 1 --session-id s --runs-dir small/runs`;
        const script = `mount -t tmpfs ${options} tmpfs small && ${before} && ${run}; ls -A small/runs 2>/dev/null`;
        return place.startProgram('unshare', ['-m', 'sh', '-c', script]).ended;
      };
      const full = await inMount('-o size=64k', 'mkdir small/runs');
      expect(full.err).toMatch(/the session cannot be made.*no space left on the disk/);
      expect(full.out).toBe('');
      const readOnly = await inMount('-o size=1m', 'mount -o remount,ro small');
      expect(readOnly.err).toMatch(/the runs directory cannot be made.*read-only/);
    }),
  );

  test(
    'git that is missing is named',
    inPlace(async (place) => {
      const bin = join(place.dir, 'bin');
      mkdirSync(bin);
      const ended = await place.startProgram('env', [
        `PATH=${bin}`,
        process.execPath,
        join(process.cwd(), 'bin/mega-test.js'),
        'run',
        '--agent',
        'rehearsal',
        '--duration',
        '10s',
        '--session-id',
        's',
      ]).ended;
      expect(ended.code).toBe(2);
      expect(ended.err).toMatch(/git is not installed/);
      expect(existsSync(join(place.dir, 'test_runs'))).toBe(false);
    }),
  );
});

/** A session that is interrupted soon, so that there is something to look at. */
async function interrupted(place: Place, id = 's'): Promise<void> {
  const run = place.rehearse(id, 'pace_ms = 20\n', '--duration', '60s', '--agents', '1');
  await place.session(id).event((event) => event.type === 'turn-measured');
  kill(place.session(id).ownerPid, 'SIGINT');
  await run.ended;
}

describe.concurrent('looking at sessions', () => {
  test(
    'status, list, logs of an interrupted session; unknown ids are answered with those there are',
    inPlace(async (place) => {
      await interrupted(place);
      const status = await place.run('status');
      expect(status.out).toMatch(/^status {7}interrupted/m);
      expect(status.out).toContain('mega-test resume s');
      expect(JSON.parse((await place.run('status', '--json')).out)).toMatchObject({
        session: 's',
        status: 'interrupted',
        alive: false,
      });
      expect((await place.run('list')).out).toMatch(/^s {2}interrupted/m);
      expect(JSON.parse((await place.run('list', '--json')).out)).toMatchObject([
        { session: 's', status: 'interrupted' },
      ]);
      expect((await place.run('logs', '-n', '3')).out.trim().split('\n')).toHaveLength(3);
      expect((await place.run('logs', 's', '--agent', 'architect')).out).toContain('"event":');
      const unknown = await place.run('status', 'nope');
      expect(unknown).toMatchObject({ code: 2 });
      expect(unknown.err).toContain('there are s');
      expect((await place.run('stop', 's')).err).toContain('is not running here (interrupted)');
      expect((await place.run('logs', '-n', 'x')).code).toBe(2);
    }),
  );

  test(
    'run on an existing session exits 2 and names resume and a free id; resume of a complete one says so',
    inPlace(async (place) => {
      await interrupted(place);
      const again = await place.run('run', '--agent', 'rehearsal', '--duration', '10s', '--session-id', 's');
      expect(again.code).toBe(2);
      expect(again.err).toContain('mega-test resume s');
      expect(again.err).toContain('--session-id s-2');
      writeFileSync(join(place.dir, 'mega_test_config.toml'), '[session]\nadvance_when_done = true\n');
      await place.rehearse('c', 'pace_ms = 0\nsteps_per_turn = 20\n', '--duration', '20s', '--agents', '1').ended;
      const complete = await place.run('resume', 'c');
      expect(complete.code).toBe(2);
      expect(complete.err).toContain('is complete; its report is');
    }),
  );

  test(
    'run --detach returns at once; attach and logs -f follow to the end; resume of a running one exits 6',
    inPlace(async (place) => {
      const detached = await place.rehearse('d', 'pace_ms = 300\n', '--duration', '10s', '--agents', '1', '--detach')
        .ended;
      expect(detached.code).toBe(0);
      expect(detached.ms).toBeLessThan(8_000);
      expect(detached.out).toContain('mega-test attach d');
      const running = await place.run('resume', 'd');
      expect(running.code).toBe(6);
      expect(running.err).toContain('is running in another process');
      const [attached, followed] = await Promise.all([place.run('attach', 'd'), place.run('logs', 'd', '-f')]);
      expect(attached.out).toContain('the session is over');
      expect(attached.out).toMatch(/status {7}complete/);
      expect(followed.out).toContain('the session is over');
    }),
  );

  test(
    'run --detach that cannot start says why and exits with its code',
    inPlace(async (place) => {
      const ended = await place.run('run', '--detach', '--session-id', 'd');
      expect(ended.code).toBe(2);
      expect(ended.err).toContain('selfware is not installed');
    }),
  );

  test(
    'a paused session that lives goes on by resume',
    inPlace(async (place) => {
      const run = place.rehearse('p', 'pace_ms = 50\n', '--duration', '60s', '--agents', '1');
      const session = place.session('p');
      await session.eventOf('agent-stepped');
      const { url, token } = session.json<{ url: string; token: string }>('control.json');
      await fetch(`${url}/api/pause`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
      expect((await place.run('status', 'p')).out).toMatch(/status {7}paused \(asked for by api\)/);
      expect((await place.run('resume', 'p')).out).toContain('the paused session "p" goes on');
      await session.eventOf('continue-requested');
      kill(session.ownerPid, 'SIGINT');
      expect((await run.ended).code).toBe(130);
    }),
  );
});

test(
  'the script works from any directory and through links, passes its arguments on, and signals reach the harness',
  inPlace(
    async (place) => {
      const script = join(process.cwd(), 'run_mega_test.sh');
      execFileSync('ln', ['-s', script, join(place.dir, 'link.sh')]);
      const dry = await place.startProgram(join(place.dir, 'link.sh'), ['database', '8', '8', '--dry-run']).ended;
      expect(dry.code).toBe(0);
      expect(dry.out).toContain('MiniDB (database)');
      expect(dry.out).toMatch(/bootstrap +80 min/);
      for (const args of [
        ['--rehearse', 'database', '--dry-run'],
        ['database', '--rehearse', '--dry-run'],
      ]) {
        const rehearsal = await place.startProgram(script, args).ended;
        expect(rehearsal).toMatchObject({ code: 0, out: expect.stringMatching(/MiniDB(.|\n)*bootstrap +20 s/) });
      }
      const run = place.startProgram(script, ['task_queue', '60s', '2', '--agent', 'rehearsal', '--session-id', 'x']);
      const session = place.session('x');
      await session.eventOf('agent-stepped');
      expect(session.ownerPid).toBe(run.pid);
      kill(run.pid, 'SIGINT');
      expect((await run.ended).code).toBe(130);
    },
    {
      CHECKPOINT_INTERVAL: '7',
      SELFWARE_AUTO_RECOVERY: 'false',
      SELFWARE_LOG_LEVEL: 'debug',
      SELFWARE_DISK_LIMIT_GB: '5',
    },
  ),
);

test(
  'the environment variables of the seed are read, and a flag overrules them',
  inPlace(
    async (place) => {
      const shown = async (...args: string[]) => (await place.run('config', 'show', '--origin', ...args)).out;
      const out = await shown();
      expect(out).toContain('checkpoint.interval_minutes = 7   # environment variable CHECKPOINT_INTERVAL');
      expect(out).toContain('checkpoint.auto_recovery = false   # environment variable SELFWARE_AUTO_RECOVERY');
      expect(out).toContain('monitoring.log_level = "debug"   # environment variable SELFWARE_LOG_LEVEL');
      expect(out).toContain('limits.disk_space_limit_gb = 5   # environment variable SELFWARE_DISK_LIMIT_GB');
      expect(await shown('--checkpoint-interval', '15')).toContain(
        'checkpoint.interval_minutes = 15   # --checkpoint-interval',
      );
    },
    {
      CHECKPOINT_INTERVAL: '7',
      SELFWARE_AUTO_RECOVERY: 'false',
      SELFWARE_LOG_LEVEL: 'debug',
      SELFWARE_DISK_LIMIT_GB: '5',
    },
  ),
);

test(
  "the seed's own command lines: test_runner with its flags, session restore, the curl, jq, tail",
  inPlace(async (place) => {
    const bin = (name: string) => join(process.cwd(), 'bin', `${name}.js`);
    writeFileSync(join(place.dir, 'mega_test_config.toml'), '[agent]\nkind = "rehearsal"\n');
    const args = [
      '--project',
      'database',
      '--duration',
      '8',
      '--agents',
      '8',
      '--checkpoint-interval',
      '15',
      '--session-id',
      'my-test-001',
    ];
    const run = place.startProgram(process.execPath, [bin('test_runner'), ...args]);
    const session = place.session('my-test-001');
    await session.event((event) => event.type === 'checkpoint-written');
    const config = session.json<{ config: { session: object; checkpoint: object } }>('config.json').config;
    expect(config).toMatchObject({
      session: { project_type: 'database', duration_hours: 8, agent_count: 8 },
      checkpoint: { interval_minutes: 15 },
    });
    expect(execFileSync('tail', ['-n', '1', session.path('session.log')], { encoding: 'utf8' })).not.toBe('');
    await session.event((event) => event.type === 'turn-measured');
    kill(session.ownerPid, 'SIGINT');
    await run.ended;
    expect(session.metrics.tokens_consumed).toBeGreaterThan(0);
    const restored = await place.run(
      'session',
      'restore',
      '--session-id',
      'my-test-001',
      '--checkpoint',
      `checkpoint_${Math.floor(Date.now() / 1000)}.json`,
    );
    expect(restored.code).toBe(0);
    const unknown = await place.startProgram(process.execPath, [bin('test_runner'), '--projct', 'x']).ended;
    expect(unknown.code).toBe(2);
    expect((await place.startProgram(process.execPath, [bin('test_runner'), '--help']).ended).out).toContain(
      '--checkpoint-interval',
    );
  }),
);
