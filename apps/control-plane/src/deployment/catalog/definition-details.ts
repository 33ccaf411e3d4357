/** Details of the active definitions, read on first use and cached as long as the catalog. */
import type { FreshnessPolicy } from "@headgate/shared/domain/health/freshness.ts";
import { openFreshnessPolicy } from "@headgate/shared/domain/health/freshness-policy.ts";
import type { Database } from "../kernel/database.ts";
import type { Catalog } from "./catalog.ts";
import { codeVersionOf, codeVersionsOf, observablesOfVersion, policiesOfVersion } from "./definition-store.ts";

interface Definitions {
  readonly policies: ReadonlyMap<string, FreshnessPolicy>;
  readonly observables: ReadonlySet<string>;
  readonly codeVersions: Map<string, string | null>;
  areCodeVersionsRead: boolean;
}
const definitions = new WeakMap<Catalog, Definitions>();

function definitionsOf(db: Database, catalog: Catalog): Definitions {
  const known = definitions.get(catalog);
  if (known) return known;
  const policies = new Map<string, FreshnessPolicy>();
  const observables = new Set<string>();
  for (const version of catalog.versions) {
    for (const [asset, spec] of policiesOfVersion(db, version.no)) {
      const opened = openFreshnessPolicy(spec);
      if (opened.ok) policies.set(asset, opened.value);
    }
    for (const asset of observablesOfVersion(db, version.no)) observables.add(asset);
  }
  const made: Definitions = { policies, observables, codeVersions: new Map(), areCodeVersionsRead: false };
  definitions.set(catalog, made);
  return made;
}

export function freshnessPolicies(db: Database, catalog: Catalog): ReadonlyMap<string, FreshnessPolicy> {
  return definitionsOf(db, catalog).policies;
}

/** Whether the asset's function only observes it. */
export function isObservable(db: Database, catalog: Catalog, asset: string): boolean {
  return definitionsOf(db, catalog).observables.has(asset);
}

/** Whether the asset is made elsewhere, so that observations count like materializations. */
export function isFromOutside(db: Database, catalog: Catalog, asset: string): boolean {
  return !catalog.graph.isMaterializable(catalog.graph.indexOf(asset)) || isObservable(db, catalog, asset);
}

/** The code versions of all active definitions, in one query for each code location. */
export function codeVersions(db: Database, catalog: Catalog): ReadonlyMap<string, string | null> {
  const definitions = definitionsOf(db, catalog);
  if (definitions.areCodeVersionsRead) return definitions.codeVersions;
  for (const version of catalog.versions) {
    for (const { key, codeVersion: read } of codeVersionsOf(db, version.no)) {
      if (catalog.graph.assets[catalog.graph.indexOf(key)]?.location === version.location) definitions.codeVersions.set(key, read);
    }
  }
  definitions.areCodeVersionsRead = true;
  return definitions.codeVersions;
}

/** The code version in the active definition. */
export function codeVersion(db: Database, catalog: Catalog, asset: string): string | null {
  const { codeVersions } = definitionsOf(db, catalog);
  const known = codeVersions.get(asset);
  if (known !== undefined) return known;
  const version = catalog.versionOf.get(catalog.graph.assets[catalog.graph.indexOf(asset)]?.location ?? "");
  const read = version ? codeVersionOf(db, version.no, asset) : null;
  codeVersions.set(asset, read);
  return read;
}
