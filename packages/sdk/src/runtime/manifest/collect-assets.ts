/** Assets, multi-assets, external assets and checks of a code location as manifest entries, with duplicate and bad keys reported. */
import { parseAssetKey } from "@headgate/shared/domain/asset-key.ts";
import { checkId } from "@headgate/shared/domain/asset-check.ts";
import {
  manifestAssetSchema,
  manifestUnitSchema,
  type ManifestAsset,
  type ManifestCheck,
  type ManifestUnit,
} from "@headgate/shared/manifest/schema.ts";
import type { Asset, ExecutionOptions } from "../../definitions/asset-type.ts";
import type { DefinitionSite } from "../../options/definition-site.ts";
import { secondsIn } from "../../options/duration.ts";
import { retryInManifest } from "../../options/retry-policy.ts";
import type { CollectedUnits } from "./collect-units.ts";
import { automationOf } from "./describe-automation.ts";
import { describeAsset, describeSource, requiredResources, type ManifestAssetInput } from "./describe-asset.ts";
import type { Definitions } from "../flatten.ts";
import type { ResourceUsage } from "./collect-resources.ts";
import type { Problems } from "./problems.ts";
import { checkUnitId, multiUnitId } from "../unit-ids.ts";
import { fitDescription } from "./fit-description.ts";

export interface CollectedAssets {
  /** Also those of other units. */
  readonly assets: ManifestAsset[];
  readonly units: ManifestUnit[];
  readonly checks: ManifestCheck[];
  readonly usage: readonly ResourceUsage[];
}

interface Collection {
  readonly assets: Map<string, { entry: ManifestAsset; site: DefinitionSite | undefined }>;
  readonly units: Map<string, ManifestUnit>;
  readonly checks: Map<string, ManifestCheck>;
  readonly usage: ResourceUsage[];
  readonly problems: Problems;
}

export function collectAssets(definitions: Definitions, foreign: CollectedUnits, problems: Problems): CollectedAssets {
  const all: Collection = { assets: new Map(), units: new Map(), checks: new Map(), usage: [], problems };
  for (const asset of definitions.assets) collectAsset(asset, all);
  for (const multi of definitions.multis) collectMulti(multi, all);
  for (const source of definitions.sources) addAsset(describeSource(source, problems), source["~definition"].site, all);
  for (const entry of foreign.assets) addForeign(entry, all);
  for (const check of definitions.checks) collectCheck(check, all);
  for (const check of foreign.checks) {
    const known = all.checks.get(checkId(check));
    if (known)
      problems.add(
        known.source,
        `Check "${check.name}" of asset "${check.asset}" is defined twice, once by ${check.unit}. Rename this one.`,
      );
  }
  return {
    assets: [...all.assets.values()].map(({ entry }) => entry),
    units: [...all.units.values()],
    checks: [...all.checks.values()],
    usage: all.usage,
  };
}

/** `schema` adds the defaults; what it refuses is reported with the entry's name. */
function addAsset(input: ManifestAssetInput, site: DefinitionSite | undefined, all: Collection): boolean {
  const what = `Asset "${input.key}"`;
  const key = parseAssetKey(input.key);
  if (!key.ok) {
    all.problems.add(site, key.error.message);
    return false;
  }
  const known = all.assets.get(input.key);
  if (known) {
    const place = known.site && all.problems.place(known.site);
    all.problems.add(
      site,
      `${what} is defined twice${place ? `; the other definition is at ${place.file}:${place.line}` : ""}. Keep one or rename it.`,
    );
    return false;
  }
  const parsed = manifestAssetSchema.safeParse(fitDescription(input));
  if (!parsed.success) {
    for (const issue of parsed.error.issues) all.problems.add(site, `${what}, ${issue.path.map(String).join(".")}: ${issue.message}`);
    return false;
  }
  all.assets.set(input.key, { entry: parsed.data, site });
  return true;
}

/** dbt declares its sources and exposures as external assets: a definition made here for the same key says more, so they are merged. */
function addForeign(entry: ManifestAsset, all: Collection): void {
  const known = all.assets.get(entry.key);
  if (!known) {
    all.assets.set(entry.key, { entry, site: entry.source });
    return;
  }
  if (entry.unit !== null && known.entry.unit !== null) {
    all.problems.add(known.site, `Asset "${entry.key}" is defined twice: here and by ${entry.unit}. Leave it out there or rename it.`);
    return;
  }
  const [main, other] = entry.unit === null ? [known.entry, entry] : [entry, known.entry];
  const deps = [...main.deps, ...other.deps.filter((dep) => !main.deps.some((have) => have.key === dep.key))];
  // A materializable asset's own dependencies are complete; an external one has those of both.
  const merged = {
    ...other,
    ...main,
    deps: main.unit === null ? deps : main.deps,
    description: main.description ?? other.description,
    url: main.url ?? other.url,
  };
  all.assets.set(entry.key, { entry: merged, site: known.site });
}

