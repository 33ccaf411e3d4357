/** The SQL storage of a Durable Object over Node's SQLite: the part that the product uses, checked against workerd in `platform.test.ts`. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

type Row = Record<string, SqlStorageValue>;
type Bound = null | number | string | Uint8Array;

/** The platform's limit; SQLite's own is far higher. */
const MAX_PARAMETERS = 100;

interface Prepared {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
  readonly parameters: number;
  /** What follows it in the same text. */
  readonly rest: string;
}

export class NodeSqlStorage {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Runs every statement of the text; values and rows belong to the last one. */
  exec(text: string, ...values: readonly unknown[]): NodeCursor {
    let prepared = this.#prepare(text);
    while (prepared.rest !== "") {
      prepared.statement.all();
      prepared = this.#prepare(prepared.rest);
    }
    if (prepared.parameters > MAX_PARAMETERS) throw new Error("too many SQL variables");
    if (prepared.parameters !== values.length)
      throw new Error(`Wrong number of parameter bindings for SQL query: ${prepared.parameters} wanted, ${values.length} given.`);
    const bound = values.map(boundValue);
    if (prepared.columns.length > 0) return new NodeCursor(prepared.columns, { rows: prepared.statement.all(...bound), rowsWritten: 0 });
    return new NodeCursor([], { rows: [], rowsWritten: prepared.statement.run(...bound).changes });
  }

  get databaseSize(): number {
    const read = (pragma: string) => Number(this.exec(`PRAGMA ${pragma}`).raw().toArray()[0]?.[0]);
    return read("page_count") * read("page_size");
  }

  #prepare(text: string): Prepared {
    const known = this.#prepared.get(text);
    if (known) return known;
    const statement = this.#database.prepare(text);
    statement.setReturnArrays(true);
    const prepared = {
      statement,
      columns: statement.columns().map(({ name }) => name),
      parameters: countParameters(statement.sourceSQL),
      rest: text.slice(text.indexOf(statement.sourceSQL) + statement.sourceSQL.length).trim(),
    };
    this.#prepared.set(text, prepared);
    return prepared;
  }
}

class NodeCursor {
  readonly columnNames: string[];
  /** Counted for a statement that returns no rows; the platform also counts what it writes into indexes. */
  readonly rowsWritten: number;
  readonly #rows: Iterator<readonly unknown[]>;

  constructor(columns: readonly string[], result: { readonly rows: readonly (readonly unknown[])[]; readonly rowsWritten: number }) {
    this.columnNames = [...columns];
    this.rowsWritten = result.rowsWritten;
    this.#rows = result.rows.values();
  }

  next(): IteratorResult<Row> {
    const { done, value } = this.#rows.next() as IteratorResult<readonly unknown[], undefined>;
    if (done) return { done: true, value: undefined };
    return { done: false, value: Object.fromEntries(this.columnNames.map((name, index) => [name, storedValue(value[index])])) };
  }

  [Symbol.iterator](): this {
    return this;
  }

  toArray(): Row[] {
    return [...this];
  }

  one(): Row {
    const rows = this.toArray();
    const [row] = rows;
    if (!row || rows.length > 1) throw new Error(`Expected exactly one result from SQL query, but got ${rows.length || "no"} results.`);
    return row;
  }

  *#raw(): Generator<SqlStorageValue[]> {
    for (let next = this.#rows.next(); !next.done; next = this.#rows.next()) yield next.value.map(storedValue);
  }

  raw(): { [Symbol.iterator](): Iterator<SqlStorageValue[]>; toArray(): SqlStorageValue[][] } {
    const rows = this.#raw();
    return { [Symbol.iterator]: () => rows, toArray: () => [...rows] };
  }
}

function boundValue(value: unknown): Bound {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "string") return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`A ${typeof value} cannot be bound to a statement.`);
}

function storedValue(value: unknown): SqlStorageValue {
  return value instanceof Uint8Array ? value.slice().buffer : (value as SqlStorageValue);
}

/** Question marks outside of texts and comments: the highest number, or how many there are. */
function countParameters(sql: string): number {
  const code = sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*/g, "");
  let count = 0;
  for (const [, number] of code.matchAll(/\?(\d*)/g)) count = number ? Math.max(count, Number(number)) : count + 1;
  return count;
}
