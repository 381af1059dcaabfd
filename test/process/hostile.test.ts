// A hostile agent behind each level of walls: what it tries fails where that is promised, and works where it is not.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { NOT_PROMISED } from '../../src/process/confinement.ts';
import { availableWalls, Site } from './levels.ts';

/** Each line is one attempt: its name, then a shell command that succeeds where nothing holds it back. */
const ATTEMPTS: Readonly<Record<string, string>> = {
  'read the control token': 'cat "$SESSION/control.json"',
  'read the home of another agent': 'cat "$SESSION/agents/tester/home/secret"',
  'list the session': 'ls "$SESSION" | grep -q control.json',
  'forge a checkpoint':
    'echo forged > "$SESSION/checkpoints/checkpoint_002.json" && [ -e "$SESSION/checkpoints/checkpoint_001.json" ]',
  'damage a checkpoint':
    'echo bad >> "$SESSION/checkpoints/checkpoint_001.json" && grep -q good "$SESSION/checkpoints/checkpoint_001.json"',
  'rewrite the metrics': 'grep -q 0 "$SESSION/metrics_current.json" && echo 9 > "$SESSION/metrics_current.json"',
  'read another session': 'cat "$RUNS/s2/control.json"',
  'rewrite its own settings': 'echo x >> "$SESSION/agents/coder/selfware.toml"',
  'leave a file in the folder of all sessions': 'echo x > "$RUNS/left-behind"',
  'leave a file in the /tmp of everybody': 'echo x > "/tmp/$CANARY" && [ -d "$RUNS/s2" ]',
  'write to the system': 'echo x > "/usr/$CANARY" && rm "/usr/$CANARY"',
  'see the harness': 'kill -0 "$HARNESS"',
  'read the environment of the harness':
    '[ -s "/proc/$HARNESS/environ" ] && grep -q "$CANARY" "/proc/$HARNESS/environ"',
  'signal the harness': 'kill -URG "$HARNESS"',
  'mount what is read-only anew': 'mount -o remount,bind,rw / && echo x > "/usr/$CANARY"',
  'unmount what hides the session': 'umount "$RUNS" && [ -e "$SESSION/control.json" ]',
  'mount a file system of its own': 'mount -t tmpfs tmpfs "$HOME" && umount "$HOME"',
  'enter the namespaces of process 1': 'nsenter -t 1 -m -- test -e "$SESSION/control.json" && nsenter -t 1 -m true',
  'make a device': 'mknod "$HOME/disk" b 8 0',
  'change a setting of the kernel': 'echo 1 > /proc/sys/vm/drop_caches',
  'open the kernel’s emergency switch': 'true 2>/dev/null > /proc/sysrq-trigger',
  'gain rights by a new user namespace':
    'unshare --user --map-root-user --mount sh -c \'umount "$RUNS" && cat "$SESSION/control.json"\'',
};

/** Behind full walls nothing of the above works. */
const FULL: readonly string[] = [];
/** What works in a process namespace with everybody’s files, whoever we are. */
const WORKS_WITH_FILES = [
  'read the control token',
  'read the home of another agent',
  'list the session',
  'forge a checkpoint',
  'damage a checkpoint',
  'rewrite the metrics',
  'read another session',
  'rewrite its own settings',
  'leave a file in the folder of all sessions',
  'leave a file in the /tmp of everybody',
];
const WORKS_IN_A_GROUP = [...WORKS_WITH_FILES, 'see the harness', 'signal the harness'];
/** Namespaces of processes hold these back, files or not. */
const OF_PROCESSES = ['see the harness', 'read the environment of the harness', 'signal the harness'];

const walls = await availableWalls();
const CANARY = `mega-test-canary-${process.pid}`;
process.env.MEGA_TEST_CANARY = CANARY;
afterAll(() => {
  delete process.env.MEGA_TEST_CANARY;
  execFileSync('rm', ['-f', `/tmp/${CANARY}`]);
});

describe.each(walls)('$name', ({ walls: confinement }) => {
  test('a hostile agent gets no further than the level says', async () => {
    const site = new Site();
    const before = prepare(site);
    const script = Object.entries(ATTEMPTS)
      .map(([name, attempt]) => `( ${attempt} ) >/dev/null 2>&1 && echo ${JSON.stringify(name)}`)
      .join('\n');
    const { ended } = await site.start(confinement, ['sh', '-c', `${script}\n:`], {
      SESSION: site.session,
      RUNS: site.runs,
      HOME: site.home,
      HARNESS: String(process.pid),
      CANARY,
    });
    expect(await ended).toEqual({ code: 0, signal: null });
    const succeeded = site.said().trim().split('\n').filter(Boolean);
    switch (confinement.level) {
      case 'full':
        expect(succeeded).toEqual(FULL);
        expect(kept(site)).toEqual(before);
        break;
      case 'processes':
        expect(succeeded).toEqual(expect.arrayContaining(WORKS_WITH_FILES));
        expect(succeeded.filter((name) => OF_PROCESSES.includes(name))).toEqual([]);
        break;
      case 'group':
        expect(succeeded).toEqual(expect.arrayContaining(WORKS_IN_A_GROUP));
        break;
    }
    expect(confinement.notPromised).toEqual(NOT_PROMISED[confinement.level]);
  });

  test('what is its own it can use: project, home, /tmp, its settings, toolchains, processes of its own', async () => {
    const site = new Site();
    prepare(site);
    const script =
      'set -e; echo a > made; echo b > "$HOME/made"; echo c > /tmp/made-$$; rm /tmp/made-$$; cat "$SESSION/agents/coder/selfware.toml";' +
      ' node --version; git init -q there; sh -c "exit 3" || echo $?; sleep 0 & wait; ps >/dev/null 2>&1 || true; [ -r /dev/urandom ]; echo x > /dev/null; echo end';
    const { ended } = await site.start(confinement, ['sh', '-c', script], { SESSION: site.session, HOME: site.home });
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(site.said()).toMatch(/^mine\nv\d+.*\n3\nend\n$/);
    expect(readFileSync(join(site.project, 'made'), 'utf8')).toBe('a\n');
    expect(readFileSync(join(site.home, 'made'), 'utf8')).toBe('b\n');
  });

  test('it is niced and the first that memory pressure takes', async () => {
    const site = new Site();
    // In a group it is put in its place from outside, a moment after it began.
    const script = 'until [ "$(nice) $(cat /proc/self/oom_score_adj)" = "5 900" ]; do sleep 0.01; done';
    const { ended } = await site.start(confinement, ['sh', '-c', script]);
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});

function prepare(site: Site): readonly string[] {
  mkdirSync(join(site.runs, 's2'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(site.runs, name), text);
  return kept(site);
}

const FILES: Readonly<Record<string, string>> = {
  's1/control.json': 'token',
  's1/agents/tester/home/secret': 'secret',
  's1/agents/coder/selfware.toml': 'mine\n',
  's1/checkpoints/checkpoint_001.json': 'good',
  's1/metrics_current.json': '0',
  's2/control.json': 'token',
};

/** The folder of all sessions as it is, but for the agent's own places. */
function kept(site: Site): readonly string[] {
  const found = execFileSync(
    'find',
    [
      site.runs,
      '-path',
      '*/project',
      '-prune',
      '-o',
      '-path',
      '*/coder/home',
      '-prune',
      '-o',
      '-path',
      '*/coder/tmp',
      '-prune',
      '-o',
      '-type',
      'f',
      '-print',
    ],
    { encoding: 'utf8' },
  );
  return found
    .trim()
    .split('\n')
    .sort()
    .map((path) => `${path}: ${readFileSync(path, 'utf8')}`);
}
