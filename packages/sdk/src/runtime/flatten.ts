/** Lists the definitions of a code location: unfolds arrays and modules, and adds what other definitions bring along. */
import type { Asset } from "../definitions/asset-type.ts";
import type { AssetCheck } from "../definitions/check.ts";
import type { CodeLocation } from "../code-location.ts";
import type { Job } from "../definitions/job.ts";
import type { MultiAsset } from "../definitions/multi-asset.ts";
import type { AnyResource } from "../definitions/resource.ts";
import type { Schedule } from "../automation/schedule.ts";
import type { Sensor } from "../automation/sensors/sensor.ts";
import type { SourceAsset } from "../definitions/asset-type.ts";
import type { UnitDefinition } from "../definitions/unit.ts";

export interface Definitions {
  readonly assets: readonly Asset[];
  readonly multis: readonly MultiAsset[];
  readonly sources: readonly SourceAsset[];
  readonly units: readonly UnitDefinition[];
  readonly checks: readonly AssetCheck[];
  readonly jobs: readonly Job[];
  readonly schedules: readonly Schedule[];
  readonly sensors: readonly Sensor[];
  readonly resources: readonly AnyResource[];
  /** Entries that are no definition, as `assets[2]`. */
  readonly strangers: readonly { readonly place: string; readonly what: string }[];
}

type Kinds = {
  asset: Asset;
  multiAsset: MultiAsset;
  sourceAsset: SourceAsset;
  unit: UnitDefinition;
  assetCheck: AssetCheck;
  job: Job;
  schedule: Schedule;
  sensor: Sensor;
  resource: AnyResource;
};
type Found = { readonly [K in keyof Kinds]: Set<Kinds[K]> };

const WANTED = {
  assets: ["asset", "multiAsset", "sourceAsset", "unit", "assetCheck"],
  jobs: ["job"],
  schedules: ["schedule"],
  sensors: ["sensor"],
  resources: ["resource"],
} as const satisfies Record<string, readonly (keyof Kinds)[]>;

export function flattenDefinitions(location: CodeLocation): Definitions {
  const found: Found = {
    asset: new Set(),
    multiAsset: new Set(),
    sourceAsset: new Set(),
    unit: new Set(),
    assetCheck: new Set(),
    job: new Set(),
    schedule: new Set(),
    sensor: new Set(),
    resource: new Set(),
  };
  const strangers: { place: string; what: string }[] = [];
  for (const [list, kinds] of Object.entries(WANTED)) {
    const entries: unknown = location["~definition"][list as keyof typeof WANTED] ?? [];
    if (!Array.isArray(entries)) {
      strangers.push({ place: list, what: `a single value (write ${list}: [...])` });
      continue;
    }
    for (const [index, entry] of (entries as readonly unknown[]).entries()) {
      if (!take(entry, kinds, found)) strangers.push({ place: `${list}[${index}]`, what: whatItIs(entry) });
    }
  }
  for (const multi of found.multiAsset) {
    for (const asset of Object.values(multi.outputs)) for (const check of asset["~definition"].ownChecks) found.assetCheck.add(check);
  }
  // An output may also stand in the list by itself, e.g. when a module exports it: the multi-asset brings it already.
  const assets = [...found.asset].filter((asset) => asset["~definition"].multi === undefined);
  for (const asset of assets) for (const check of asset["~definition"].ownChecks) found.assetCheck.add(check);
  for (const { job } of [...found.schedule, ...found.sensor].map((automation) => automation["~definition"])) {
    if (typeof job === "object") found.job.add(job);
  }
  return {
    assets,
    multis: [...found.multiAsset],
    sources: [...found.sourceAsset],
    units: [...found.unit],
    checks: [...found.assetCheck],
    jobs: [...found.job],
    schedules: [...found.schedule],
    sensors: [...found.sensor],
    resources: [...found.resource],
    strangers,
  };
}

/** False when nothing of a wanted kind can come from the entry. */
function take(entry: unknown, kinds: readonly (keyof Kinds)[], found: Found): boolean {
  if (typeof entry !== "object" || entry === null) return false;
  if (Array.isArray(entry)) return entry.map((inner: unknown) => take(inner, kinds, found)).every(Boolean);
  const kind = "kind" in entry ? entry.kind : undefined;
  const wanted = kinds.find((candidate) => candidate === kind);
  if (wanted !== undefined) {
    const set: Set<unknown> = found[wanted];
    set.add(entry);
    return true;
  }
  if (typeof kind === "string" && kind in found) return false;
  // A module: what else it exports is its own business.
  for (const value of Object.values(entry)) takeExport(value, kinds, found);
  return true;
}

function takeExport(value: unknown, kinds: readonly (keyof Kinds)[], found: Found): void {
  if (Array.isArray(value)) {
    for (const inner of value) takeExport(inner, kinds, found);
  } else if (typeof value === "object" && value !== null && "kind" in value && kinds.some((kind) => kind === value.kind)) {
    take(value, kinds, found);
  }
}

/** For messages about a value that is not what its place needs. */
export function whatItIs(entry: unknown): string {
  if (entry === undefined) return "undefined (two modules that import each other?)";
  if (typeof entry === "object" && entry !== null && "kind" in entry) return `a ${String(entry.kind)}`;
  if (entry === null) return "null";
  return typeof entry === "object" ? "an object" : `a ${typeof entry}`;
}
