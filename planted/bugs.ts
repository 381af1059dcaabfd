// Bugs that harnesses have, each as a change to our own source: what must be caught when it is planted.

export interface Bug {
  readonly name: string;
  readonly file: string;
  /** Must stand exactly once in the file. */
  readonly from: string;
  readonly to: string;
  /** Further changes of the same file. */
  readonly also?: readonly (readonly [from: string, to: string])[];
  /** Kinds of faults its nights have, where the usual mix meets it too seldom. */
  readonly faults?: string;
  /**
   * Test files that are asked instead of the simulated nights: what the simulation replaces (processes, signals, locks,
   * agents' output) only real ones can show.
   */
  readonly by?: readonly string[];
}

export const BUGS: readonly Bug[] = [
  {
    name: 'no fsync of a file before it is renamed',
    file: 'src/store/durable.ts',
    from: '      files.sync(file);\n    } finally {\n      files.close(file);\n    }\n    files.rename',
    to: '    } finally {\n      files.close(file);\n    }\n    files.rename',
  },
  {
    name: 'no fsync of the folder after a rename',
    file: 'src/store/durable.ts',
    from: '  syncFolder(folder, files);\n}',
    to: '}',
  },
  {
    name: 'files written in place instead of beside it',
    file: 'src/store/durable.ts',
    from: '  const file = files.open(temporary, OPEN.create, mode);',
    to: '  const file = files.open(path, OPEN.update, mode);\n  files.truncate(file, 0);',
    also: [['    files.rename(temporary, path);\n', '']],
  },
  {
    name: 'a short write taken for a whole one',
    file: 'src/store/durable.ts',
    from: 'while (done < bytes.length) done += files.write(file, bytes.subarray(done), null);',
    to: 'if (done < bytes.length) done += files.write(file, bytes.subarray(done), null);',
  },
  {
    name: 'a checksum that is not compared',
    file: 'src/store/durable.ts',
    from: '  if (sha256(open) !== match[1]) return null;\n',
    to: '',
  },
  {
    name: 'the journal is never fsynced',
    file: 'src/store/journal.ts',
    from: '      this.#files.syncData(this.#file);\n',
    to: '',
  },
  {
    name: 'a torn last line of the journal is kept, the next one written behind it',
    file: 'src/store/journal.ts',
    from: '      again(() => files.truncate(this.#file, end.bytes));\n',
    to: '',
    also: [['    this.#start = end.bytes;', '    this.#start = files.size(this.#file);']],
  },
  {
    name: 'the chain of the journal is not checked',
    file: 'src/store/journal.ts',
    from: '  if (shown(crc32(open, Number.parseInt(before, 16))) !== match[1]) return null;\n',
    to: '',
    faults: 'journal-rots,checkpoint-rots,harness-kill',
  },
  {
    name: 'ENOSPC swallowed: the line that did not fit is forgotten',
    file: 'src/store/journal.ts',
    from: '      if (this.#used - this.#written > MOST_PENDING) throw error;',
    to: '      this.#used = this.#written;',
  },
  {
    name: 'after a failed fsync the lines count as saved',
    file: 'src/store/journal.ts',
    from: '      this.#written = 0;\n      return error as Error;\n    }\n',
    to: '      this.#start += this.#used;\n      this.#used = 0;\n      this.#written = 0;\n      return error as Error;\n    }\n',
  },
  {
    name: 'the wall clock for phases',
    file: 'src/runtime/supervisor.ts',
    from: 'const atMs = Math.max(clock.nowMs(), this.#lastMs);',
    to: 'const atMs = Math.max(clock.wallMs() - this.#wallOffsetAtStart, this.#lastMs);',
    also: [
      ['  #wallOffsetMs: number;', '  #wallOffsetMs: number;\n  #wallOffsetAtStart: number;'],
      [
        'this.#wallOffsetMs = parts.clock.wallMs() - this.#lastMs;',
        'this.#wallOffsetMs = parts.clock.wallMs() - this.#lastMs;\n    this.#wallOffsetAtStart = this.#wallOffsetMs;',
      ],
    ],
  },
  {
    name: 'time in which the harness was stopped counts as work',
    file: 'src/session/step.ts',
    from: "event.type === 'clock-stalled' ? event.gapMs : 0",
    to: '0',
  },
  {
    name: 'a new life goes on with the stamps of the old one',
    file: 'src/session/clock.ts',
    from: 'return { ...clock, lastAtMs: atMs };',
    to: 'return { ...clock };',
  },
  {
    name: 'the state of a checkpoint is newer than its place in the journal',
    file: 'src/runtime/checkpointing.ts',
    from: '      agents,\n      state,\n    });',
    to: '      agents,\n      state: session(),\n    });',
  },
  {
    name: 'a checkpoint is acknowledged before it is written',
    file: 'src/runtime/checkpointing.ts',
    from: '    const sha256 = writeCheckpoint(layout, {',
    to: "    const sha256 = '0'.repeat(64);\n    if (number % 7 !== 0) writeCheckpoint(layout, {",
  },
  {
    name: 'a checkpoint number is given twice after damage',
    file: 'src/session/resume.ts',
    from: 'Math.max(session.checkpoints.next, event.lastCheckpoint + 1)',
    to: 'session.checkpoints.next',
  },
  {
    name: 'a checkpoint that a crash cut off is waited for for ever',
    file: 'src/session/resume.ts',
    from: 'const [settled, commands] = lost(forgotten(alive));',
    to: 'const [settled, commands] = lost(alive);\n  void forgotten;',
  },
  {
    name: 'turns that died with the harness are not recovered',
    file: 'src/session/resume.ts',
    from: 'const [settled, commands] = lost(forgotten(alive));',
    to: 'const [settled, commands] = [forgotten(alive), [] as Command[]] as const;',
  },
  {
    name: 'a half restored project is taken for restored after a crash',
    file: 'src/session/resume.ts',
    from: '  if (session.restore !== null)\n',
    to: '  if (session.restore !== null && !session.restore.begun)\n',
    faults: 'person-restores,person-rewinds,harness-kill,harness-kill-in-write,power-cut',
  },
  {
    name: 'a turn begins in a pause',
    file: 'src/session/schedule.ts',
    from: "if (stage.is !== 'working' || session.pauses.length > 0) return null;\n  if (agentsOf",
    to: "if (stage.is !== 'working') return null;\n  if (agentsOf",
  },
  {
    name: 'more agents at once than allowed',
    file: 'src/session/schedule.ts',
    from: '.length >= session.plan.concurrency) return null;',
    to: '.length > session.plan.concurrency) return null;',
  },
  {
    name: 'the token budget is not looked at',
    file: 'src/session/budgets.ts',
    from: '  if (totalTokens !== null && tokens >= totalTokens)',
    to: '  if (totalTokens !== null && tokens >= totalTokens * 2)',
  },
  {
    name: 'failures are not counted, trying never ends',
    file: 'src/session/recovery.ts',
    from: '      inARow: trouble.inARow + 1,',
    to: '      inARow: trouble.inARow,',
    also: [['(trouble.attempts[failure.key] ?? 0) + 1 }', '(trouble.attempts[failure.key] ?? 0) }']],
  },
  {
    name: 'a back-off that never ends',
    file: 'src/session/recovery.ts',
    from: "agent.at.is !== 'backing-off' || session.clock.awakeMs < agent.at.untilMs",
    to: "agent.at.is !== 'backing-off' || session.clock.awakeMs < agent.at.untilMs + 864e5",
  },
  {
    name: 'a disk pause is not ended when there is space again',
    file: 'src/session/people.ts',
    from: "return [writable ? endPauses(session, 'disk') : session, []];",
    to: 'return [session, []];',
  },
  {
    name: 'an agent that refuses to end is never killed',
    file: 'src/session/stopping.ts',
    from: "    if (at.rung === 'terminate') return climbTo(session, agent, 'kill');\n    return giveUpOn(session, agent);",
    to: "    return climbTo(session, agent, 'terminate');",
  },
  {
    name: 'what was frozen in a pause is not continued',
    file: 'src/session/pauses.ts',
    from: '  if (session.pauses.length > 0) return null;\n  for (const agent of agentsOf(session)) {\n    const { at } = agent;',
    to: '  if (session.pauses.length >= 0) return null;\n  for (const agent of agentsOf(session)) {\n    const { at } = agent;',
  },
  {
    name: 'the session ends without waiting for its agents',
    file: 'src/session/stages.ts',
    from: "  if (!isQuiet(session) && !(ending.is === 'interrupt' && waitedMs >= saveLimitMs(ending))) return null;\n",
    to: '',
  },
  {
    name: 'phases end at once when one is over',
    file: 'src/session/stages.ts',
    from: '  if (phaseClockMs(clock) < endMs) return null;\n  const lengthMs',
    to: '  if (phaseClockMs(clock) < endMs * 0.98) return null;\n  const lengthMs',
  },
  {
    name: 'a restore begins while agents are still at work',
    file: 'src/session/stages.ts',
    from: 'restore === null || stage.asked || !isQuiet(session)) return null;',
    to: 'restore === null || stage.asked) return null;',
  },
  {
    name: 'the best state is thinned out as well',
    file: 'src/session/thinning.ts',
    from: '    bestOf(session)?.checkpoint,\n',
    to: '    bestOf(session) === null ? 0 : 0,\n',
  },
  {
    name: 'the newest snapshots are thinned out as well',
    file: 'src/session/thinning.ts',
    from: 'const NEWEST = 5;',
    to: 'const NEWEST = 0;',
    also: [['    session.checkpoints.last?.number,\n', '']],
  },
  {
    name: 'a fault on purpose lowers the trust in its agent',
    file: 'src/session/trust.ts',
    from: '  if (by < 0 && turn !== null && trust.injectedTurn === turn.number) return session;\n',
    to: '  if (turn === undefined) return session;\n',
  },
  {
    name: 'an agent that was killed from outside is blamed for it',
    file: 'src/session/trust.ts',
    from: 'return failure !== null && isOwn ?',
    to: 'return failure !== null ?',
  },
  {
    name: 'tokens of a resumed task are counted twice',
    file: 'src/agents/meter.ts',
    from: 'return this.add(tokens - this.#before - this.#counted);',
    to: 'return this.add(tokens - this.#counted);',
    by: ['test/agents'],
  },
  {
    name: 'looks that a dead harness has left to the next one are not made',
    file: 'src/runtime/light-judging.ts',
    from: " || event.type === 'harness-started'",
    to: '',
    by: ['test/system/quality.test.ts'],
  },
  {
    name: 'no lock',
    file: 'src/store/lock.ts',
    from: 'listen(name: string): Promise<Server | null> {',
    to: 'listen(name: string): Promise<Server | null> {\n  name += Math.random();',
    by: ['test/store'],
  },
  {
    name: 'a pid is trusted without its start time',
    file: 'src/process/tree.ts',
    from: 'const isOurs = () => startTicks === null || statOf(leader)?.startTicks === startTicks;',
    to: 'const isOurs = () => startTicks !== -1;',
    by: ['test/process/tree.test.ts'],
  },
  {
    name: 'no SIGCONT: a stopped agent never hears its interrupt',
    file: 'src/process/init.ts',
    from: "kill 'INT', $agent; kill 'CONT', -1",
    to: "kill 'INT', $agent",
    by: ['test/process/trees.test.ts'],
  },
  {
    name: 'daemons of an agent are left running',
    file: 'src/process/tree.ts',
    from: '      killAll(() => pidsWithMarker(marker));\n',
    to: '',
    by: ['test/process/trees.test.ts'],
  },
  {
    name: 'an agent outlives a killed harness',
    file: 'src/process/guard.ts',
    from: "  kill 'KILL', @found;\n",
    to: '',
    by: ['test/process/trees.test.ts'],
  },
  {
    name: 'the session directory is not hidden from the agent',
    file: 'src/process/walls.ts',
    from: "  args.push('--tmpfs', scope.hidden);\n",
    to: "  args.push('--bind', scope.hidden, scope.hidden);\n",
    by: ['test/process/hostile.test.ts'],
  },
];
