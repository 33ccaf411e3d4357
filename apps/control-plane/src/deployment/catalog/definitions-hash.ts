/** Computes the hash of the definitions document from the active versions and the document's format in this release. */
import { createHash } from "node:crypto";
import { LAYOUT_FORMAT } from "./layout-store.ts";
import type { VersionRow } from "./version-store.ts";

/** Raise this when a release writes the same definitions differently. */
const DOCUMENT_FORMAT = 1;

export function definitionsHash(versions: readonly VersionRow[]): string {
  const text = JSON.stringify([DOCUMENT_FORMAT, LAYOUT_FORMAT, versions.map((version) => [version.location, version.hash])]);
  return createHash("sha256").update(text).digest("hex");
}
