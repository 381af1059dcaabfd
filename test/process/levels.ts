// The walls that can be tried on this machine, and programs started behind them as a session would.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Confinement, chooseConfinement, type Wish } from '../../src/process/confinement.ts';
import type { Exit, Places } from '../../src/process/launch.ts';
import { type AgentProcess, startProcess } from '../../src/process/spawn.ts';

const WISHES: readonly Wish[] = [
  { level: 'full', means: 'bubblewrap' },
  { level: 'full', means: 'util-linux' },
  { level: 'processes', means: 'util-linux' },
  { level: 'group', means: null },
];

export interface Available {
  readonly name: string;
  readonly walls: Confinement;
}

/** Every means that works here; the others are named in the test's output. */
export async function availableWalls(): Promise<readonly Available[]> {
  const found: Available[] = [];
  for (const wish of WISHES) {
    const walls = await chooseConfinement(wish);
    if ('impossible' in walls) console.log(`not tested here: ${walls.impossible}`);
    else found.push({ name: `${walls.level} by ${walls.means}`, walls });
  }
  return found;
}

export interface Started {
  readonly process: AgentProcess;
  readonly ended: Promise<Exit>;
}

/** A session's folder with one agent's places in it. */
export class Site {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'mega-test-site-')));
  readonly runs = join(this.root, 'runs');
  readonly session = join(this.runs, 's1');
  readonly home = join(this.session, 'agents', 'coder', 'home');
  readonly project = join(this.session, 'project');
  readonly output = join(this.root, 'output.log');
  readonly #started: AgentProcess[] = [];
  #count = 0;

  /** Gone with all its processes when the test is over, however it ended. */
  constructor() {
    onTestFinished(() => {
      for (const process of this.#started) process.signal('kill');
      rmSync(this.root, { recursive: true, force: true, maxRetries: 3 });
    });
    for (const folder of ['agents/coder/home', 'agents/coder/tmp', 'agents/tester/home', 'project', 'checkpoints'])
      mkdirSync(join(this.session, folder), { recursive: true });
    writeFileSync(join(this.root, 'empty'), '');
  }

  get places(): Places {
    return {
      runs: this.runs,
      session: this.session,
      readable: [join(this.session, 'agents', 'coder')],
      writable: [this.home, this.project],
      temporary: join(this.session, 'agents', 'coder', 'tmp'),
      cwd: this.project,
    };
  }

  async start(walls: Confinement, argv: readonly string[], env: Record<string, string> = {}): Promise<Started> {
    const [file = '', ...args] = argv;
    let end: (exit: Exit) => void = () => {};
    const ended = new Promise<Exit>((resolve) => {
      end = resolve;
    });
    const process = await startProcess(
      {
        launch: { file, args, env: { PATH: PATH, ...env } },
        files: { input: join(this.root, 'empty'), output: this.output, errors: join(this.root, 'errors.log') },
        marker: `${MARK}.${this.#count++}`,
        walls,
        places: this.places,
      },
      end,
    );
    this.#started.push(process);
    return { process, ended };
  }

  said(): string {
    return readFileSync(this.output, 'utf8');
  }
}

const PATH = process.env.PATH ?? '/usr/bin:/bin';
const MARK = `test-${process.pid}`;

/** Living processes whose command line holds a text. */
export function processesNamed(text: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
      } catch {
        return false;
      }
    });
}
