/** Reads the value at a path of a delivery: names and array indexes joined with dots; `$headers.x` and `$query.x` look outside the body. */

export interface DeliveryContent {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed JSON, or text. */
  readonly body: unknown;
}

/** Undefined: there is nothing at this place. */
export function valueAt(content: DeliveryContent, path: string): unknown {
  if (path.startsWith("$headers.")) return own(content.headers, path.slice("$headers.".length).toLowerCase());
  if (path.startsWith("$query.")) return own(content.query, path.slice("$query.".length));
  let value = content.body;
  for (const name of path.split(".")) value = own(value, name);
  return value;
}

/** Only what the sender wrote: `constructor` and `length` are everywhere. */
function own(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return /^(0|[1-9]\d{0,8})$/.test(name) ? (value as readonly unknown[])[Number(name)] : undefined;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
