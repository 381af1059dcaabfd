// The rehearsal agent: speaks selfware's command line, output and checkpoints, builds a real project, misbehaves as told.
// What its model answers changes nothing of what it does.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { parseArgs } from 'node:util';
import { play, type Stage } from './acts.ts';
import { ask, modelOf } from './asking.ts';
import { load, type Memory, newMemory, save } from './memory.ts';
import { readScenario, type Scenario } from './scenario.ts';
import { commit, openSteps, type Step, stepsOf, writeFileOfStep } from './steps.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rehearse: { type: 'string', default: 'task_queue' },
    scenario: { type: 'string', default: 'calm' },
    config: { type: 'string', short: 'c' },
    workdir: { type: 'string', short: 'C', default: '.' },
    yolo: { type: 'boolean', short: 'y' },
    prompt: { type: 'string', short: 'p' },
    'output-format': { type: 'string' },
    'max-wall-secs': { type: 'string' },
    'max-turns': { type: 'string' },
    'max-budget-tokens': { type: 'string' },
  },
});

const home = process.env.HOME ?? homedir();
const turn = Number(process.env.MEGA_TEST_TURN ?? 1);
const began = Date.now();
const wallMs = Number(values['max-wall-secs'] ?? Number.POSITIVE_INFINITY) * 1000;
const model = modelOf(process.env);
const budget = Number(values['max-budget-tokens'] ?? Number.POSITIVE_INFINITY);

await main();

async function main(): Promise<void> {
  const scenario = readScenario(values.scenario);
  const memory = begin();
  const stage: Stage = {
    project: values.workdir,
    home,
    task: memory.task_id,
    say,
    timeOut: () => timeOut(memory),
    think: () => think(memory, 1_500, 500),
    lieTokens: 1,
    claimDone: false,
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      save(home, memory);
      process.stderr.write('\nReceived shutdown signal, winding down...\nError: Task cancelled by user\n');
      result(memory, stage, 'error: Task cancelled by user', 1);
      process.exit(1);
    });
  save(home, memory);
  const steps = stepsNow(memory, scenario);
  await work(memory, scenario, stage, steps);
  memory.status = 'completed';
  save(home, memory);
  say({ event: 'task_completed', outcome: steps.length > 0 ? 'REAL_EDIT' : 'NO_CHANGES' });
  result(memory, stage, steps.length > 0 ? 'REAL_EDIT' : 'NO_CHANGES', 0);
  process.exit(0);
}

function begin(): Memory {
  const [verb, task] = positionals;
  if (verb === 'resume' && task !== undefined) return load(home, task);
  return newMemory(readFileSync(0, 'utf8'));
}

function stepsNow(memory: Memory, scenario: Scenario): readonly Step[] {
  const prompt = memory.messages[0]?.content ?? '';
  const match = /^Phase: (\d+) of (\d+) /m.exec(prompt);
  const [phase, phases] = [Number(match?.[1] ?? 1) - 1, Number(match?.[2] ?? 4)];
  return openSteps(stepsOf(values.rehearse), values.workdir, phase, phases).slice(0, scenario.steps_per_turn);
}

async function work(memory: Memory, scenario: Scenario, stage: Stage, steps: readonly Step[]): Promise<void> {
  let tools = 0;
  const acts = scenario.act.filter((act) => act.turn === turn);
  const actNow = async () => {
    for (const act of acts.filter(({ after_tools }) => after_tools === tools)) await play(act, stage);
  };
  await actNow();
  for (const step of steps) {
    if (stage.claimDone || isOver(memory)) break;
    memory.current_step++;
    memory.current_iteration++;
    say({ event: 'step_started', step: memory.current_step, model: 'rehearsal' });
    await think(memory, step.title.length + 1_200, 150);
    for (const file of step.files) {
      const bytes = writeFileOfStep(values.workdir, file);
      tell(memory, 'file_write', `path=${file.path}`);
      await think(memory, 900, Math.round(bytes / 4));
      tools++;
      await pause(scenario.pace_ms);
      await actNow();
      if (stage.claimDone) return;
    }
    if (scenario.run_tests) tell(memory, 'shell_exec', 'command=node --test', runTests());
    commit(values.workdir, step);
    tell(memory, 'git_commit', `message=${step.title}`);
    tools++;
    say({ event: 'step_completed', step: memory.current_step });
    save(home, memory);
    await pause(scenario.pace_ms);
    await actNow();
  }
}

/** The limits it was given on its command line, like the real one keeps them. */
function isOver(memory: Memory): boolean {
  return Date.now() - began >= wallMs || memory.cumulative_tokens >= budget;
}

/** A call to the model; where there is none, it takes no time and counts what such a call would have counted. */
async function think(memory: Memory, prompt: number, completion: number): Promise<void> {
  say({ event: 'llm_request_sent', prompt_tokens: prompt });
  const used = model === null ? { prompt, completion } : await ask(model, prompt, completion).catch(outage);
  memory.cumulative_tokens += used.prompt + used.completion;
  say({ completion_tokens: used.completion, event: 'llm_response_received', finish_reason: 'stop' });
}

/** The real one ends with 4 when its model does not answer. */
function outage(error: Error): never {
  process.stderr.write(`Error: API error: ${error.message}\n`);
  process.exit(4);
}

/** The same call each time, in the words of the real one, in the state that it saves. */
function timeOut(memory: Memory): void {
  const call = { tool_name: 'shell_exec', arguments: '{"command":"npm run soak"}', success: false };
  say({ event: 'tool_call_started', tool: call.tool_name, args: 'command=npm run soak' });
  say({ event: 'tool_call_completed', tool: call.tool_name, ok: false });
  const result = "Tool 'shell_exec' timed out after 60s";
  memory.tool_calls.push({ ...call, result, timestamp: new Date().toISOString() });
  save(home, memory);
}

function tell(memory: Memory, tool: string, args: string, ok = true): void {
  say({ event: 'tool_call_started', tool, args });
  say({ event: 'tool_call_completed', tool, ok });
  memory.tool_calls.push({ tool_name: tool, arguments: args, success: ok, timestamp: new Date().toISOString() });
}

function runTests(): boolean {
  try {
    execFileSync('node', ['--test'], { cwd: values.workdir, stdio: 'ignore', timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}

function result(memory: Memory, stage: Stage, stopReason: string, status: number): void {
  const used = Math.round(memory.cumulative_tokens * stage.lieTokens);
  say({
    session_id: memory.task_id,
    exit_status: status,
    stop_reason: stopReason,
    num_turns: memory.current_step,
    usage: { input: Math.round(used * 0.8), output: used - Math.round(used * 0.8), total: used, cost: null },
    model: 'rehearsal',
    duration_ms: Date.now() - began,
    failure_mode: null,
  });
}

function say(event: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
