/** Units of other kinds (dbt projects) describe themselves; this asks them and takes in what they say. */
import {
  manifestAssetSchema,
  manifestCheckSchema,
  manifestUnitSchema,
  type ManifestAsset,
  type ManifestCheck,
  type ManifestUnit,
} from "@headgate/shared/manifest/schema.ts";
import type { CodeLocation } from "../../code-location.ts";
import type { UnitDefinition, UnitDescribeContext, UnitDescription, UnitFolder } from "../../definitions/unit.ts";
import type { ResourceUsage } from "./collect-resources.ts";
import { toFailure } from "../failures/failure.ts";
import type { Definitions } from "../flatten.ts";
import type { Problems } from "./problems.ts";
import { fitDescription } from "./fit-description.ts";

export interface CollectedUnits {
  readonly assets: ManifestAsset[];
  readonly units: ManifestUnit[];
  readonly checks: ManifestCheck[];
  readonly folders: UnitFolder[];
  readonly env: string[];
  readonly warnings: string[];
  readonly usage: ResourceUsage[];
}

type Context = UnitDescribeContext & { readonly location: CodeLocation; readonly problems: Problems };

export async function collectUnits(definitions: Definitions, context: Context): Promise<CollectedUnits> {
  const all: CollectedUnits = { assets: [], units: [], checks: [], folders: [], env: [], warnings: [], usage: [] };
  const { site } = context.location["~definition"];
  const seen = new Set<string>();
  for (const unit of definitions.units) {
    if (seen.has(unit.id)) {
      context.problems.add(site, `There are two units "${unit.id}". Give one of them another name.`);
      continue;
    }
    seen.add(unit.id);
    const description = await describe(unit, context);
    if (description) add(unit, description, { all, problems: context.problems });
  }
  return all;
}

async function describe(unit: UnitDefinition, context: Context): Promise<UnitDescription | null> {
  try {
    const result = await unit.describe({ root: context.root, scratch: context.scratch, storage: context.storage, env: context.env });
    if (result.ok) return result.description;
    context.problems.addErrors(result.errors);
  } catch (error) {
    const failure = toFailure(error);
    context.problems.addErrors([
      { kind: "threw", message: `${unit.id}: ${failure.message}`, stack: failure.stack, codeFrame: failure.codeFrame },
    ]);
  }
  return null;
}

function add(unit: UnitDefinition, description: UnitDescription, into: { all: CollectedUnits; problems: Problems }): void {
  const { all, problems } = into;
  const report = (what: string, issues: readonly { path: readonly PropertyKey[]; message: string }[]) => {
    for (const issue of issues)
      problems.add(
        undefined,
        `${unit.id}, ${what}${issue.path.length > 0 ? `, ${issue.path.map(String).join(".")}` : ""}: ${issue.message}`,
      );
  };
  const keys = new Set(all.assets.filter((asset) => asset.unit !== null).map((asset) => asset.key));
  for (const input of description.assets) {
    const asset = manifestAssetSchema.safeParse(fitDescription(input));
    if (!asset.success) report(`asset "${input.key}"`, asset.error.issues);
    else if (asset.data.unit !== null && keys.has(input.key))
      problems.add(undefined, `Asset "${input.key}" is defined twice, once by ${unit.id}. Exclude it from one or translate its key.`);
    else all.assets.push(asset.data);
  }
  for (const input of description.checks) {
    const check = manifestCheckSchema.safeParse(input);
    if (check.success) all.checks.push(check.data);
    else report(`check "${input.name}"`, check.error.issues);
  }
  const parsed = manifestUnitSchema.safeParse({
    ...description.unit,
    resources: [...new Set([...(description.unit.resources ?? []), ...unit.requires.map(({ key }) => key)])],
  });
  if (parsed.success) all.units.push(parsed.data);
  else report("unit", parsed.error.issues);
  all.folders.push(...description.folders);
  all.env.push(...(description.env ?? []));
  all.warnings.push(...(description.warnings ?? []).filter((warning) => !all.warnings.includes(warning)));
  all.usage.push({ what: unit.id, site: undefined, resources: unit.requires });
}
