// Scopes: which columns an expression may name, and where their values stand in a row.

import { fail } from '../errors.js';

/**
 * @typedef {object} ScopeColumn
 * @property {string} alias of the table it belongs to
 * @property {string} name
 * @property {import('./values.js').Type} type
 * @property {number} level which of the joined tables it belongs to, from 0
 * @property {number} position of its value in the joined row
 */

/** The columns of joined tables, from left to right. */
export class Scope {
  /**
   * @param {ScopeColumn[]} columns
   * @param {{positions: Set<number>, aggregates: object[]} | null} grouping in a query with groups: the
   *   columns that are the same in all rows of one, and the aggregates that have been asked for so far
   */
  constructor(columns, grouping = null) {
    this.columns = columns;
    this.grouping = grouping;
  }

  /**
   * @param {{alias: string, columns: {name: string, type: import('./values.js').Type}[]}[]} tables
   * @returns {Scope}
   */
  static of(tables) {
    const columns = [];
    tables.forEach(({ alias, columns: own }, level) => {
      for (const { name, type } of own) columns.push({ alias, name, type, level, position: columns.length });
    });
    return new Scope(columns);
  }

  /**
   * @param {number} level
   * @returns {Scope} only the tables up to this one, for the condition of its join
   */
  upTo(level) {
    return new Scope(this.columns.filter((column) => column.level <= level));
  }

  /**
   * @param {ScopeColumn[]} groupColumns
   * @returns {Scope} for what is calculated once per group
   */
  grouped(groupColumns) {
    const positions = new Set(groupColumns.map(({ position }) => position));
    return new Scope(this.columns, { positions, aggregates: [] });
  }

  /** @returns {Scope} for what is calculated once per row, such as the argument of an aggregate */
  get ungrouped() {
    return new Scope(this.columns);
  }

  /**
   * @param {{table: string | null, name: string}} reference
   * @returns {ScopeColumn}
   */
  resolve({ table, name }) {
    const found = this.columns.filter((column) => column.name === name && (table === null || column.alias === table));
    const written = table === null ? name : `${table}.${name}`;
    if (found.length === 0) fail('no_such_column', `there is no column ${written}`);
    if (found.length > 1) fail('ambiguous_column', `${written} may mean more than one column`);
    return found[0];
  }
}
