// Parses one statement into a plain object that says what is to be done.

import { fail } from '../errors.js';
import { parseExpression } from './parse-expression.js';
import { parseSelect, parseWhere } from './parse-select.js';
import { TokenReader } from './token-reader.js';

const TYPES = ['integer', 'real', 'text', 'boolean'];

const PARSERS = {
  create: parseCreate,
  drop: parseDrop,
  insert: parseInsert,
  select: parseSelect,
  update: parseUpdate,
  delete: parseDelete,
  explain: parseExplain,
  begin: () => ({ kind: 'begin' }),
  commit: () => ({ kind: 'commit' }),
  rollback: () => ({ kind: 'rollback' }),
  checkpoint: () => ({ kind: 'checkpoint' }),
};

/**
 * @param {string} sql one statement, with or without a semicolon after it
 * @returns {{kind: string}} the fields depend on the kind
 */
export function parseStatement(sql) {
  const reader = new TokenReader(sql);
  const statement = parseOne(reader, Object.keys(PARSERS));
  reader.accept(';');
  if (reader.next.kind !== 'end') reader.refuse('expected the end of the statement');
  return statement;
}

function parseOne(reader, allowed) {
  const first = reader.accept(...allowed);
  if (first === null) reader.refuse(`expected ${allowed.join(', ').toUpperCase()}`);
  return PARSERS[first](reader);
}

function parseExplain(reader) {
  return { kind: 'explain', statement: parseOne(reader, ['select', 'update', 'delete']) };
}

function parseCreate(reader) {
  if (reader.accept('table')) return parseCreateTable(reader);
  const isUnique = reader.accept('unique') !== null;
  reader.expect('index');
  const index = reader.name('the name of the index');
  reader.expect('on');
  const table = reader.name('a table');
  reader.expect('(');
  const column = reader.name('a column');
  reader.expect(')');
  return { kind: 'create-index', index, table, column, isUnique };
}

function parseCreateTable(reader) {
  const table = reader.name('the name of the table');
  reader.expect('(');
  const columns = reader.list(() => parseColumn(reader));
  reader.expect(')');
  const names = new Set(columns.map(({ name }) => name));
  if (names.size < columns.length) fail('already_exists', 'two columns have the same name');
  if (columns.filter(({ isPrimary }) => isPrimary).length > 1) fail('syntax', 'a table has one primary key at most');
  return { kind: 'create-table', table, columns };
}

function parseColumn(reader) {
  const name = reader.name('a column');
  const type = reader.accept(...TYPES);
  if (type === null) reader.refuse('expected INTEGER, REAL, TEXT or BOOLEAN');
  const column = { name, type: type.toUpperCase(), isPrimary: false, isRequired: false, isUnique: false };
  for (;;) {
    switch (reader.accept('primary', 'not', 'unique')) {
      case 'primary':
        reader.expect('key');
        column.isPrimary = true;
        column.isRequired = true;
        break;
      case 'not':
        reader.expect('null');
        column.isRequired = true;
        break;
      case 'unique':
        column.isUnique = true;
        break;
      default:
        return column;
    }
  }
}

function parseDrop(reader) {
  reader.expect('table');
  return { kind: 'drop-table', table: reader.name('a table') };
}

function parseInsert(reader) {
  reader.expect('into');
  const table = reader.name('a table');
  let columns = null;
  if (reader.accept('(')) {
    columns = reader.list(() => reader.name('a column'));
    reader.expect(')');
  }
  reader.expect('values');
  const rows = reader.list(() => {
    reader.expect('(');
    const values = reader.list(() => parseExpression(reader));
    reader.expect(')');
    return values;
  });
  return { kind: 'insert', table, columns, rows };
}

function parseUpdate(reader) {
  const table = reader.name('a table');
  reader.expect('set');
  const assignments = reader.list(() => {
    const column = reader.name('a column');
    reader.expect('=');
    return { column, value: parseExpression(reader) };
  });
  return { kind: 'update', table, assignments, where: parseWhere(reader) };
}

function parseDelete(reader) {
  reader.expect('from');
  return { kind: 'delete', table: reader.name('a table'), where: parseWhere(reader) };
}
