/** What to write instead of a method of dbt's node selection, for people who come from dbt. */

const INSTEAD: Readonly<Record<string, string>> = {
  state: "status:stale selects what must be made again",
  source_status: "status:stale selects what must be made again",
  result: "status:failed selects what failed",
  path: 'key: selects by name, e.g. key:"staging/*"',
  file: 'key: selects by name, e.g. key:"staging/*"',
  fqn: 'key: selects by name, e.g. key:"staging/*"',
  package: 'key: selects by name, e.g. key:"shop/*"',
  source: 'key: selects by name, e.g. key:"raw/*"',
  resource_type: "kind: selects by kind, e.g. kind:dbt",
  config: "tag:, group: and kind: select by what an asset declares",
};

/** A half sentence for the name of a method, such as `state` or `config.materialized`; null for a name that dbt does not have either. */
export function insteadOfDbtMethod(name: string): string | null {
  const [method = ""] = name.split(".", 1);
  return Object.hasOwn(INSTEAD, method) ? (INSTEAD[method] ?? null) : null;
}
