// Injects faults on purpose, into what is ours alone: our agents' processes, our gateway, our probes, our clock.
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { Fault } from '../gateway/facts.ts';
import type { Command } from '../session/command.ts';
import { durationMs } from '../session/plan.ts';
import { agentLayout } from '../store/layout.ts';
import type { SessionParts } from './parts.ts';
import type { Turns } from './turns.ts';

type Injection = Command & { type: 'inject-fault' };

/** What probes are to tell instead of what they see, while it lasts. */
export interface FalseFigures {
  readonly diskFull: boolean;
  readonly memoryFull: boolean;
}

/** A fault that lasts does so for this share of the session, within these limits. */
const LASTS_SHARE = 1 / 40;
const LASTS_LEAST_MS = 5_000;
const LASTS_MOST_MS = 60_000;
const STOPPED_MS = 5_000;
const FLOOD_MB = 8;
const CLOCK_STEP_MS = 3_600_000;

export class Chaos {
  readonly #parts: SessionParts;
  readonly #turns: Pick<Turns, 'signal' | 'freeze' | 'thaw'>;
  #gateway: { readonly fault: Fault; readonly untilMs: number } | null = null;
  #diskUntilMs = Number.NEGATIVE_INFINITY;
  #memoryUntilMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SessionParts, turns: Pick<Turns, 'signal' | 'freeze' | 'thaw'>) {
    this.#parts = parts;
    this.#turns = turns;
  }

  /** Answers with fault-injected, before anything can follow from the fault. */
  inject({ fault, agent, turn, by }: Injection): void {
    const { post, log } = this.#parts;
    post({ type: 'fault-injected', fault, agent, turn, by });
    try {
      this.#do(fault, agent, turn);
    } catch (error) {
      log.warn(`fault ${fault} could not be injected: ${(error as Error).message}`);
    }
  }

  /** The fault that the next call of an agent is to meet; null is none. */
  gatewayFault(): Fault | null {
    if (this.#gateway !== null && this.#parts.clock.nowMs() >= this.#gateway.untilMs) this.#gateway = null;
    return this.#gateway?.fault ?? null;
  }

  falseFigures(): FalseFigures {
    const now = this.#parts.clock.nowMs();
    return { diskFull: now < this.#diskUntilMs, memoryFull: now < this.#memoryUntilMs };
  }

  #do(fault: Injection['fault'], agent: string | null, turn: number | null): void {
    const { clock } = this.#parts;
    const shareMs = durationMs(this.#parts.session().plan) * LASTS_SHARE;
    const untilMs = clock.nowMs() + Math.min(LASTS_MOST_MS, Math.max(LASTS_LEAST_MS, shareMs));
    switch (fault) {
      case 'kill':
        if (turn !== null) this.#turns.signal(turn, 'kill');
        break;
      case 'stop':
        if (turn === null) break;
        this.#turns.freeze(turn);
        clock.after(STOPPED_MS, () => this.#turns.thaw(turn));
        break;
      case 'hang':
        if (turn !== null) this.#turns.freeze(turn);
        break;
      case 'flood':
        this.#say(agent, Buffer.alloc(FLOOD_MB * 1_000_000, 'all work and no play\n'));
        break;
      case 'garbage':
        this.#say(agent, Buffer.concat([randomBytes(64_000), Buffer.from('\n')]));
        break;
      case 'rate-limit':
      case 'server-error':
      case 'cut-stream':
      case 'malformed':
      case 'slow-first-byte':
        this.#gateway = { fault, untilMs };
        break;
      case 'model-hang':
        this.#gateway = { fault: 'hang', untilMs };
        break;
      case 'small-disk':
        this.#diskUntilMs = untilMs;
        break;
      case 'memory':
        this.#memoryUntilMs = untilMs;
        break;
      case 'clock-step':
        clock.stepWall(CLOCK_STEP_MS);
        break;
    }
  }

  /** As if the agent had said it: into the file that is followed. */
  #say(agent: string | null, bytes: Buffer): void {
    if (agent !== null) appendFileSync(agentLayout(this.#parts.layout, agent).output, bytes);
  }
}
