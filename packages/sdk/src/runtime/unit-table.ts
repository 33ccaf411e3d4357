/** Unit id -> what to execute. */
import type { Asset } from "../definitions/asset-type.ts";
import type { AssetCheck } from "../definitions/check.ts";
import type { MultiAsset } from "../definitions/multi-asset.ts";
import type { AnyResource } from "../definitions/resource.ts";
import type { UnitDefinition } from "../definitions/unit.ts";
import { requiredResources } from "./manifest/describe-asset.ts";
import type { Definitions } from "./flatten.ts";
import { checkUnitId, multiUnitId } from "./unit-ids.ts";

interface Common {
  readonly requires: readonly AnyResource[];
  /** Whether the location's IO manager may be needed. */
  readonly usesValues: boolean;
}
export type Executable = Common &
  (
    | { readonly kind: "asset"; readonly asset: Asset }
    | { readonly kind: "multi"; readonly multi: MultiAsset }
    | { readonly kind: "check"; readonly check: AssetCheck; readonly asset: Asset | null }
    | { readonly kind: "unit"; readonly unit: UnitDefinition }
  );
export type UnitTable = ReadonlyMap<string, Executable>;

export function buildUnitTable(definitions: Definitions): UnitTable {
  const table = new Map<string, Executable>();
  const assets = new Map<string, Asset>();
  for (const asset of definitions.assets) {
    assets.set(asset.key, asset);
    const definition = asset["~definition"];
    table.set(asset.key, { kind: "asset", asset, requires: requiredResources(definition, [definition.ioManager]), usesValues: true });
  }
  for (const multi of definitions.multis) {
    const definition = multi["~definition"];
    const outputs = Object.values(definition.outputs).map(({ asset }) => asset);
    for (const output of outputs) assets.set(output.key, output);
    const managers = outputs.map((output) => output["~definition"].ioManager);
    table.set(multiUnitId(multi.name), { kind: "multi", multi, requires: requiredResources(definition, managers), usesValues: true });
  }
  for (const check of definitions.checks) {
    const asset = assets.get(check.asset) ?? null;
    const manager = asset?.["~definition"].ioManager?.requires ?? [];
    table.set(checkUnitId(check), {
      kind: "check",
      check,
      asset,
      requires: [...check["~definition"].requires, ...manager],
      usesValues: true,
    });
  }
  for (const unit of definitions.units) table.set(unit.id, { kind: "unit", unit, requires: unit.requires, usesValues: false });
  return table;
}
