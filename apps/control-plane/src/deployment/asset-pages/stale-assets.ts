/** Which assets are stale and why: one walk over the graph, from one query for all states and one for the code of each location. */
import type { StaleAsset } from "@headgate/shared/contract/assets/staleness.ts";
import { ok, type Result } from "@headgate/shared/domain/errors.ts";
import { type StaleCause, staleCausesOf } from "@headgate/shared/domain/health/staleness.ts";
import { versionFacts } from "../assets/staleness-store.ts";
import { catalogOf } from "../catalog/catalog.ts";
import { codeVersions } from "../catalog/definition-details.ts";
import type { Reader } from "../kernel/reader.ts";

export function staleCauses(reader: Reader): (asset: string) => readonly StaleCause[] {
  const catalog = catalogOf(reader);
  const code = codeVersions(reader.db, catalog);
  const facts = versionFacts(reader.db);
  return staleCausesOf(catalog.graph, (asset) => {
    const stored = facts.get(asset);
    return stored && { ...stored, codeVersion: code.get(asset) ?? null };
  });
}

export function staleAssets(reader: Reader): Result<StaleAsset[]> {
  const causesOf = staleCauses(reader);
  const found: StaleAsset[] = [];
  for (const key of catalogOf(reader).graph.keys.toSorted()) {
    const causes = causesOf(key);
    if (causes.length > 0) found.push({ key, causes: [...causes] });
  }
  return ok(found);
}
