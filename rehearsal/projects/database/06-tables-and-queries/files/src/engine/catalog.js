// The catalog: which tables and indexes there are, kept in a tree of its own and so part of every transaction.

import { fail } from '../errors.js';
import { BTree } from '../storage/btree.js';
import { packValue, releaseValue, unpackValue } from '../storage/large-values.js';
import { META_PAGE } from '../storage/store.js';
import { Table } from './table.js';

/**
 * @typedef {object} TableDefinition
 * @property {string} name
 * @property {number} root of the tree with its rows
 * @property {{name: string, type: import('../sql/values.js').Type, isRequired: boolean}[]} columns
 * @property {IndexDefinition[]} indexes
 *
 * @typedef {object} IndexDefinition
 * @property {string} name
 * @property {string} column
 * @property {boolean} isUnique
 * @property {number} root of the tree with its entries
 */

/** The tables as one transaction sees them. */
export class Catalog {
  #pages;
  #tree;

  /** @param {import('../storage/btree.js').Pages} pages */
  constructor(pages) {
    this.#pages = pages;
    this.#tree = new BTree(pages, pages.read(META_PAGE).catalogRoot);
  }

  /**
   * @param {string} name
   * @returns {Table}
   */
  table(name) {
    const cell = this.#tree.get(Buffer.from(name));
    if (cell === undefined) fail('no_such_table', `there is no table ${name}`);
    return new Table(this.#pages, decode(unpackValue(this.#pages, cell)));
  }

  /**
   * PRIMARY KEY and UNIQUE are indexes like any other, named after the table and the column.
   * @param {{table: string, columns: object[]}} statement
   */
  createTable({ table: name, columns }) {
    if (this.#tree.get(Buffer.from(name)) !== undefined) fail('already_exists', `there is a table ${name} already`);
    this.#write({
      name,
      root: BTree.create(this.#pages).root,
      columns: columns.map((column) => ({ name: column.name, type: column.type, isRequired: column.isRequired })),
      indexes: [],
    });
    for (const column of columns.filter(({ isPrimary, isUnique }) => isPrimary || isUnique)) {
      const index = this.#freeIndexName(`${name}_${column.name}_key`);
      this.createIndex({ index, table: name, column: column.name, isUnique: true });
    }
  }

  /** @param {{index: string, table: string, column: string, isUnique: boolean}} statement */
  createIndex({ index: name, table: tableName, column, isUnique }) {
    const table = this.table(tableName);
    table.position(column);
    if (this.#indexNames().has(name)) fail('already_exists', `there is an index ${name} already`);
    const index = { name, column, isUnique, root: BTree.create(this.#pages).root };
    this.#write({ ...table.definition, indexes: [...table.definition.indexes, index] });
    this.table(tableName).fillIndex(index);
  }

  /** Table a_b with column c and table a with column b_c would want the same name. */
  #freeIndexName(wanted) {
    const taken = this.#indexNames();
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}${number}`;
    return name;
  }

  #indexNames() {
    const names = new Set();
    for (const [, cell] of this.#tree.entries()) {
      for (const { name } of decode(unpackValue(this.#pages, cell)).indexes) names.add(name);
    }
    return names;
  }

  /** @param {string} name */
  dropTable(name) {
    this.table(name).drop();
    this.#forget(Buffer.from(name));
  }

  #write(definition) {
    const key = Buffer.from(definition.name);
    this.#forget(key);
    this.#tree.put(key, packValue(this.#pages, Buffer.from(JSON.stringify(definition))));
  }

  #forget(key) {
    const cell = this.#tree.get(key);
    if (cell === undefined) return;
    releaseValue(this.#pages, cell);
    this.#tree.delete(key);
  }
}

function decode(bytes) {
  return JSON.parse(bytes.toString());
}