function addUnit(
  unit: ManifestUnit,
  options: ExecutionOptions,
  site: { what: string; site: DefinitionSite | undefined; all: Collection },
): void {
  const report = (message: string): void => site.all.problems.add(site.site, `${site.what}: ${message}`);
  const parsed = manifestUnitSchema.safeParse({
    ...unit,
    retry: retryInManifest(options.retry, { site: site.site, report }),
    timeoutSeconds: secondsIn(options.timeout, "timeout", report),
    idleTimeoutSeconds: secondsIn(options.idleTimeout, "idleTimeout", report),
    pool: options.pool,
  });
  if (parsed.success) site.all.units.set(unit.id, parsed.data);
  else
    for (const issue of parsed.error.issues)
      site.all.problems.add(site.site, `${site.what}, ${issue.path.map(String).join(".")}: ${issue.message}`);
}

/** Checks whose results the asset's own function returns. */
function declareChecks(asset: Asset, unit: string, all: Collection): string[] {
  const definition = asset["~definition"];
  return Object.entries(definition.checks ?? {}).map(([name, spec]) => {
    const check: ManifestCheck = {
      asset: asset.key,
      name,
      unit,
      description: spec.description,
      blocking: spec.blocking ?? false,
      severity: spec.severity ?? "error",
      source: all.problems.place(definition.site),
    };
    all.checks.set(checkId(check), check);
    return checkId(check);
  });
}

function collectAsset(asset: Asset, all: Collection): void {
  const definition = asset["~definition"];
  if (!addAsset(describeAsset(asset, asset.key, all.problems), definition.site, all)) return;
  const what = `Asset "${asset.key}"`;
  const resources = requiredResources(definition, [definition.ioManager]);
  all.usage.push({ what, site: definition.site, resources });
  const unit: ManifestUnit = {
    id: asset.key,
    kind: "asset",
    assets: [asset.key],
    checks: declareChecks(asset, asset.key, all),
    subset: false,
    resources: keysOf(resources),
  };
  addUnit(unit, definition, { what, site: definition.site, all });
}

function collectMulti(multi: Definitions["multis"][number], all: Collection): void {
  const definition = multi["~definition"];
  const id = multiUnitId(multi.name);
  const what = `Multi-asset "${multi.name}"`;
  if (all.units.has(id)) {
    all.problems.add(definition.site, `${what} is defined twice. Rename one.`);
    return;
  }
  const outputs = Object.values(definition.outputs).map(({ asset }) => asset);
  if (outputs.length === 0) all.problems.add(definition.site, `${what} has no outputs.`);
  for (const output of outputs) addAsset(describeAsset(output, id, all.problems), definition.site, all);
  const resources = requiredResources(
    definition,
    outputs.map((output) => output["~definition"].ioManager),
  );
  all.usage.push({ what, site: definition.site, resources });
  const unit: ManifestUnit = {
    id,
    kind: "multi",
    assets: outputs.map((output) => output.key),
    checks: outputs.flatMap((output) => declareChecks(output, id, all)),
    subset: definition.subset,
    resources: keysOf(resources),
  };
  addUnit(unit, definition, { what, site: definition.site, all });
}

function collectCheck(check: Definitions["checks"][number], all: Collection): void {
  const definition = check["~definition"];
  const id = checkUnitId(check);
  const what = `Check "${check.name}" of asset "${check.asset}"`;
  if (all.checks.has(checkId(check))) {
    all.problems.add(definition.site, `${what} is defined twice. Rename one.`);
    return;
  }
  if (!all.assets.has(check.asset)) {
    all.problems.add(definition.site, `${what}: the asset is not part of this code location. Add it to 'assets'.`);
    return;
  }
  all.checks.set(checkId(check), {
    asset: check.asset,
    name: check.name,
    unit: id,
    description: definition.description,
    blocking: definition.blocking,
    severity: definition.severity,
    ...automationOf({ automation: definition.automation }, (message) => all.problems.add(definition.site, `${what}: ${message}`)),
    source: all.problems.place(definition.site),
  });
  all.usage.push({ what, site: definition.site, resources: definition.requires });
  const unit: ManifestUnit = {
    id,
    kind: "check",
    assets: [],
    checks: [checkId(check)],
    subset: false,
    resources: keysOf(definition.requires),
    deps: [check.asset],
  };
  addUnit(unit, definition, { what, site: definition.site, all });
}

function keysOf(resources: readonly { readonly key: string }[]): string[] {
  return [...new Set(resources.map(({ key }) => key))];
}
