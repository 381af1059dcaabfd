// A session directory with a real store of snapshots and real checkpoint files, as deeds of the runtime find it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONFIG, type Config } from '../../src/config/schema.ts';
import { Lane } from '../../src/runtime/lane.ts';
import { projectSource } from '../../src/runtime/parts.ts';
import type { Logger } from '../../src/runtime/session-log.ts';
import type { Event, Trigger } from '../../src/session/event.ts';
import { created, type Session } from '../../src/session/state.ts';
import { writeCheckpoint } from '../../src/store/checkpoint-file.ts';
import { BEGINNING, JournalWriter } from '../../src/store/journal.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { createStore } from '../../src/workspace/git.ts';
import { gitWorkspace } from '../../src/workspace/workspace.ts';
import { scratch } from '../store/scratch.ts';
import { PLAN } from '../support/core-world.ts';

export type Files = Readonly<Record<string, string>>;

export class KeptSession {
  readonly id = 's';
  readonly layout = layoutOf(join(scratch(), 's'));
  readonly config: Config;
  readonly lane = new Lane();
  readonly workspace;
  readonly journal: JournalWriter;
  readonly posted: Event[] = [];
  readonly said: string[] = [];
  state: Session = created(PLAN);
  readonly commits = new Map<number, string>();

  constructor(config: object = {}) {
    this.config = CONFIG.parse(config);
    for (const folder of [this.layout.root, this.layout.checkpoints, this.layout.project, this.layout.caches])
      mkdirSync(folder, { recursive: true });
    this.workspace = gitWorkspace(this.layout.snapshots, projectSource(this));
    this.journal = new JournalWriter(this.layout, BEGINNING);
  }

  static async begin(config: object = {}): Promise<KeptSession> {
    const kept = new KeptSession(config);
    await createStore(kept.layout.snapshots);
    return kept;
  }

  readonly session = (): Session => this.state;
  readonly post = (event: Event): void => {
    this.posted.push(event);
  };
  readonly log = {
    trace: () => {},
    debug: () => {},
    info: () => {},
    warn: (text: string) => this.said.push(text),
    error: (text: string) => this.said.push(text),
  } as unknown as Logger;

  /** The project holds exactly these files, and is kept as the next checkpoint. */
  async keep(number: number, files: Files, trigger: Trigger = 'interval'): Promise<void> {
    const { layout, state } = this;
    rmSync(layout.project, { recursive: true });
    mkdirSync(layout.project);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(layout.project, path)), { recursive: true });
      writeFileSync(join(layout.project, path), text);
    }
    const { commit } = await this.workspace.keep(`refs/checkpoints/${number}`, [projectSource(this)], number);
    this.commits.set(number, commit);
    const workspace = { commit, files: 1, bytes: 1, excluded: [], skipped: [], repositories: [] };
    const seal = { session: this.id, number, trigger, wall: 'w', unixSeconds: number, previous: null };
    writeCheckpoint(layout, { ...seal, journal: BEGINNING, workspace, agents: {}, state });
  }
}
