// Checks the command line tool: what it prints, and with which exit code it ends.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runCli } from "../src/cli/main.js";
import { startLocalServer } from "../testing/local-server.js";

const EXECUTABLE = fileURLToPath(new URL("../redqueue-cli", import.meta.url));

async function startTool(t) {
  const { port, connect } = await startLocalServer(t);
  const run = async (...argv) => {
    const output = { stdout: "", stderr: "" };
    const collect = (stream) => ({ write: (text) => (output[stream] += text) });
    const surroundings = { env: { PORT: String(port) }, stdout: collect("stdout"), stderr: collect("stderr") };
    const exitCode = await runCli(argv, surroundings);
    return [exitCode, exitCode === 0 ? output.stdout : output.stdout + output.stderr];
  };
  return { port, connect, run };
}

test("each subcommand prints its answer", async (t) => {
  const { run } = await startTool(t);
  const session = [
    ["ping", "PONG\n"],
    ["enqueue mail hello --priority -5 --retries=0", "1\n"],
    ["enqueue mail -- --dashed", "2\n"],
    ["len mail", "2\n"],
    ["dequeue mail", "--dashed\n"],
    ["reserve mail --timeout 5000", "1\t1\thello\n"],
    ["nack 1", "dead\n"],
    ["dead mail", "1\t1\thello\n"],
    ["requeue 1", "OK\n"],
    ["reserve mail", "1\t1\thello\n"],
    ["ack 1", "OK\n"],
    ["queues", "mail\n"],
    ["purge mail", "0\n"],
  ];
  for (const [line, expected] of session) assert.deepEqual(await run(...line.split(" ")), [0, expected], line);
  const [, job] = await run("enqueue", "mail", "two\nlines").then(() => run("job", "3"));
  assert.match(job, /^id: 3\nqueue: mail\nstate: waiting\npriority: 0\n[^]*\npayload: two\\u000alines\n$/);
  assert.match((await run("--help"))[1], /^Usage: redqueue-cli/);
});

test("the exit code tells why there is no answer", async (t) => {
  const { run } = await startTool(t);
  assert.deepEqual(await run("dequeue", "empty"), [3, ""]);
  assert.deepEqual(await run("ack", "9"), [1, "redqueue-cli: NOJOB there is no job 9\n"]);
  assert.match((await run("ping", "--port", "1"))[1], /ECONNREFUSED/);
  const misuses = [
    [],
    ["fly"],
    ["enqueue", "mail"],
    ["ping", "--loud"],
    ["ping", "--delay", "5"],
    ["ping", "--port", "none"],
    ["work", "mail"],
    ["work", "mail", "--concurrency", "0", "--", "true"],
    ["work", "mail", "--delay", "5", "--", "true"],
  ];
  for (const argv of misuses) assert.equal((await run(...argv))[0], 2, argv.join(" "));
});

test("the executable runs a program for every job", async (t) => {
  const { port, connect } = await startTool(t);
  const client = await connect();
  await client.send("ENQUEUE", "mail", "to ann\n");
  await client.send("ENQUEUE", "mail", "to bob\n");
  const program = 'read line; echo "$REDQUEUE_QUEUE $REDQUEUE_JOB_ID $REDQUEUE_ATTEMPT $line"; [ "$line" = "to ann" ]';
  const options = ["--port", port, "--drain", "--retry-delay", 60_000, "--concurrency", 1];
  const argv = ["work", "mail", ...options, "--", "sh", "-c", program].map(String);
  const { exitCode, stdout, stderr } = await new Promise((resolve) => {
    execFile(EXECUTABLE, argv, (error, stdout, stderr) => resolve({ exitCode: error?.code ?? 0, stdout, stderr }));
  });
  assert.equal(stdout, "mail 1 1 to ann\nmail 2 1 to bob\n");
  assert.equal(stderr, "done 1\nfailed 2, now delayed: exit code 1\n");
  assert.equal(exitCode, 0);
});
