// How a record is written down: one JSON object a line.

/** @typedef {import("../queue/book.js").JobRecord} JobRecord */

/**
 * @param {JobRecord} record
 * @returns {string} one line with its line break
 */
export function encodeRecord(record) {
  if (record.op !== "add") return `${JSON.stringify(record)}\n`;
  // latin1 keeps every byte of the payload and leaves the usual text readable in the file, unlike base64.
  const payload = record.job.payload.toString("latin1");
  return `${JSON.stringify({ ...record, job: { ...record.job, payload } })}\n`;
}

/**
 * @param {string} line
 * @returns {JobRecord}
 * @throws {SyntaxError} when the line is not whole
 */
export function decodeRecord(line) {
  const record = JSON.parse(line);
  if (record.op === "add") record.job.payload = Buffer.from(record.job.payload, "latin1");
  return record;
}
