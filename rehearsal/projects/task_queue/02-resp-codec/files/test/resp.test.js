// Checks that RESP values survive the way over the wire, in whatever pieces they arrive.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolError, RespDecoder } from "../src/resp/decoder.js";
import { encode, encodeCommand } from "../src/resp/encoder.js";
import { ReplyError, SimpleString } from "../src/resp/values.js";

const LIMITS = { maxBulkBytes: 100, maxItems: 3 };

function decode(text) {
  return [...new RespDecoder(LIMITS).push(Buffer.from(text))];
}

test("each type is encoded in its own way", () => {
  const value = [new SimpleString("OK"), 7, "héllo", Buffer.from([0, 13, 10, 255]), null, new ReplyError("ERR", "no")];
  assert.equal(
    encode(value).toString("latin1"),
    "*6\r\n+OK\r\n:7\r\n$6\r\nh\xc3\xa9llo\r\n$4\r\n\x00\r\n\xff\r\n*-1\r\n-ERR no\r\n",
  );
});

test("line breaks in an error message cannot start another reply", () => {
  assert.equal(encode(new ReplyError("ERR", "a\r\n+OK")).toString(), "-ERR a  +OK\r\n");
});

test("a request cut at every byte is decoded once and whole", () => {
  const bytes = encodeCommand(["ENQUEUE", "mail", Buffer.from("a\r\nb")]);
  const decoder = new RespDecoder(LIMITS);
  const values = Array.from(bytes, (byte) => [...decoder.push(Buffer.from([byte]))]).flat();
  assert.deepEqual(values, [["ENQUEUE", "mail", "a\r\nb"].map((word) => Buffer.from(word))]);
});

test("several values in one chunk are all decoded", () => {
  assert.deepEqual(decode("+OK\r\n:-5\r\n$-1\r\n*-1\r\n*2\r\n:1\r\n*0\r\n"), ["OK", -5, null, null, [1, []]]);
});

test("an error reply keeps its code", () => {
  const [error] = decode("-NOJOB there is no job 7\r\n");
  assert.ok(error instanceof ReplyError);
  assert.deepEqual([error.code, error.message], ["NOJOB", "there is no job 7"]);
});

const FAULTS = {
  "an unknown type": "GET / HTTP/1.1\r\n",
  "a string over the limit": "$101\r\n",
  "an array over the limit": "*4\r\n",
  "a negative size": "$-2\r\n",
  "a size that is no number": "*x\r\n",
  "a string without its line break": "$1\r\nabc",
  "arrays without end": "*1\r\n".repeat(20),
  "a line without end": `+${"a".repeat(70_000)}`,
};
for (const [fault, bytes] of Object.entries(FAULTS)) {
  test(`${fault} is a protocol error`, () => {
    assert.throws(() => decode(bytes), ProtocolError);
  });
}
