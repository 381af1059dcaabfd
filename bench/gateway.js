// The model gateway beside going direct and beside LiteLLM's proxy: what it adds to an answer and to an event, streams at once, memory.
import { execFileSync, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, ROOT, ratio, scratch, show, timed, wait } from './measure.js';

const ROUNDS = Number(process.env.GATEWAY_ROUNDS ?? 400);
const CALLS = Number(process.env.GATEWAY_CALLS ?? 100_000);
const FIRST = 300;
const REST_MS = 20;
const STREAMS = 64;
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const children = [];

export async function gateway() {
  try {
    const direct = { endpoint: `http://127.0.0.1:${(await side('upstream')).port}/v1`, token: 'none', model: 'bench' };
    const ours = { ...(await side('gateway', direct.endpoint)), model: 'bench' };
    const peer = await litellm(direct.endpoint);
    const added = [...(await answers(direct, ours, peer)), ...(await events(direct, ours, peer))];
    // What follows is measured without the peer, which would take processor time from both sides.
    peer?.end();
    return [...added, await together(direct, ours), await memory(ours)];
  } finally {
    for (const child of children) child.kill();
    agent.destroy();
  }
}

/** One call after another as fast as they go, after a rest as a real agent makes them, and beside the peer. */
async function answers(direct, ours, peer) {
  const call = (one) => timed(() => ask(one));
  const rested = async (one) => {
    await wait(REST_MS);
    return call(one);
  };
  // A night has thousands of calls: compilers have done their work after the first hundreds, which are told apart.
  const first = (await inTurn([direct, ours], call, FIRST)).map(median);
  const early = `in the first ${FIRST}: ${show(first[1] - first[0])} ms`;
  const what = 'added to an answer';
  return [
    own(what, await inTurn([direct, ours], call), `${ROUNDS} calls one after another, medians; ${early}`),
    own(`${what} after a rest`, await inTurn([direct, ours], rested), `${REST_MS} ms before each of ${ROUNDS} calls`),
    beside(what, peer === null ? null : await inTurn([direct, ours, peer], call), `${ROUNDS} rounds, medians`),
  ];
}

/** The time of an event from the moment it is made until the client has it. */
async function events(direct, ours, peer) {
  const sides = [direct, ours, ...(peer === null ? [] : [peer])];
  const ages = sides.map(() => []);
  for (let round = 0; round < 10; round++)
    for (const [nth, one] of sides.entries())
      await ask(one, { stream: true, chunks: 100, pace: 2 }, (text, atNs) => {
        for (const [, madeNs] of text.matchAll(/@(\d+) /g)) ages[nth].push(Number(atNs - BigInt(madeNs)) / 1e6);
      });
  const note = '1,000 events, 2 ms apart, medians';
  return [
    own('added to an event of a stream', ages, note),
    beside('added to an event of a stream', peer === null ? null : ages, note),
  ];
}

const over = (times, direct) => median(times) - median(direct);

function own(what, [direct, ours], note) {
  const value = over(ours, direct);
  return { what, ours: `${show(value)} ms`, peer: `direct: ${show(median(direct))} ms`, value, atMost: 1, note };
}

/** `times` null: there is no peer here. */
function beside(what, times, note) {
  if (times === null) return { what: `${what}, beside LiteLLM`, left: 'LiteLLM cannot be had here' };
  const [direct, ours, peer] = times;
  const both = { ours: over(ours, direct), peer: over(peer, direct) };
  return ratio(`${what}, beside LiteLLM`, both, { peerName: 'LiteLLM proxy', goal: 0.2, note });
}

/** Paced like a busy inference server; in the note without any pace, where a processor is all that limits. */
async function together(direct, ours) {
  const run = (pace) => (one) =>
    timed(() => Promise.all(Array.from({ length: STREAMS }, () => ask(one, { stream: true, chunks: 200, pace }))));
  const [plain, through] = (await inTurn([direct, ours], run(10), 3)).map(median);
  const [fast, slow] = (await inTurn([direct, ours], run(0), 3)).map(median);
  const perSecond = (ms) => `${Math.round((STREAMS * 200) / (ms / 1_000))} events/s`;
  return {
    what: `${STREAMS} streams at once`,
    ours: perSecond(through),
    peer: `direct: ${perSecond(plain)}`,
    ratio: plain / through,
    atLeast: 0.9,
    note: `each 100 events/s; without a pace ${perSecond(slow)}, direct ${perSecond(fast)}`,
  };
}

