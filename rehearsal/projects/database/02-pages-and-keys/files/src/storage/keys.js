// Keys: values as bytes whose plain byte order is the order of the values.

/** Longer texts share an index entry by their first bytes; whoever searches compares the rows again. */
const MAX_TEXT_BYTES = 240;

/** No key is longer: every text byte doubled, and a tag, an end mark and a row id around it. */
export const MAX_KEY_BYTES = 2 * MAX_TEXT_BYTES + 9;

const ROW_ID_BYTES = 6;

/** NULL sorts before every other value. The gaps leave room for more types. */
const TAGS = { null: 0x00, false: 0x10, true: 0x11, number: 0x20, text: 0x30 };

/** Smaller than the key of any value but NULL. */
export const FIRST_NOT_NULL = Buffer.of(0x01);

/** Greater than the key of any value. */
export const AFTER_ALL = Buffer.of(0xff);

/**
 * @param {null | boolean | number | string} value
 * @returns {Buffer} no key is the beginning of another one, so a row id may follow it
 */
export function encodeKey(value) {
  if (value === null) return Buffer.of(TAGS.null);
  if (typeof value === 'boolean') return Buffer.of(value ? TAGS.true : TAGS.false);
  if (typeof value === 'number') return encodeNumber(value);
  return encodeText(value);
}

/** An IEEE double sorts like its bits once negative ones are inverted and positive ones get the top bit. */
function encodeNumber(value) {
  const key = Buffer.alloc(9);
  key.writeUInt8(TAGS.number, 0);
  key.writeDoubleBE(value + 0, 1); // adding zero turns -0 into 0, which must be the same key
  const negative = key[1] >= 0x80;
  for (let i = 1; i < 9; i += 1) key[i] = negative ? ~key[i] : key[i] ^ (i === 1 ? 0x80 : 0);
  return key;
}

/** UTF-8 sorts by code point. Zero bytes are escaped, so that two of them can mark the end. */
function encodeText(value) {
  const bytes = [TAGS.text];
  for (const byte of Buffer.from(value, 'utf8').subarray(0, MAX_TEXT_BYTES)) {
    bytes.push(byte);
    if (byte === 0) bytes.push(0xff);
  }
  bytes.push(0, 0);
  return Buffer.from(bytes);
}

/**
 * @param {number} rowId
 * @returns {Buffer} the key of a row in its table
 */
export function encodeRowId(rowId) {
  const key = Buffer.alloc(ROW_ID_BYTES);
  key.writeUIntBE(rowId, 0, ROW_ID_BYTES);
  return key;
}

/**
 * @param {Buffer} key the key of a row, or of an index entry, which ends with one
 * @returns {number}
 */
export function decodeRowId(key) {
  return key.readUIntBE(key.length - ROW_ID_BYTES, ROW_ID_BYTES);
}

/**
 * @param {null | boolean | number | string} value
 * @param {number} rowId
 * @returns {Buffer} the key of an index entry
 */
export function encodeIndexKey(value, rowId) {
  return Buffer.concat([encodeKey(value), encodeRowId(rowId)]);
}
