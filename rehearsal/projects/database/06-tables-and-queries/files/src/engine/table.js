// Tables: rows in one tree by their row id, and an entry for each row in every index.

import { fail } from '../errors.js';
import { compareValues } from '../sql/values.js';
import { BTree } from '../storage/btree.js';
import { AFTER_ALL, FIRST_NOT_NULL, decodeRowId, encodeIndexKey, encodeKey, encodeRowId } from '../storage/keys.js';
import { packValue, releaseValue, unpackValue } from '../storage/large-values.js';

const NO_VALUE = Buffer.alloc(0);

/**
 * @typedef {object} Row
 * @property {number} rowId never shown to clients; rows added later have a greater one
 * @property {import('../sql/values.js').Value[]} values in the order of the columns
 */

/** One table as one transaction sees it. */
export class Table {
  #pages;
  #rows;

  /**
   * @param {import('../storage/btree.js').Pages} pages
   * @param {import('./catalog.js').TableDefinition} definition
   */
  constructor(pages, definition) {
    this.#pages = pages;
    this.#rows = new BTree(pages, definition.root);
    this.definition = definition;
  }

  /**
   * @param {string} column
   * @returns {number} its place in the values of a row
   */
  position(column) {
    const position = this.definition.columns.findIndex(({ name }) => name === column);
    if (position === -1) fail('no_such_column', `table ${this.definition.name} has no column ${column}`);
    return position;
  }

  /** @returns {Generator<Row>} all rows */
  *scan() {
    for (const [key, cell] of this.#rows.entries()) yield { rowId: decodeRowId(key), values: this.#decode(cell) };
  }

  /**
   * The rows from the lowest to the highest value of an indexed column, without those that have NULL there.
   * Texts may share an index entry by their beginning, so rows just outside the range may come as well.
   * @param {import('./catalog.js').IndexDefinition} index
   * @param {{low?: import('../sql/values.js').Value, high?: import('../sql/values.js').Value}} range
   * @returns {Generator<Row>}
   */
  *search(index, { low, high }) {
    const from = low === undefined ? FIRST_NOT_NULL : encodeKey(low);
    const to = high === undefined ? AFTER_ALL : Buffer.concat([encodeKey(high), ...Array(7).fill(AFTER_ALL)]);
    for (const [key] of new BTree(this.#pages, index.root).entries(from, to)) {
      const rowId = decodeRowId(key);
      yield { rowId, values: this.#decode(this.#rows.get(encodeRowId(rowId))) };
    }
  }

  /** @param {import('../sql/values.js').Value[]} values of the right types */
  insert(values) {
    const lastKey = this.#rows.lastKey();
    this.#add({ rowId: lastKey === undefined ? 1 : decodeRowId(lastKey) + 1, values });
  }

  /** @param {Row[]} rows as they were read */
  delete(rows) {
    for (const row of rows) this.#remove(row);
  }

  /**
   * All old rows go before the first new one comes, so that rows may exchange unique values.
   * @param {{before: Row, after: Row}[]} changes
   */
  update(changes) {
    for (const { before } of changes) this.#remove(before);
    for (const { after } of changes) this.#add(after);
  }

  #add({ rowId, values }) {
    this.definition.columns.forEach(({ name, isRequired }, i) => {
      if (isRequired && values[i] === null) fail('not_null', `column ${name} must not be NULL`);
    });
    for (const index of this.definition.indexes) this.#addEntry(index, { rowId, values });
    this.#rows.put(encodeRowId(rowId), packValue(this.#pages, Buffer.from(JSON.stringify(values))));
  }

  #addEntry(index, { rowId, values }) {
    const position = this.position(index.column);
    const value = values[position];
    if (index.isUnique && value !== null) {
      for (const other of this.search(index, { low: value, high: value })) {
        if (compareValues(other.values[position], value) !== 0) continue;
        fail('unique_violation', `there is a row with this ${index.column} already (${index.name})`);
      }
    }
    new BTree(this.#pages, index.root).put(encodeIndexKey(value, rowId), NO_VALUE);
  }

  #remove({ rowId, values }) {
    for (const index of this.definition.indexes) {
      new BTree(this.#pages, index.root).delete(encodeIndexKey(values[this.position(index.column)], rowId));
    }
    const key = encodeRowId(rowId);
    releaseValue(this.#pages, this.#rows.get(key));
    this.#rows.delete(key);
  }

  /** @param {import('./catalog.js').IndexDefinition} index a new one, to be filled from the rows */
  fillIndex(index) {
    for (const row of this.scan()) this.#addEntry(index, row);
  }

  /** Gives back all pages: of rows, their large values and the indexes. */
  drop() {
    for (const [, cell] of this.#rows.entries()) releaseValue(this.#pages, cell);
    this.#rows.drop();
    for (const index of this.definition.indexes) new BTree(this.#pages, index.root).drop();
  }

  #decode(cell) {
    return JSON.parse(unpackValue(this.#pages, cell).toString());
  }
}
