// Access paths: the ways to find the rows of one table.

/**
 * @typedef {object} Access
 * @property {string} description for EXPLAIN
 * @property {() => Iterable<import('./table.js').Row>} rows at least those that can match; the conditions of the
 *   query are tested afterwards in any case
 */

/**
 * @param {import('./table.js').Table} table
 * @param {string} alias the table's name in the query
 * @returns {Access}
 */
export function scanTable(table, alias) {
  return { description: `SCAN ${alias}`, rows: () => table.scan() };
}
