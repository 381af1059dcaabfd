// Values: their types, their order, and what a column accepts.

import { fail } from '../errors.js';

/**
 * NULL has a type of its own, which goes with every other one.
 * @typedef {'INTEGER' | 'REAL' | 'TEXT' | 'BOOLEAN' | 'NULL'} Type
 * @typedef {null | number | string | boolean} Value
 */

/**
 * @param {Type} type
 * @returns {boolean} whether values of the type can be calculated with
 */
export function isNumeric(type) {
  return type === 'INTEGER' || type === 'REAL' || type === 'NULL';
}

/**
 * @param {Type} a
 * @param {Type} b
 * @returns {boolean} whether values of the two types can be compared
 */
export function areComparable(a, b) {
  return a === b || a === 'NULL' || b === 'NULL' || (isNumeric(a) && isNumeric(b));
}

/**
 * The order of ORDER BY, MIN and MAX: NULL first, FALSE before TRUE, texts by code point.
 * @param {Value} a
 * @param {Value} b
 * @returns {number} negative, zero or positive
 */
export function compareValues(a, b) {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === 'string') return compareTexts(a, b);
  return a < b ? -1 : 1;
}

/** JavaScript compares UTF-16 units, which puts U+FFxx after the surrogate halves of later characters. */
function compareTexts(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return a.codePointAt(i) - b.codePointAt(i);
  }
  return a.length - b.length;
}

/**
 * @param {number} value
 * @param {Type} type
 * @returns {number} the value
 */
export function checkRange(value, type) {
  const isInRange = type === 'INTEGER' ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (!isInRange) fail('out_of_range', `the result is too large for ${type}`);
  return value;
}

/**
 * @param {{name: string, type: Type}} column
 * @param {Type} type of the expression that is to be stored in it
 */
export function checkStorable(column, type) {
  const isWidened = column.type === 'REAL' && type === 'INTEGER';
  if (type === 'NULL' || type === column.type || isWidened) return;
  fail('type_mismatch', `column ${column.name} has the type ${column.type}, the value is ${type}`);
}
