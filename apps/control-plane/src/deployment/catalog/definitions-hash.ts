/** What identifies the definitions document: the versions in force, and the form of the document in this release. */
import { LAYOUT_FORMAT } from "./layout-graph.ts";
import type { Catalog } from "./catalog.ts";
import { readVersion, type VersionRow } from "./version-store.ts";
import type { Database } from "../kernel/database.ts";

/** Raised when a release writes the same definitions differently. */
const DOCUMENT_FORMAT = 1;

export async function definitionsHash(versions: readonly VersionRow[]): Promise<string> {
  const text = JSON.stringify([DOCUMENT_FORMAT, LAYOUT_FORMAT, versions.map((version) => [version.location, version.hash])]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The versions in force once this one is. */
export function versionsAfter(db: Database, catalog: Catalog, activated: string): readonly VersionRow[] {
  const version = readVersion(db, activated);
  if (!version) return catalog.versions;
  return [...catalog.versions.filter((other) => other.location !== version.location), version].sort((a, b) =>
    a.location < b.location ? -1 : 1,
  );
}
