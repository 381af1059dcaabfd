// Events in words: what session.log, the terminal and `logs` show. Every event has its sentence or none.

import type { ModelEvent, StampedEvent } from '../session/event.ts';
import { durationMs } from '../session/plan.ts';
import type { Ending, Session } from '../session/state.ts';
import { showDuration } from '../text/duration.ts';
import { showBytes } from '../text/size.ts';

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export interface Sentence {
  readonly level: Level;
  readonly text: string;
}

/** What an event did, for people; null when there is nothing to tell. */
export function sentencesOf(session: Session, event: StampedEvent, before: Session): readonly Sentence[] {
  const own = aboutEvent(session, event, before);
  const stage = aboutStage(session, before);
  return [...(own === null ? [] : [own]), ...aboutStops(session, before), ...aboutTrust(session, before), ...stage];
}

function say(level: Level, text: string): Sentence {
  return { level, text };
}

function aboutEvent(session: Session, event: StampedEvent, before: Session): Sentence | null {
  switch (event.type) {
    case 'session-created': {
      const { agents, phases } = event.plan;
      const length = showDuration(durationMs(event.plan));
      return say('info', `session ${event.plan.session}: ${agents.length} agents, ${phases.length} phases, ${length}`);
    }
    case 'harness-started':
      return event.incarnation === 1
        ? say('info', `mega-test ${event.version} started`)
        : say('info', `mega-test ${event.version} goes on with the session (life ${event.incarnation})`);
    case 'time-passed':
      return null;
    case 'clock-stalled':
      return say('warn', `the harness stood still for ${showDuration(event.gapMs)}; that time counts for nobody`);
    case 'deadline-came':
      return say('warn', 'the deadline is near: wrapping up');
    case 'signal-received':
      return say('warn', `${event.signal} received: saving and stopping`);
    case 'stop-requested':
      return say('info', `stop asked for by ${event.by}: wrapping up, then judging`);
    case 'pause-requested':
      return say('info', `pause asked for by ${event.by}`);
    case 'continue-requested':
      return say('info', `continue asked for by ${event.by}`);
    case 'checkpoint-requested':
      return say('debug', `checkpoint asked for by ${event.by}`);
    case 'restore-requested':
      return say('info', `restore of checkpoint ${event.number} asked for by ${event.by}`);
    case 'limit-changed':
    case 'compress-requested':
    case 'fault-requested':
    case 'fault-injected':
    case 'disk-freed':
      return aboutWish(event);
    case 'model-called':
    case 'model-switched':
    case 'window-closed':
    case 'model-unaffordable':
    case 'models-exhausted':
      return aboutModel(event);
    case 'agent-started':
      return say(
        'info',
        `${event.agent}: turn ${event.turn} ${event.mode} (pid ${event.pid})${taskText(session, event.turn)}`,
      );
    case 'agent-start-failed':
      return say('error', `${event.agent}: turn ${event.turn} could not be started: ${event.failure.text}`);
    case 'agent-active':
      return null;
    case 'task-named':
      return say('debug', `${event.agent}: its task is ${event.task}`);
    case 'agent-stepped':
      return say('debug', `${event.agent}: step ${event.step}`);
    case 'tool-called':
      return say('debug', `${event.agent}: ${event.tool} ${event.ok ? 'ok' : 'failed'}`);
    case 'tool-timed-out':
      return say('warn', `${event.agent}: a call of ${event.tool} ran into its time limit`);
    case 'tokens-used':
      return say('debug', `${event.agent}: ${event.total} tokens`);
    case 'agent-erred':
      return say('warn', `${event.agent} reports (${event.about}): ${event.text}`);
    case 'garbage-seen':
      return say('info', `${event.agent}: ${event.bytes} bytes of output are no text in its format`);
    case 'completion-claimed':
      return say('debug', `${event.agent} says it is done`);
    case 'agent-exited': {
      const stopped = before.agents[event.agent]?.at.is === 'stopping';
      if (stopped) return say('info', `${event.agent}: turn ${event.turn} was stopped (${howItEnded(event)})`);
      return event.failure === null
        ? say('info', `${event.agent}: turn ${event.turn} ended (${howItEnded(event)})`)
        : say('error', `${event.agent}: turn ${event.turn} failed: ${event.failure.text}`);
    }
    case 'turn-measured':
      return say(
        'info',
        `${event.agent}: turn ${event.turn} ${event.changed ? 'changed the project' : 'changed nothing'} (${event.files} files)`,
      );
    case 'progress-seen':
      return before.trouble === session.trouble
        ? null
        : say('info', `${event.agent}: turn ${event.turn} changes the project again; what had failed is got over`);
    case 'agent-recovered': {
      const from = event.checkpoint === null ? '' : `, restored from checkpoint ${event.checkpoint}`;
      const next = event.task === null ? 'starts afresh' : 'can resume its task';
      return say('info', `${event.agent}: workspace ${event.workspace} (${event.reason})${from}; it ${next}`);
    }
    case 'agent-unrecoverable':
      return say('error', `${event.agent} cannot be recovered: ${event.reason}`);
    case 'checkpoint-written':
      return say(
        'info',
        `checkpoint ${event.number} written (${event.trigger}): ${event.files} files, ${showBytes(event.bytes)}, ${event.tookMs} ms`,
      );
    case 'checkpoint-failed':
      return say('error', `checkpoint ${event.number} failed: ${event.reason}`);
    case 'checkpoint-restored': {
      const instead = event.insteadOf === null ? '' : ` instead of ${event.insteadOf}, which cannot be restored`;
      return say('info', `checkpoint ${event.number} restored${instead}`);
    }
    case 'checkpoints-thinned':
      return say(
        'warn',
        `snapshots removed for want of space: ${event.numbers.length} (${showNumbers(event.numbers)})`,
      );
    case 'restore-failed':
      return say('error', `checkpoint ${event.number} could not be restored: ${event.reason}`);
    case 'probed':
      return say('trace', `disk free ${event.diskFreeBytes === null ? 'unknown' : showBytes(event.diskFreeBytes)}`);
    case 'disk-filled':
      return say('error', `no space on the disk for ${event.path}`);
    case 'code-counted':
      return event.lines === null
        ? say('debug', `lines of code could not be counted: ${event.reason}`)
        : say('debug', `${event.lines} lines of code in ${event.files} files`);
    case 'quality-measured':
      return say('info', `checkpoint ${event.checkpoint} was looked at: ${event.verdict}: ${event.text}`);
    case 'best-delivered':
      return say(
        'warn',
        `project/ holds checkpoint ${event.checkpoint} now: it is green, the last state (checkpoint ${event.last}) is not`,
      );
    case 'judged':
      return say('info', `verdict: ${event.verdict.critical}: ${event.verdict.text}`);
    case 'report-written':
      return say('debug', 'report written');
  }
}

