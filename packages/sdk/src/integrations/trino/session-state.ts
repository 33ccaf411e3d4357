/** What a Trino session is made of, as headers: Trino keeps none of it, the client sends it with every statement and takes back changes. */
import type { IncomingHttpHeaders } from "node:http";

/** Values of session properties, e.g. `{ query_max_run_time: "10m", "lakehouse.target_max_file_size": "512MB" }`. */
export type SessionProperties = Readonly<Record<string, string | number | boolean>>;

export interface SessionState {
  readonly catalog: string | undefined;
  readonly schema: string | undefined;
  readonly path: string | undefined;
  readonly properties: SessionProperties;
  /** Name -> SQL text. */
  readonly prepared: Readonly<Record<string, string>>;
  /** Catalog -> role. */
  readonly roles: Readonly<Record<string, string>>;
  /** `NONE` where a statement may start a transaction; undefined where it may not. */
  readonly transaction: string | undefined;
}

export const EMPTY_SESSION: SessionState = {
  catalog: undefined,
  schema: undefined,
  path: undefined,
  properties: {},
  prepared: {},
  roles: {},
  transaction: undefined,
};

export function sessionHeaders(state: SessionState): Record<string, string> {
  return {
    ...(state.catalog !== undefined && { "X-Trino-Catalog": state.catalog }),
    ...(state.schema !== undefined && { "X-Trino-Schema": state.schema }),
    ...(state.path !== undefined && { "X-Trino-Path": state.path }),
    ...listHeader("X-Trino-Session", state.properties),
    ...listHeader("X-Trino-Prepared-Statement", state.prepared),
    ...listHeader("X-Trino-Role", state.roles),
    ...(state.transaction !== undefined && { "X-Trino-Transaction-Id": state.transaction }),
  };
}

/** The session after an answer, or the same object when the statement changed nothing. */
export function applyAnswer(state: SessionState, headers: IncomingHttpHeaders): SessionState {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(",") : value;
  };
  const set = pairs(text("x-trino-set-session"));
  const cleared = words(text("x-trino-clear-session"));
  const added = pairs(text("x-trino-added-prepare"));
  const dropped = words(text("x-trino-deallocated-prepare"));
  const roles = pairs(text("x-trino-set-role"));
  const transaction = text("x-trino-started-transaction-id") ?? (text("x-trino-clear-transaction-id") === undefined ? undefined : "NONE");
  const catalog = text("x-trino-set-catalog");
  const schema = text("x-trino-set-schema");
  const path = text("x-trino-set-path");
  const isSame =
    [set, added, roles].every((record) => Object.keys(record).length === 0) &&
    [cleared, dropped].every((list) => list.length === 0) &&
    [transaction, catalog, schema, path].every((value) => value === undefined);
  if (isSame) return state;
  return {
    catalog: catalog ?? state.catalog,
    schema: schema ?? state.schema,
    path: path ?? state.path,
    properties: without({ ...state.properties, ...set }, cleared),
    prepared: without({ ...state.prepared, ...added }, dropped),
    roles: { ...state.roles, ...roles },
    transaction: transaction ?? state.transaction,
  };
}

/** For entries of lists: header values hold neither line ends nor letters beyond ASCII, and commas separate entries. */
export function headerText(value: string): string {
  return value.replaceAll(/[^\x21-\x2b\x2d-\x7e]/g, (letter) => encodeURIComponent(letter));
}

function listHeader(name: string, record: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  const entries = Object.entries(record).map(([key, value]) => `${headerText(key)}=${encodeURIComponent(value)}`);
  return entries.length === 0 ? {} : { [name]: entries.join(",") };
}

function pairs(text: string | undefined): Record<string, string> {
  const entries = words(text).map((entry): [string, string] => {
    const at = entry.indexOf("=");
    return [entry.slice(0, at), decodeURIComponent(entry.slice(at + 1).replaceAll("+", " "))];
  });
  return Object.fromEntries(entries);
}

function words(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

function without<T>(record: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}
