/** What a Pipes program receives: the context and where to send its messages, packed as the protocol wants it. Shapes: Dagster Pipes 0.1. */
import { deflateSync } from "node:zlib";
import { findZone } from "@headgate/shared/domain/cron/zone.ts";
import { storable } from "@headgate/shared/domain/value/storable.ts";
import type { ResourceRun } from "../../definitions/resource.ts";

export interface PipesContext {
  readonly asset_keys: readonly string[] | null;
  readonly code_version_by_asset_key: Readonly<Record<string, string | null>> | null;
  readonly provenance_by_asset_key: Readonly<Record<string, null>> | null;
  readonly partition_key: string | null;
  readonly partition_key_range: { readonly start: string; readonly end: string } | null;
  readonly partition_time_window: { readonly start: string; readonly end: string } | null;
  readonly run_id: string;
  readonly job_name: string | null;
  readonly retry_number: number;
  readonly extras: Readonly<Record<string, unknown>>;
}

export function pipesContext(
  run: ResourceRun | undefined,
  given: { readonly assets: readonly string[]; readonly extras: Readonly<Record<string, unknown>> },
): PipesContext {
  const { extras } = given;
  const assets = given.assets.toSorted();
  const partition = run?.partition ?? null;
  const range = partition?.range ?? null;
  const byAsset = <T>(value: (asset: string) => T): Record<string, T> | null =>
    assets.length > 0 ? Object.fromEntries(assets.map((asset) => [asset, value(asset)])) : null;
  return {
    asset_keys: assets.length > 0 ? assets : null,
    code_version_by_asset_key: byAsset((asset) => run?.codeVersions?.[asset] ?? null),
    provenance_by_asset_key: byAsset(() => null),
    partition_key: partition && !range ? partition.key : null,
    partition_key_range: partition && { start: range?.first ?? partition.key, end: range?.last ?? partition.key },
    partition_time_window:
      partition && partition.start !== null && partition.end !== null
        ? { start: isoTime(partition.start, partition.timezone), end: isoTime(partition.end, partition.timezone) }
        : null,
    run_id: run?.id ?? "",
    job_name: run?.job ?? null,
    retry_number: (run?.attempt ?? 1) - 1,
    extras,
  };
}

/** As Python's `isoformat()`: the wall time of the zone with its offset, `2025-01-05T00:00:00+01:00`. */
function isoTime(at: number, timezone = "UTC"): string {
  const zone = findZone(timezone);
  const offset = zone.ok ? zone.value.offsetAt(at) : 0;
  const seconds = Math.abs(offset) / 1000;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, ...(seconds % 60 === 0 ? [] : [seconds % 60])];
  const wall = new Date(at + offset).toISOString().replace(/(?:\.000)?Z$/, "");
  return `${wall}${offset < 0 ? "-" : "+"}${parts.map((part) => String(part).padStart(2, "0")).join(":")}`;
}

/** Integers of any length are integers of JSON. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

export function contextText(context: PipesContext): string {
  const extras = Object.fromEntries(Object.entries(context.extras).map(([name, value]) => [name, withIntegers(value)]));
  return JSON.stringify({ ...context, extras });
}

/** Lists and plain objects are walked for bigints; everything else is what it is in metadata. */
function withIntegers(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") return rawJson(value.toString());
  if (depth > 50 || typeof value !== "object" || value === null) return value === undefined ? undefined : storable(value);
  if (Array.isArray(value)) return value.map((entry) => withIntegers(entry, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return storable(value);
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, withIntegers(entry, depth + 1)]));
}

/** base64 of the zlib-compressed JSON. */
export function packParameter(value: unknown): string {
  return deflateSync(Buffer.from(JSON.stringify(value), "utf8")).toString("base64");
}
