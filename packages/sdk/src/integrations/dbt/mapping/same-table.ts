/** Finds sources whose table a node of the same project makes; dbt itself knows of no order between the two. Pure. */
import { tableOf } from "../../../values/relation.ts";
import type { DbtManifest } from "../graph/dbt-manifest.ts";
import { isAssetNode } from "./parents.ts";

/**
 * Unique id of a source -> the node that makes its table. `said`: what a person said so, with one key for both. Where that node reads
 * the source itself, there is no order to keep.
 */
export function makersOfSources(manifest: DbtManifest, said: (source: string) => string | undefined): Map<string, string> {
  const makers = new Map<string, string[]>();
  for (const node of Object.values(manifest.nodes)) {
    if (!isAssetNode(node) || !node.relation_name) continue;
    const table = tableOf(node.relation_name);
    makers.set(table, [...(makers.get(table) ?? []), node.unique_id]);
  }
  const found = new Map<string, string>();
  for (const source of Object.values(manifest.sources)) {
    const [only, ...others] = source.relation_name ? (makers.get(tableOf(source.relation_name)) ?? []) : [];
    const maker = others.length === 0 ? (only ?? said(source.unique_id)) : undefined;
    if (maker === undefined) continue;
    if (!reads(manifest, { node: maker, source: source.unique_id, links: found })) found.set(source.unique_id, maker);
  }
  return found;
}

/** Whether the node comes after the source, also by links that were found before. */
function reads(manifest: DbtManifest, given: { node: string; source: string; links: ReadonlyMap<string, string> }): boolean {
  const visited = new Set<string>();
  const pending = [given.node];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (id === given.source) return true;
    if (visited.has(id)) continue;
    visited.add(id);
    const link = given.links.get(id);
    if (link !== undefined) pending.push(link);
    pending.push(...((manifest.nodes[id] ?? manifest.functions[id])?.depends_on?.nodes ?? []));
  }
  return false;
}