/** Some of many numbers: they stand whole in the journal. */
function showNumbers(numbers: readonly number[]): string {
  return numbers.length <= 12 ? numbers.join(', ') : `${numbers.slice(0, 11).join(', ')}, …, ${numbers.at(-1)}`;
}

type Wish = Extract<
  StampedEvent,
  { type: 'limit-changed' | 'compress-requested' | 'fault-requested' | 'fault-injected' | 'disk-freed' }
>;

function aboutWish(event: Wish): Sentence {
  switch (event.type) {
    case 'limit-changed':
      return say(
        'warn',
        `limit ${event.limit} changed from ${event.from ?? 'none'} to ${event.to ?? 'none'} by ${event.by}: ${event.why}`,
      );
    case 'compress-requested':
      return say('info', `compression of the context asked for by ${event.by}`);
    case 'fault-requested':
      return say('info', `fault ${event.fault} asked for by ${event.by}`);
    case 'fault-injected':
      return say(
        'warn',
        `fault ${event.fault} injected by ${event.by}${event.agent === null ? '' : ` into ${event.agent}`}`,
      );
    case 'disk-freed':
      return say('info', `${showBytes(event.bytes)} freed: ${event.what}`);
  }
}

function aboutModel(event: ModelEvent): Sentence {
  switch (event.type) {
    case 'model-called': {
      const used = `${event.prompt} + ${event.completion} tokens (${event.source})`;
      if (event.outcome === 'answered') return say('debug', `${event.agent}: ${event.upstream} answered, ${used}`);
      const why = event.text === null ? '' : `: ${event.text}`;
      return say(
        'warn',
        `${event.agent}: call to ${event.upstream} ${event.outcome} (${event.status ?? 'no answer'})${why}`,
      );
    }
    case 'model-switched':
      return say('warn', `${event.agent}: model ${event.from} -> ${event.to}: ${event.reason}`);
    case 'window-closed':
      return say('warn', `${event.upstream} answers again in ${showDuration(event.waitMs)}: ${event.text}`);
    case 'model-unaffordable':
      return say('warn', `${event.agent}: a call needs ${event.needs} tokens, ${event.tokensLeft} are left`);
    case 'models-exhausted':
      return say('error', `${event.agent}: no model answers: ${event.text}`);
  }
}

