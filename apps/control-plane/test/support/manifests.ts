/** Short manifests for tests of the deployment, parsed by the real schema, so that the defaults are the real ones. */
import { manifestSchema, type Manifest } from "@headgate/shared/manifest/schema.ts";
import type { z } from "zod";

type ManifestInput = z.input<typeof manifestSchema>;
type AssetInput = NonNullable<ManifestInput["assets"]>[number];
type UnitInput = ManifestInput["units"][number];
export type SensorInput = NonNullable<ManifestInput["sensors"]>[number];

export function manifest(parts: Partial<ManifestInput> & Pick<ManifestInput, "assets" | "units">): Manifest {
  return manifestSchema.parse({
    schema: 1,
    location: "lake",
    sdk: { version: "0.1.0" },
    runtime: { node: "24" },
    entry: "main.js",
    files: [],
    ...parts,
  });
}

/** `{a: [], b: ["a"]}`: one unit per asset, with dependencies. */
export function assetsOf(
  graph: Readonly<Record<string, readonly string[]>>,
  extra: { readonly unit?: Partial<UnitInput>; readonly asset?: Partial<AssetInput> } = {},
): Pick<ManifestInput, "assets" | "units"> {
  return {
    assets: Object.entries(graph).map(([key, deps]) => ({ key, unit: key, deps: deps.map((dep) => ({ key: dep })), ...extra.asset })),
    units: Object.keys(graph).map((key) => ({ id: key, kind: "asset" as const, assets: [key], ...extra.unit })),
  };
}

/** All assets in one unit that can be split, like a dbt project. */
export function dbtProject(
  graph: Readonly<Record<string, readonly string[]>>,
  extra: Partial<UnitInput> = {},
): Pick<ManifestInput, "assets" | "units"> {
  return {
    assets: Object.entries(graph).map(([key, deps]) => ({ key, unit: "dbt:lake", deps: deps.map((dep) => ({ key: dep })) })),
    units: [{ id: "dbt:lake", kind: "dbt" as const, assets: Object.keys(graph), subset: true, ...extra }],
  };
}