async function memory(ours) {
  const calls = async (count) => {
    let left = count;
    const client = async () => {
      while (left-- > 0) await ask(ours);
    };
    await Promise.all(Array.from({ length: 32 }, client));
  };
  await calls(CALLS / 10);
  const before = await ours.rssBytes();
  await calls(CALLS);
  const after = await ours.rssBytes();
  const mb = (bytes) => `${Math.round(bytes / 1e6)} MB`;
  const what = `memory after ${CALLS.toLocaleString('en')} calls`;
  return {
    what,
    ours: mb(after),
    peer: `after the first ${CALLS / 10}: ${mb(before)}`,
    ratio: after / before,
    goal: 1.2,
  };
}

async function inTurn(sides, measure, rounds = ROUNDS) {
  const times = sides.map(() => []);
  // The first rounds are for compilers and connections.
  for (let round = -Math.ceil(rounds / 10); round < rounds; round++)
    for (const [nth, one] of sides.entries()) {
      const took = await measure(one);
      if (round >= 0) times[nth].push(took);
    }
  return times;
}

function ask({ endpoint, token, model }, more = {}, onText = () => {}) {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Say hello' }], max_tokens: 100, ...more });
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(
      `${endpoint}/chat/completions`,
      { method: 'POST', agent, headers: { ...headers, authorization: `Bearer ${token}` } },
      (response) => {
        response.on('data', (chunk) => onText(chunk.toString(), process.hrtime.bigint()));
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function side(role, endpoint = '') {
  const child = fork(join(ROOT, 'bench/gateway-sides.js'), [role, endpoint], { execArgv: ['--expose-gc'] });
  children.push(child);
  const answer = () => new Promise((resolve) => child.once('message', resolve));
  const started = await answer();
  const rssBytes = async () => {
    const rss = answer();
    child.send('rss');
    return (await rss).rssBytes;
  };
  return { ...started, rssBytes };
}

/** LiteLLM's proxy in front of the same upstream; null when it cannot be had or does not start. */
async function litellm(endpoint) {
  const folder = join(tmpdir(), 'mega-bench-peers', 'litellm');
  const program = join(folder, 'bin/litellm');
  try {
    if (!existsSync(program)) {
      mkdirSync(folder, { recursive: true });
      execFileSync('python3', ['-m', 'venv', folder], { stdio: 'ignore' });
      execFileSync(join(folder, 'bin/pip'), ['install', '-q', 'litellm[proxy]'], { stdio: 'ignore', timeout: 900_000 });
    }
  } catch {
    return null;
  }
  const config = join(scratch(), 'litellm.json');
  const entry = { model: 'openai/bench', api_base: endpoint, api_key: 'key' };
  writeFileSync(config, JSON.stringify({ model_list: [{ model_name: 'bench', litellm_params: entry }] }));
  const port = await freePort();
  // Without a key of its own it does not start.
  const token = `sk-${randomBytes(32).toString('hex')}`;
  const settings = { LITELLM_LOG: 'ERROR', LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_MASTER_KEY: token };
  const env = { ...process.env, ...settings };
  const args = ['--config', config, '--host', '127.0.0.1', '--port', String(port)];
  const child = spawn(program, args, { stdio: 'ignore', env });
  children.push(child);
  const peer = { endpoint: `http://127.0.0.1:${port}/v1`, token, model: 'bench', end: () => child.kill() };
  for (let tries = 0; tries < 240 && child.exitCode === null; tries++) {
    const answers = await ask(peer).then(
      () => true,
      () => false,
    );
    if (answers) return peer;
    await wait(500);
  }
  return null;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
