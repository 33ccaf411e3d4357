/** What identifies the definitions document: the active versions, and the form of the document in this release. */
import { createHash } from "node:crypto";
import { LAYOUT_FORMAT } from "./layout-store.ts";
import type { VersionRow } from "./version-store.ts";

/** Raised when a release writes the same definitions differently. */
const DOCUMENT_FORMAT = 1;

export function definitionsHash(versions: readonly VersionRow[]): string {
  const text = JSON.stringify([DOCUMENT_FORMAT, LAYOUT_FORMAT, versions.map((version) => [version.location, version.hash])]);
  return createHash("sha256").update(text).digest("hex");
}