function howItEnded({ code, signal }: { readonly code: number | null; readonly signal: string | null }): string {
  return signal === null ? `exit code ${code}` : `by ${signal}`;
}

function taskText(session: Session, turn: number): string {
  for (const { at } of Object.values(session.agents)) {
    if (!('turn' in at) || at.turn.number !== turn) continue;
    const task = session.tasks.find(({ id }) => id === at.turn.task);
    return task === undefined ? ': whatever is still open' : `: ${task.text}`;
  }
  return '';
}

/** A turn that we stop because it is in trouble: why, at the moment it is decided. */
function aboutStops(session: Session, before: Session): readonly Sentence[] {
  if (session.agents === before.agents) return [];
  return Object.values(session.agents).flatMap(({ name, at }) => {
    const was = before.agents[name]?.at;
    if (at.is !== 'stopping' || was?.is === 'stopping' || at.plan.next !== 'recover') return [];
    return [say('warn', `${name}: turn ${at.turn.number} is stopped: ${at.plan.failure.text}`)];
  });
}

/** Trust that fell, with what it fell for. */
function aboutTrust(session: Session, before: Session): readonly Sentence[] {
  if (session.agents === before.agents) return [];
  return Object.values(session.agents).flatMap(({ name, trust }) => {
    const was = before.agents[name]?.trust;
    if (was === undefined || trust.now >= was.now) return [];
    return [say('info', `${name}: trust falls from ${was.now / 1000} to ${trust.now / 1000} (${trust.why})`)];
  });
}

function aboutStage(session: Session, before: Session): readonly Sentence[] {
  const sentences: Sentence[] = [];
  const { stage, plan } = session;
  const was = before.stage;
  if (stage.is === 'working' && !(was.is === 'working' && was.phase === stage.phase) && was.is !== 'restoring') {
    const phase = plan.phases[stage.phase];
    sentences.push(
      say(
        'info',
        `phase ${stage.phase + 1} of ${plan.phases.length}: ${phase?.name} (${showDuration(phase?.durationMs ?? 0)})`,
      ),
    );
  }
  if (stage.is === 'wrapping-up' && was.is !== 'wrapping-up')
    sentences.push(say('info', `wrapping up: ${endingText(stage.ending)}`));
  if (stage.is === 'judging' && was.is !== 'judging') sentences.push(say('info', 'judging what was built'));
  if (stage.is === 'done' && was.is !== 'done')
    sentences.push(say('info', `the session is over: ${endingText(stage.ending)}`));
  // The pause itself is an alert, which is logged as it is raised.
  if (session.pauses.length === 0 && before.pauses.length > 0 && stage.is === 'working')
    sentences.push(say('info', 'work goes on'));
  return sentences;
}

/** Why a session ended, in words. */
export function endingText(ending: Ending): string {
  switch (ending.is) {
    case 'finish':
      return ending.text;
    case 'interrupt':
      return `interrupted by ${ending.signal}`;
    case 'put-down':
      return `paused too long for a session without a terminal: ${ending.text}`;
    case 'fail':
      return ending.text;
  }
}
