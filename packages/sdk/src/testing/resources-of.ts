/** Every resource token that some assets and their checks require: a test names no resources list. */
import { defineCodeLocation, type AssetSource } from "../code-location.ts";
import type { AnyResource } from "../definitions/resource.ts";
import { flattenDefinitions } from "../runtime/flatten.ts";
import { buildUnitTable } from "../runtime/unit-table.ts";

export function resourcesOf(assets: readonly AssetSource[]): readonly AnyResource[] {
  const units = buildUnitTable(flattenDefinitions(defineCodeLocation({ name: "test", assets: [...assets] })));
  const byKey = new Map<string, AnyResource>();
  for (const unit of units.values()) for (const resource of unit.requires) if (!byKey.has(resource.key)) byKey.set(resource.key, resource);
  return [...byKey.values()];
}
