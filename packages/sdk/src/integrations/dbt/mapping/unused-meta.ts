/** Names, once for the whole project, what `meta.headgate` and `meta.dagster` say that has no effect here. Pure. */
import type { DbtManifest } from "../graph/dbt-manifest.ts";

const USED: ReadonlySet<string> = new Set(["asset_key", "group", "owners", "ref"]);

type WithMeta = { readonly unique_id: string; readonly meta?: unknown; readonly config?: { readonly meta?: unknown } | null | undefined };

/** Null: everything is used. */
export function unusedMeta(manifest: DbtManifest): string | null {
  const found = new Map<string, string[]>();
  const entries: WithMeta[] = [manifest.nodes, manifest.sources, manifest.exposures, manifest.unit_tests].flatMap((kind) =>
    Object.values<WithMeta>(kind),
  );
  for (const entry of entries) {
    for (const owner of ["headgate", "dagster"]) {
      for (const name of namesIn(entry, owner)) {
        if (USED.has(name)) continue;
        const option = `meta.${owner}.${name}`;
        found.set(option, [...(found.get(option) ?? []), entry.unique_id]);
      }
    }
  }
  if (found.size === 0) return null;
  const parts = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([option, ids]) => `${option} (${ids.length === 1 ? ids[0] : `${ids.length} nodes, first ${ids[0]}`})`);
  return `The dbt project has settings without effect here: ${parts.join(", ")}. Say it in TypeScript, with the options of dbtAssets.`;
}

function namesIn({ meta, config }: WithMeta, owner: string): Set<string> {
  const names = new Set<string>();
  for (const place of [meta, config?.meta]) {
    const options = place !== null && typeof place === "object" ? (place as Record<string, unknown>)[owner] : undefined;
    if (options !== null && typeof options === "object" && !Array.isArray(options))
      for (const name of Object.keys(options)) names.add(name);
  }
  return names;
}
