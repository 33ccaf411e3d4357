/** Compares the assets of a project with those that dagster-dbt makes of it, but for the differences that the documentation lists. */
import type { DefinitionsDocument } from "@headgate/shared/contract/catalog/definitions.ts";

export interface DagsterMapping {
  /** Why dagster-dbt does not take the project. */
  readonly refused?: string;
  readonly assets: Readonly<Record<string, { readonly executable: boolean; readonly deps: readonly string[] }>>;
  readonly checks: Readonly<Record<string, unknown>>;
}

/** Stands at the end of a name that several tests have. dagster-dbt makes one check of these tests. */
const HASH = /_[0-9a-f]{8}$/;

/**
 * Groups, tags, owners of groups, exposures, unit tests, checks for tests of ephemeral or several models, and tests with one name differ by
 * intention; the how-to page of dbt lists them. dagster-dbt records an observation for a test of ephemeral or several models.
 */
export function compareMapping(ours: DefinitionsDocument, theirs: DagsterMapping, checkedHereOnly: ReadonlySet<string>): string[] {
  if (theirs.refused !== undefined) return [`dagster-dbt refuses the project: ${theirs.refused}`];
  const differences: string[] = [];
  const assets = new Map(ours.assets.map((asset) => [asset.key, asset]));
  for (const [key, other] of Object.entries(theirs.assets)) {
    const asset = assets.get(key);
    if (!asset) {
      differences.push(`asset ${key} is only theirs`);
      continue;
    }
    if ((asset.unit !== null) !== other.executable) differences.push(`asset ${key} is built ${other.executable ? "there" : "here"} only`);
    const deps = asset.deps.map((dep) => dep.key).toSorted();
    if (String(deps) !== String(other.deps))
      differences.push(`asset ${key} depends on ${deps.join(", ")}, there on ${other.deps.join(", ")}`);
  }
  for (const [key, asset] of assets) {
    if (asset.unit !== null && !(key in theirs.assets)) differences.push(`asset ${key} is only ours`);
  }
  const checks = new Map(ours.assets.flatMap((asset) => asset.checks.map(({ name }) => [`${asset.key}:${name}`, name])));
  for (const id of Object.keys(theirs.checks)) if (!checks.has(id)) differences.push(`check ${id} is only theirs`);
  for (const [id, name] of checks) {
    if (!(id in theirs.checks) && !checkedHereOnly.has(name.replace(HASH, ""))) differences.push(`check ${id} is only ours`);
  }
  return differences;
}
